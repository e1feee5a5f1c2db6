import type { Exchange } from '../../http/service';
import type { SandboxClock } from '../../ports';
import { S3Error } from '../errors';
import type { Bucket } from '../storage/bucket';
import type { Buckets } from '../storage/buckets';
import type { ObjectRecord } from '../storage/records';

/** What an operation has at hand besides its decoded input. */
export interface S3Request {
  readonly exchange: Exchange;
  /** The exchange's headers, completed by those a presigned URL carries in its query. */
  readonly headers: Readonly<Record<string, string>>;
  readonly buckets: Buckets;
  readonly clock: SandboxClock;
  readonly accountId: string;
}

/** An operation's output, and a status where it is not the model's. */
export interface Result<Output> {
  readonly output: Output;
  readonly status?: number;
}

/** Members that most inputs have. */
export interface Common {
  readonly Bucket: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** Members of inputs that are about one object. */
export interface ObjectInput extends Common {
  readonly Key: string | undefined;
  readonly VersionId?: string | undefined;
}

/** The bucket an input names; throws `NoSuchBucket`, and `AccessDenied` when the expected owner is another. */
export function bucketOf(input: Common, request: S3Request): Bucket {
  const bucket = request.buckets.get(input.Bucket ?? '');
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== request.accountId) {
    throw new S3Error('AccessDenied');
  }
  return bucket;
}

/** The object an input names; throws `NoSuchKey`, or `NoSuchVersion` for any version but `null`. */
export function objectOf(bucket: Bucket, input: ObjectInput): ObjectRecord {
  const key = input.Key ?? '';
  assertVersion(key, input.VersionId);
  const object = bucket.object(key);
  if (!object) throw new S3Error('NoSuchKey', undefined, { Key: key });
  return object;
}

/** Buckets are unversioned, so the one version of each object is called `null`. */
export function assertVersion(key: string, versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== 'null') {
    throw new S3Error('NoSuchVersion', undefined, { Key: key, VersionId: versionId });
  }
}

/** An entity tag as it stands in headers and documents. */
export function quoted(etag: string): string {
  return `"${etag}"`;
}

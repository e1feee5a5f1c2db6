import type { CopyObjectOutput, CopyObjectRequest, UploadPartCopyRequest } from '@aws-sdk/client-s3';
import { S3Error } from '../errors';
import { parseAlgorithm } from '../integrity/checksums';
import { storeBody } from '../integrity/store-body';
import type { Bucket } from '../storage/bucket';
import type { Attributes, ChecksumAlgorithm, ObjectRecord } from '../storage/records';
import { assertSupported, attributesOf } from './attributes';
import { assertCopyable, assertWritable } from './conditions';
import { checksumMembers } from './describe';
import { commitObject } from './objects';
import { bucketOf, objectOf, quoted, type Result, type S3Request } from './request';

export interface CopySource {
  readonly bucket: Bucket;
  readonly object: ObjectRecord;
}

/** Finds and checks the source of a copy. Throws `InvalidArgument`, `NoSuchBucket`, `NoSuchKey`, `PreconditionFailed`. */
export function sourceOf(input: CopyObjectRequest | UploadPartCopyRequest, request: S3Request): CopySource {
  const [path = '', version] = (input.CopySource ?? '').split('?versionId=');
  const match = /^\/?([^/]+)\/(.+)$/s.exec(decodeSource(path));
  if (!match) {
    throw new S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey', {
      ArgumentName: 'x-amz-copy-source',
      ArgumentValue: input.CopySource ?? '',
    });
  }
  const [, bucketName, key] = match;
  const bucket = bucketOf({ Bucket: bucketName, ExpectedBucketOwner: input.ExpectedSourceBucketOwner }, request);
  const object = objectOf(bucket, { Bucket: bucketName, Key: key, VersionId: version });
  assertCopyable(object, {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  });
  return { bucket, object };
}

function decodeSource(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export async function copyObject(input: CopyObjectRequest, request: S3Request): Promise<Result<CopyObjectOutput>> {
  const target = bucketOf(input, request);
  const key = input.Key ?? '';
  assertSupported(request.headers);
  const source = sourceOf(input, request);
  assertChangesSomething(input, source);
  assertWritable(key, target.object(key), input);
  const attributes = copiedAttributes(input, source.object);
  const asked = input.ChecksumAlgorithm === undefined ? undefined : parseAlgorithm(input.ChecksumAlgorithm);
  const content = await copyContent(source, { bucket: target, key, algorithm: asked });
  const object: ObjectRecord = { ...attributes, ...content, key, modifiedMs: request.clock.now() };
  commitObject(target, { object, conditions: input });
  return {
    output: {
      CopyObjectResult: {
        ETag: quoted(object.etag),
        LastModified: new Date(object.modifiedMs),
        ...checksumMembers(object.checksum),
      },
    },
  };
}

type Content = Pick<ObjectRecord, 'sizeBytes' | 'etag' | 'checksum' | 'pieces'>;

/** A single-piece object is shared by a hard link; one of several parts is read, because its entity tag becomes an MD5. */
async function copyContent(
  source: CopySource,
  target: { readonly bucket: Bucket; readonly key: string; readonly algorithm: ChecksumAlgorithm | undefined }
): Promise<Content> {
  const { object } = source;
  const algorithm = target.algorithm ?? object.checksum.algorithm;
  if (!object.parts && algorithm === object.checksum.algorithm) {
    const { sizeBytes, etag, checksum } = object;
    const copies = object.pieces.map(async (piece) => ({
      ...piece,
      blob: await target.bucket.blobs.duplicate({ blobs: source.bucket.blobs, blob: piece.blob }, target.key),
    }));
    return { sizeBytes, etag, checksum, pieces: await Promise.all(copies) };
  }
  const body = source.bucket.blobs.read(object.pieces, { start: 0, end: object.sizeBytes - 1 });
  const stored = await storeBody(target.bucket, target.key, { body, headers: {}, keep: algorithm });
  const { sizeBytes, md5, checksum, pieces } = stored;
  return { sizeBytes, etag: md5, checksum: { ...checksum, type: 'FULL_OBJECT' }, pieces };
}

function copiedAttributes(input: CopyObjectRequest, source: ObjectRecord): Attributes {
  const stated = attributesOf(input);
  const { StorageClass, ServerSideEncryption, SSEKMSKeyId, WebsiteRedirectLocation } = stated.system;
  // These four are stated anew by every copy and never inherited.
  const always = { StorageClass, ServerSideEncryption, SSEKMSKeyId, WebsiteRedirectLocation };
  const chosen = input.MetadataDirective === 'REPLACE' ? stated : source;
  const system = Object.entries({ ...chosen.system, ...always }).filter(([, value]) => value !== undefined);
  return {
    system: Object.fromEntries(system),
    user: chosen.user,
    tags: input.TaggingDirective === 'REPLACE' ? stated.tags : source.tags,
  };
}

function assertChangesSomething(input: CopyObjectRequest, source: CopySource): void {
  const isSelf = source.bucket.name === input.Bucket && source.object.key === input.Key;
  const changes =
    input.MetadataDirective === 'REPLACE' ||
    input.TaggingDirective === 'REPLACE' ||
    input.StorageClass !== undefined ||
    input.ServerSideEncryption !== undefined ||
    input.WebsiteRedirectLocation !== undefined ||
    input.ChecksumAlgorithm !== undefined;
  if (isSelf && !changes) {
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
    );
  }
}

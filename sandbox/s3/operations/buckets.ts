import type {
  CreateBucketOutput,
  CreateBucketRequest,
  DeleteBucketRequest,
  DeleteBucketTaggingRequest,
  GetBucketLocationRequest,
  GetBucketTaggingOutput,
  GetBucketTaggingRequest,
  GetBucketVersioningOutput,
  GetBucketVersioningRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListBucketsRequest,
  PutBucketTaggingRequest,
} from '@aws-sdk/client-s3';
import { S3Error } from '../errors';
import { assertSupported } from './attributes';
import { ownerOf } from './listing';
import { pageSize } from './page';
import { bucketOf, type Result, type S3Request } from './request';
import { toTags, toTagSet } from './tags';

/** The region whose buckets have no location constraint. */
const DEFAULT_REGION = 'us-east-1';

export function createBucket(input: CreateBucketRequest, request: S3Request): Promise<Result<CreateBucketOutput>> {
  const name = input.Bucket ?? '';
  const { region } = request.exchange;
  assertSupported(request.headers);
  assertLocation(input.CreateBucketConfiguration?.LocationConstraint, region);
  const existing = request.buckets.find(name);
  // In us-east-1 creating one's own bucket again succeeds, everywhere else it conflicts.
  if (existing && region !== DEFAULT_REGION) {
    throw new S3Error('BucketAlreadyOwnedByYou', undefined, { BucketName: name });
  }
  const tags = toTags(input.CreateBucketConfiguration?.Tags ?? [], { most: 50 });
  const bucket = existing ?? request.buckets.create(name, { region, createdMs: request.clock.now() });
  if (!existing && Object.keys(tags).length > 0) bucket.commit({ op: 'bucketTags', tags });
  return Promise.resolve({ output: { Location: `/${name}` } });
}

function assertLocation(constraint: string | undefined, region: string): void {
  const asked = constraint === 'EU' ? 'eu-west-1' : constraint;
  if (asked === undefined && region === DEFAULT_REGION) return;
  if (asked === region && region !== DEFAULT_REGION) return;
  if (asked === DEFAULT_REGION) {
    throw new S3Error('InvalidArgument', 'The specified location-constraint is not valid', {
      ArgumentName: 'LocationConstraint',
      ArgumentValue: asked,
    });
  }
  throw new S3Error(
    'IllegalLocationConstraintException',
    `The ${asked ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`
  );
}

export function headBucket(input: HeadBucketRequest, request: S3Request): Promise<Result<HeadBucketOutput>> {
  const { region } = bucketOf(input, request);
  return Promise.resolve({ output: { BucketRegion: region, AccessPointAlias: false } });
}

export function deleteBucket(input: DeleteBucketRequest, request: S3Request): Promise<Result<object>> {
  const bucket = bucketOf(input, request);
  // Uploads in progress do not count and end with the bucket.
  if (bucket.objectCount > 0) throw new S3Error('BucketNotEmpty', undefined, { BucketName: bucket.name });
  request.buckets.destroy(bucket);
  return Promise.resolve({ output: {} });
}

export function listBuckets(input: ListBucketsRequest, request: S3Request): Promise<Result<ListBucketsOutput>> {
  const size = Math.max(1, pageSize('max-buckets', input.MaxBuckets));
  const all = request.buckets
    .names()
    .filter((name) => name.startsWith(input.Prefix ?? ''))
    .filter((name) => input.BucketRegion === undefined || request.buckets.get(name).region === input.BucketRegion);
  const rest = all.filter((name) => name > (input.ContinuationToken ?? ''));
  const page = input.MaxBuckets === undefined ? rest : rest.slice(0, size);
  const last = page.length < rest.length ? page.at(-1) : undefined;
  return Promise.resolve({
    output: {
      Buckets: page.map((name) => {
        const bucket = request.buckets.get(name);
        return { Name: name, CreationDate: new Date(bucket.createdMs), BucketRegion: bucket.region };
      }),
      Owner: ownerOf(request),
      ...(last === undefined ? {} : { ContinuationToken: last }),
      ...(input.Prefix === undefined ? {} : { Prefix: input.Prefix }),
    },
  });
}

/** The answer is not a structure but the bare region; empty for us-east-1. */
export function bucketLocation(input: GetBucketLocationRequest, request: S3Request): string {
  const { region } = bucketOf(input, request);
  return region === DEFAULT_REGION ? '' : region;
}

/** Versioning is never on here; S3 says so with an empty document. */
export function getBucketVersioning(
  input: GetBucketVersioningRequest,
  request: S3Request
): Promise<Result<GetBucketVersioningOutput>> {
  bucketOf(input, request);
  return Promise.resolve({ output: {} });
}

export function getBucketTagging(
  input: GetBucketTaggingRequest,
  request: S3Request
): Promise<Result<GetBucketTaggingOutput>> {
  const { bucketTags, name } = bucketOf(input, request);
  if (!bucketTags) throw new S3Error('NoSuchTagSet', undefined, { BucketName: name });
  return Promise.resolve({ output: { TagSet: toTagSet(bucketTags) } });
}

export function putBucketTagging(input: PutBucketTaggingRequest, request: S3Request): Promise<Result<object>> {
  const bucket = bucketOf(input, request);
  const set = input.Tagging?.TagSet;
  if (!set) throw new S3Error('MalformedXML');
  bucket.commit({ op: 'bucketTags', tags: toTags(set, { most: 50 }) });
  return Promise.resolve({ output: {}, status: 204 });
}

export function deleteBucketTagging(input: DeleteBucketTaggingRequest, request: S3Request): Promise<Result<object>> {
  bucketOf(input, request).commit({ op: 'bucketTags', tags: {} });
  return Promise.resolve({ output: {} });
}

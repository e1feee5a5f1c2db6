import type {
  ListObjectsOutput,
  ListObjectsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
  ObjectStorageClass,
} from '@aws-sdk/client-s3';
import { S3Error } from '../errors';
import type { Bucket } from '../storage/bucket';
import { encoder, pageOf, pageSize, type Page } from './page';
import { bucketOf, quoted, type Result, type S3Request } from './request';

export function listObjectsV2(input: ListObjectsV2Request, request: S3Request): Promise<Result<ListObjectsV2Output>> {
  const bucket = bucketOf(input, request);
  const size = pageSize('max-keys', input.MaxKeys);
  const encode = encoder(input.EncodingType);
  const after = input.ContinuationToken === undefined ? (input.StartAfter ?? '') : readToken(input.ContinuationToken);
  const page = pageOf(bucket.index, { prefix: input.Prefix ?? '', delimiter: input.Delimiter ?? '', after, size });
  const owner = input.FetchOwner ? { Owner: ownerOf(request) } : {};
  return Promise.resolve({
    output: {
      Name: bucket.name,
      Prefix: encode(input.Prefix ?? ''),
      MaxKeys: size,
      KeyCount: page.keys.length + page.prefixes.length,
      IsTruncated: page.isTruncated,
      ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
      ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
      ...(page.isTruncated && page.last !== undefined ? { NextContinuationToken: writeToken(page.last) } : {}),
      Contents: contents(bucket, page, encode).map((entry) => ({ ...entry, ...owner })),
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    },
  });
}

export function listObjects(input: ListObjectsRequest, request: S3Request): Promise<Result<ListObjectsOutput>> {
  const bucket = bucketOf(input, request);
  const size = pageSize('max-keys', input.MaxKeys);
  const encode = encoder(input.EncodingType);
  const after = input.Marker ?? '';
  const page = pageOf(bucket.index, { prefix: input.Prefix ?? '', delimiter: input.Delimiter ?? '', after, size });
  const Owner = ownerOf(request);
  return Promise.resolve({
    output: {
      Name: bucket.name,
      Prefix: encode(input.Prefix ?? ''),
      Marker: encode(after),
      MaxKeys: size,
      IsTruncated: page.isTruncated,
      ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      // Without a delimiter the last key serves as the next marker, and S3 leaves this out.
      ...(page.isTruncated && input.Delimiter && page.last !== undefined ? { NextMarker: encode(page.last) } : {}),
      Contents: contents(bucket, page, encode).map((entry) => ({ ...entry, Owner })),
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    },
  });
}

function contents(bucket: Bucket, page: Page, encode: (name: string) => string) {
  return page.keys.flatMap((key) => {
    const object = bucket.object(key);
    if (!object) return [];
    return [
      {
        Key: encode(key),
        LastModified: new Date(object.modifiedMs),
        ETag: quoted(object.etag),
        ChecksumAlgorithm: [object.checksum.algorithm],
        ChecksumType: object.checksum.type,
        Size: object.sizeBytes,
        StorageClass: (object.system.StorageClass ?? 'STANDARD') satisfies string as ObjectStorageClass,
      },
    ];
  });
}

/** The account, as the owner of everything. */
export function ownerOf(request: S3Request): { ID: string; DisplayName: string } {
  return { ID: request.accountId.padStart(64, '0'), DisplayName: 'sandbox' };
}

/** Tokens are opaque to clients; the leading word tells a damaged or foreign one. */
function writeToken(last: string): string {
  return Buffer.from(`after:${last}`).toString('base64url');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (text.startsWith('after:')) return text.slice('after:'.length);
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
    ArgumentName: 'continuation-token',
  });
}

import type {
  DeleteObjectTaggingOutput,
  DeleteObjectTaggingRequest,
  GetObjectAttributesOutput,
  GetObjectAttributesRequest,
  GetObjectTaggingOutput,
  GetObjectTaggingRequest,
  PutObjectTaggingOutput,
  PutObjectTaggingRequest,
} from '@aws-sdk/client-s3';
import { S3Error } from '../errors';
import { checksumMember } from '../integrity/checksums';
import { assertReadable } from './conditions';
import { checksumMembers } from './describe';
import { pageSize } from './page';
import { bucketOf, objectOf, type Result, type S3Request } from './request';
import { toTags, toTagSet } from './tags';

export function getObjectTagging(
  input: GetObjectTaggingRequest,
  request: S3Request
): Promise<Result<GetObjectTaggingOutput>> {
  const object = objectOf(bucketOf(input, request), input);
  return Promise.resolve({ output: { TagSet: toTagSet(object.tags) } });
}

export function putObjectTagging(
  input: PutObjectTaggingRequest,
  request: S3Request
): Promise<Result<PutObjectTaggingOutput>> {
  const bucket = bucketOf(input, request);
  const object = objectOf(bucket, input);
  const set = input.Tagging?.TagSet;
  if (!set) throw new S3Error('MalformedXML');
  bucket.commit({ op: 'put', object: { ...object, tags: toTags(set, { most: 10 }) } });
  return Promise.resolve({ output: {} });
}

export function deleteObjectTagging(
  input: DeleteObjectTaggingRequest,
  request: S3Request
): Promise<Result<DeleteObjectTaggingOutput>> {
  const bucket = bucketOf(input, request);
  bucket.commit({ op: 'put', object: { ...objectOf(bucket, input), tags: {} } });
  return Promise.resolve({ output: {} });
}

/** Answers the asked attributes only. */
export function getObjectAttributes(
  input: GetObjectAttributesRequest,
  request: S3Request
): Promise<Result<GetObjectAttributesOutput>> {
  const object = objectOf(bucketOf(input, request), input);
  assertReadable(object, {});
  const asked = new Set(input.ObjectAttributes ?? []);
  if (asked.size === 0) {
    throw new S3Error('InvalidArgument', 'The x-amz-object-attributes header is missing or empty.', {
      ArgumentName: 'x-amz-object-attributes',
    });
  }
  const size = pageSize('max-parts', input.MaxParts);
  const marker = Number(input.PartNumberMarker ?? 0);
  const left = (object.parts ?? []).filter((_, at) => at + 1 > marker);
  const parts = left.slice(0, size);
  return Promise.resolve({
    output: {
      LastModified: new Date(object.modifiedMs),
      ...(asked.has('ETag') ? { ETag: object.etag } : {}),
      ...(asked.has('ObjectSize') ? { ObjectSize: object.sizeBytes } : {}),
      ...(asked.has('StorageClass') ? { StorageClass: 'STANDARD' } : {}),
      ...(asked.has('Checksum') ? { Checksum: checksumMembers(object.checksum) } : {}),
      ...(asked.has('ObjectParts') && object.parts
        ? {
            ObjectParts: {
              TotalPartsCount: object.parts.length,
              PartNumberMarker: String(marker),
              NextPartNumberMarker: String(marker + parts.length),
              MaxParts: size,
              IsTruncated: parts.length < left.length,
              Parts: parts.map((part) => ({
                PartNumber: part.number,
                Size: part.sizeBytes,
                [checksumMember(object.checksum.algorithm)]: part.checksum,
              })),
            },
          }
        : {}),
    },
  });
}

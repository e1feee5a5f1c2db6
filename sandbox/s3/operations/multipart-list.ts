import type {
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListPartsOutput,
  ListPartsRequest,
} from '@aws-sdk/client-s3';
import { checksumMember } from '../integrity/checksums';
import type { Upload } from '../storage/bucket';
import { compareKeys } from '../storage/key-order';
import { ownerOf } from './listing';
import { uploadOf } from './multipart';
import { encoder, pageSize } from './page';
import { bucketOf, quoted, type Result, type S3Request } from './request';

export function listParts(input: ListPartsRequest, request: S3Request): Promise<Result<ListPartsOutput>> {
  const bucket = bucketOf(input, request);
  const upload = uploadOf(bucket, input);
  const size = pageSize('max-parts', input.MaxParts);
  const marker = Number(input.PartNumberMarker ?? 0);
  const left = [...upload.parts.values()].filter(({ number }) => number > marker).sort((a, b) => a.number - b.number);
  const page = left.slice(0, size);
  const { algorithm, checksumType, key, id } = upload.record;
  return Promise.resolve({
    output: {
      Bucket: bucket.name,
      Key: key,
      UploadId: id,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(page.at(-1)?.number ?? marker),
      MaxParts: size,
      IsTruncated: page.length < left.length,
      Initiator: ownerOf(request),
      Owner: ownerOf(request),
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: algorithm === 'SHA512' || algorithm === 'MD5' ? undefined : algorithm,
      ChecksumType: checksumType,
      Parts: page.map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.modifiedMs),
        ETag: quoted(part.etag),
        Size: part.sizeBytes,
        [checksumMember(algorithm)]: part.checksum,
      })),
    },
  });
}

/** Uploads in progress, by key and then by start; with a delimiter, keys are rolled up as in object listings. */
export function listMultipartUploads(
  input: ListMultipartUploadsRequest,
  request: S3Request
): Promise<Result<ListMultipartUploadsOutput>> {
  const bucket = bucketOf(input, request);
  const size = pageSize('max-uploads', input.MaxUploads);
  const encode = encoder(input.EncodingType);
  const { Prefix = '', Delimiter = '', KeyMarker = '', UploadIdMarker = '' } = input;
  const rollUp = (key: string): string | undefined => {
    const cut = Delimiter === '' ? -1 : key.indexOf(Delimiter, Prefix.length);
    return cut < 0 ? undefined : key.slice(0, cut + Delimiter.length);
  };
  const uploads = inOrder(bucket.allUploads().filter(({ record }) => record.key.startsWith(Prefix)));
  const seen = uploads.findIndex(({ record }) => record.key === KeyMarker && record.id === UploadIdMarker);
  const left = uploads.filter(({ record }, at) => {
    if (seen >= 0) return at > seen;
    const rolled = rollUp(record.key);
    return compareKeys(record.key, KeyMarker) > 0 && (rolled === undefined || rolled !== KeyMarker);
  });
  const page: Upload[] = [];
  const prefixes = new Set<string>();
  let last: Upload['record'] | undefined;
  let isTruncated = false;
  for (const upload of left) {
    const rolled = rollUp(upload.record.key);
    if (rolled !== undefined && prefixes.has(rolled)) continue;
    if (page.length + prefixes.size >= size) {
      isTruncated = size > 0;
      break;
    }
    last = rolled === undefined ? upload.record : { ...upload.record, key: rolled, id: '' };
    if (rolled === undefined) page.push(upload);
    else prefixes.add(rolled);
  }
  return Promise.resolve({
    output: {
      Bucket: bucket.name,
      KeyMarker: encode(KeyMarker),
      UploadIdMarker,
      Prefix: encode(Prefix),
      MaxUploads: size,
      IsTruncated: isTruncated,
      ...(Delimiter === '' ? {} : { Delimiter: encode(Delimiter) }),
      ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
      ...(isTruncated && last ? { NextKeyMarker: encode(last.key), NextUploadIdMarker: last.id } : {}),
      Uploads: page.map(({ record }) => ({
        Key: encode(record.key),
        UploadId: record.id,
        Initiated: new Date(record.startedMs),
        StorageClass: 'STANDARD' as const,
        Owner: ownerOf(request),
        Initiator: ownerOf(request),
        ChecksumType: record.checksumType,
      })),
      CommonPrefixes: [...prefixes].map((prefix) => ({ Prefix: encode(prefix) })),
    },
  });
}

function inOrder(uploads: readonly Upload[]): readonly Upload[] {
  return [...uploads].sort(
    (a, b) => compareKeys(a.record.key, b.record.key) || a.record.startedMs - b.record.startedMs
  );
}

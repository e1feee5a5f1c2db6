import type {
  AbortMultipartUploadOutput,
  AbortMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  UploadPartCopyOutput,
  UploadPartCopyRequest,
  UploadPartOutput,
  UploadPartRequest,
} from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { S3Error } from '../errors';
import {
  assertChecksumType,
  checksumMember,
  defaultChecksumType,
  findChecksum,
  parseAlgorithm,
} from '../integrity/checksums';
import { storeBody, type Stored } from '../integrity/store-body';
import type { Bucket, Upload } from '../storage/bucket';
import type { ChecksumType, PartRecord } from '../storage/records';
import { assertSupported, attributesOf } from './attributes';
import { sourceOf } from './copy';
import { assertLength } from './objects';
import { parseRange } from './range';
import { bucketOf, quoted, type Common, type Result, type S3Request } from './request';

const MAX_PARTS = 10_000;

/** Members that name an upload. */
export interface UploadInput extends Common {
  readonly Key: string | undefined;
  readonly UploadId: string | undefined;
}

/** The upload an input names; throws `NoSuchUpload`. */
export function uploadOf(bucket: Bucket, input: UploadInput): Upload {
  const upload = bucket.upload(input.UploadId ?? '');
  if (!upload || upload.record.key !== input.Key) {
    throw new S3Error('NoSuchUpload', undefined, { UploadId: input.UploadId ?? '' });
  }
  return upload;
}

export function createMultipartUpload(
  input: CreateMultipartUploadRequest,
  request: S3Request
): Promise<Result<CreateMultipartUploadOutput>> {
  const bucket = bucketOf(input, request);
  const key = input.Key ?? '';
  assertSupported(request.headers);
  const isDeclared = input.ChecksumAlgorithm !== undefined;
  const algorithm = parseAlgorithm(input.ChecksumAlgorithm ?? 'CRC64NVME');
  const checksumType = checksumTypeOf(input.ChecksumType) ?? defaultChecksumType(algorithm);
  assertChecksumType(algorithm, checksumType);
  const id = randomBytes(24).toString('base64url');
  const upload = {
    id,
    key,
    startedMs: request.clock.now(),
    algorithm,
    checksumType,
    isDeclared,
    ...attributesOf(input),
  };
  bucket.commit({ op: 'upload', upload });
  return Promise.resolve({
    output: {
      Bucket: bucket.name,
      Key: key,
      UploadId: id,
      ...(isDeclared ? { ChecksumAlgorithm: algorithm, ChecksumType: checksumType } : {}),
    },
  });
}

function checksumTypeOf(text: string | undefined): ChecksumType | undefined {
  if (text === undefined || text === 'COMPOSITE' || text === 'FULL_OBJECT') return text;
  throw new S3Error('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
}

export async function uploadPart(input: UploadPartRequest, request: S3Request): Promise<Result<UploadPartOutput>> {
  const bucket = bucketOf(input, request);
  assertSupported(request.headers);
  assertLength(request.headers);
  const upload = uploadOf(bucket, input);
  const number = partNumber(input.PartNumber);
  const { algorithm, isDeclared } = upload.record;
  const sent = findChecksum(request.headers)?.algorithm;
  if (isDeclared && sent !== undefined && sent !== algorithm) {
    throw new S3Error(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${sent.toLowerCase()}`
    );
  }
  const body = await storeBody(bucket, upload.record.key, {
    body: request.exchange.request,
    headers: request.headers,
    keep: algorithm,
  });
  const part = commitPart(bucket, { input, number, body, modifiedMs: request.clock.now() });
  return { output: { ETag: quoted(part.etag), [checksumMember(algorithm)]: part.checksum } };
}

export async function uploadPartCopy(
  input: UploadPartCopyRequest,
  request: S3Request
): Promise<Result<UploadPartCopyOutput>> {
  const bucket = bucketOf(input, request);
  assertSupported(request.headers);
  const upload = uploadOf(bucket, input);
  const number = partNumber(input.PartNumber);
  const source = sourceOf(input, request);
  const { sizeBytes } = source.object;
  const range = parseRange(input.CopySourceRange, sizeBytes);
  if (input.CopySourceRange !== undefined && !range) {
    throw new S3Error('InvalidArgument', 'The x-amz-copy-source-range value must be of the form bytes=first-last', {
      ArgumentName: 'x-amz-copy-source-range',
      ArgumentValue: input.CopySourceRange,
    });
  }
  const { algorithm } = upload.record;
  const stream = source.bucket.blobs.read(source.object.pieces, range ?? { start: 0, end: sizeBytes - 1 });
  const body = await storeBody(bucket, upload.record.key, { body: stream, headers: {}, keep: algorithm });
  const part = commitPart(bucket, { input, number, body, modifiedMs: request.clock.now() });
  return {
    output: {
      CopyPartResult: {
        ETag: quoted(part.etag),
        LastModified: new Date(part.modifiedMs),
        [checksumMember(algorithm)]: part.checksum,
      },
    },
  };
}

function partNumber(number: number | undefined): number {
  if (number !== undefined && number >= 1 && number <= MAX_PARTS) return number;
  throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
    ArgumentName: 'partNumber',
    ArgumentValue: String(number),
  });
}

/** Commits a part unless its upload ended while the bytes came in. */
function commitPart(
  bucket: Bucket,
  taken: { readonly input: UploadInput; readonly number: number; readonly body: Stored; readonly modifiedMs: number }
): PartRecord {
  const { input, number, body, modifiedMs } = taken;
  const blob = body.pieces[0]?.blob ?? '';
  try {
    const { record } = uploadOf(bucket, input);
    const part = { number, blob, sizeBytes: body.sizeBytes, etag: body.md5, modifiedMs, checksum: body.checksum.value };
    bucket.commit({ op: 'part', upload: record.id, part });
    return part;
  } catch (cause) {
    if (blob !== '') bucket.blobs.discard([blob]);
    throw cause;
  }
}

export function abortMultipartUpload(
  input: AbortMultipartUploadRequest,
  request: S3Request
): Promise<Result<AbortMultipartUploadOutput>> {
  const bucket = bucketOf(input, request);
  bucket.commit({ op: 'abort', upload: uploadOf(bucket, input).record.id });
  return Promise.resolve({ output: {} });
}

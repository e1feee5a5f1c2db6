import type {
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  GetObjectRequest,
  HeadObjectRequest,
  PutObjectOutput,
  PutObjectRequest,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { S3Error } from '../errors';
import { storeBody } from '../integrity/store-body';
import type { Bucket } from '../storage/bucket';
import type { BucketEvent, ObjectRecord, PartRecord } from '../storage/records';
import { assertSupported, attributesOf } from './attributes';
import { assertDeletable, assertReadable, assertWritable } from './conditions';
import { checksumMembers, describe, type ChecksumMembers, type Described } from './describe';
import { parseRange, type ByteRange } from './range';
import { assertVersion, bucketOf, objectOf, quoted, type Result, type S3Request } from './request';

/** Throws the refusals for a body whose length is not announced. */
export function assertLength(headers: Readonly<Record<string, string>>): void {
  if (headers['content-length'] !== undefined || headers['x-amz-decoded-content-length'] !== undefined) return;
  if (headers['transfer-encoding'] !== undefined) {
    throw new S3Error('NotImplemented', undefined, { Header: 'Transfer-Encoding' });
  }
  throw new S3Error('MissingContentLength');
}

export async function putObject(input: PutObjectRequest, request: S3Request): Promise<Result<PutObjectOutput>> {
  const bucket = bucketOf(input, request);
  const key = input.Key ?? '';
  assertSupported(request.headers);
  assertLength(request.headers);
  assertWritable(key, bucket.object(key), input);
  const attributes = attributesOf(input);
  const body = await storeBody(bucket, key, {
    body: request.exchange.request,
    headers: request.headers,
  });
  const object: ObjectRecord = {
    ...attributes,
    key,
    sizeBytes: body.sizeBytes,
    etag: body.md5,
    modifiedMs: request.clock.now(),
    checksum: { ...body.checksum, type: 'FULL_OBJECT' },
    pieces: body.pieces,
  };
  commitObject(bucket, { object, conditions: input });
  return { output: { ETag: quoted(object.etag), ...checksumMembers(object.checksum) } };
}

/** Checks a write's conditions and commits it in one step; on refusal the new bytes are dropped. */
export function commitObject(
  bucket: Bucket,
  write: {
    readonly object: ObjectRecord;
    readonly conditions: { readonly IfMatch?: string | undefined; readonly IfNoneMatch?: string | undefined };
  }
): void {
  const { object, conditions } = write;
  try {
    assertWritable(object.key, bucket.object(object.key), conditions);
    bucket.commit({ op: 'put', object });
  } catch (cause) {
    bucket.blobs.discard(object.pieces.map(({ blob }) => blob));
    throw cause;
  }
}

export type ObjectOutput = Described &
  ChecksumMembers & {
    readonly Body?: Readable;
    readonly ContentLength: number;
    readonly ContentRange?: string;
    readonly PartsCount?: number;
  };

export function getObject(input: GetObjectRequest, request: S3Request): Promise<Result<ObjectOutput>> {
  const bucket = bucketOf(input, request);
  const { object, range, result } = read(bucket, input);
  const { start, end } = range ?? { start: 0, end: object.sizeBytes - 1 };
  const Body = bucket.blobs.read(object.pieces, { start, end });
  return Promise.resolve({ ...result, output: { ...result.output, Body } });
}

export function headObject(input: HeadObjectRequest, request: S3Request): Promise<Result<ObjectOutput>> {
  return Promise.resolve(read(bucketOf(input, request), input).result);
}

interface Reading {
  readonly object: ObjectRecord;
  readonly range: ByteRange | undefined;
  readonly result: Result<ObjectOutput>;
}

function read(bucket: Bucket, input: GetObjectRequest): Reading {
  const object = objectOf(bucket, input);
  assertReadable(object, input);
  if (input.PartNumber !== undefined && input.Range !== undefined) {
    throw new S3Error('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter');
  }
  const part = input.PartNumber === undefined ? undefined : partOf(object, input.PartNumber);
  const range = part?.range ?? parseRange(input.Range, object.sizeBytes);
  const output: ObjectOutput = {
    ...describe(object, input),
    ContentLength: range ? range.end - range.start + 1 : object.sizeBytes,
    ...(range ? { ContentRange: `bytes ${range.start}-${range.end}/${object.sizeBytes}` } : {}),
    ...(part && object.parts ? { PartsCount: object.parts.length } : {}),
    ...(input.ChecksumMode === 'ENABLED' ? checksums(object, { range, part: part?.part }) : {}),
  };
  return { object, range, result: { output, ...(range || part ? { status: 206 } : {}) } };
}

/** A checksum says something about a whole object or a whole part only. */
function checksums(
  object: ObjectRecord,
  wanted: { range: ByteRange | undefined; part: PartRecord | undefined }
): ChecksumMembers {
  if (wanted.part) return checksumMembers({ ...object.checksum, value: wanted.part.checksum });
  return wanted.range ? {} : checksumMembers(object.checksum);
}

/** Bytes of one part; an object put in one piece has the single part 1. */
function partOf(object: ObjectRecord, number: number): { part?: PartRecord; range?: ByteRange } {
  const parts = object.parts;
  if (!parts && number === 1) return object.sizeBytes > 0 ? { range: { start: 0, end: object.sizeBytes - 1 } } : {};
  const at = parts?.[number - 1];
  if (!parts || !at) throw new S3Error('InvalidPartNumber');
  const start = parts.slice(0, number - 1).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { part: at, range: { start, end: start + at.sizeBytes - 1 } };
}

/** Deleting what is not there succeeds, as in S3. */
export function deleteObject(input: DeleteObjectRequest, request: S3Request): Promise<Result<DeleteObjectOutput>> {
  const bucket = bucketOf(input, request);
  const key = input.Key ?? '';
  assertSupported(request.headers);
  assertVersion(key, input.VersionId);
  const object = bucket.object(key);
  assertDeletable(object, input.IfMatch);
  if (object) bucket.commit({ op: 'delete', key });
  return Promise.resolve({ output: {} });
}

const MAX_DELETIONS = 1000;

export function deleteObjects(input: DeleteObjectsRequest, request: S3Request): Promise<Result<DeleteObjectsOutput>> {
  const bucket = bucketOf(input, request);
  const wanted = input.Delete?.Objects ?? [];
  if (wanted.length === 0 || wanted.length > MAX_DELETIONS) throw new S3Error('MalformedXML');
  const events = new Map<string, BucketEvent>();
  const deleted: { Key: string }[] = [];
  const errors: { Key: string; Code: string; Message: string }[] = [];
  for (const { Key: key = '', VersionId, ETag } of wanted) {
    try {
      assertVersion(key, VersionId);
      const object = bucket.object(key);
      assertDeletable(object, ETag);
      if (object) events.set(key, { op: 'delete', key });
      deleted.push({ Key: key });
    } catch (cause) {
      if (!(cause instanceof S3Error)) throw cause;
      errors.push({ Key: key, Code: cause.code, Message: cause.message });
    }
  }
  bucket.commit(...events.values());
  return Promise.resolve({ output: { ...(input.Delete?.Quiet ? {} : { Deleted: deleted }), Errors: errors } });
}

import type { CompletedPart, CompleteMultipartUploadOutput, CompleteMultipartUploadRequest } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { S3Error } from '../errors';
import { checksumMember, joinChecksums } from '../integrity/checksums';
import type { Upload } from '../storage/bucket';
import type { ObjectRecord, PartRecord } from '../storage/records';
import { assertWritable } from './conditions';
import { checksumMembers } from './describe';
import { uploadOf } from './multipart';
import { bucketOf, quoted, type Result, type S3Request } from './request';

/** Every part but the last has at least this size. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/**
 * Makes one object of the parts, whose files it keeps as they are: completing costs the same for any size.
 * An answer lost on its way may be asked for again: the object then already bears the upload's id.
 */
export function completeMultipartUpload(
  input: CompleteMultipartUploadRequest,
  request: S3Request
): Promise<Result<CompleteMultipartUploadOutput>> {
  const bucket = bucketOf(input, request);
  const existing = bucket.object(input.Key ?? '');
  if (existing?.upload !== undefined && existing.upload === input.UploadId)
    return Promise.resolve(answer(bucket.name, existing));
  const upload = uploadOf(bucket, input);
  const parts = selectParts(upload, input.MultipartUpload?.Parts ?? []);
  const object = assemble(upload, parts, request.clock.now());
  assertAgrees(input, object);
  assertWritable(object.key, bucket.object(object.key), input);
  bucket.commit({ op: 'put', object, upload: upload.record.id });
  return Promise.resolve(answer(bucket.name, object));
}

function answer(bucket: string, object: ObjectRecord): Result<CompleteMultipartUploadOutput> {
  return {
    output: {
      Location: `/${bucket}/${object.key}`,
      Bucket: bucket,
      Key: object.key,
      ETag: quoted(object.etag),
      ...checksumMembers(object.checksum),
    },
  };
}

function selectParts(upload: Upload, wanted: readonly CompletedPart[]): readonly PartRecord[] {
  if (wanted.length === 0) throw new S3Error('MalformedXML');
  const { algorithm, checksumType } = upload.record;
  const numbers = wanted.map(({ PartNumber }) => PartNumber ?? 0);
  if (numbers.some((number, at) => at > 0 && number <= (numbers[at - 1] ?? 0))) throw new S3Error('InvalidPartOrder');
  const parts = wanted.map((asked) => {
    const part = upload.parts.get(asked.PartNumber ?? 0);
    const checksum = asked[checksumMember(algorithm)];
    const isRight = part?.etag === asked.ETag?.replace(/^"|"$/g, '') && (checksum ?? part?.checksum) === part?.checksum;
    if (!part || !isRight) {
      throw new S3Error('InvalidPart', undefined, {
        UploadId: upload.record.id,
        PartNumber: String(asked.PartNumber),
        ETag: asked.ETag ?? '',
      });
    }
    if (checksumType === 'COMPOSITE' && checksum === undefined) {
      throw new S3Error(
        'InvalidRequest',
        `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`
      );
    }
    return part;
  });
  const small = parts.slice(0, -1).find(({ sizeBytes }) => sizeBytes < MIN_PART_BYTES);
  if (small) {
    throw new S3Error('EntityTooSmall', undefined, {
      ProposedSize: String(small.sizeBytes),
      MinSizeAllowed: String(MIN_PART_BYTES),
      PartNumber: String(small.number),
      ETag: small.etag,
    });
  }
  return parts;
}

function assemble(upload: Upload, parts: readonly PartRecord[], modifiedMs: number): ObjectRecord {
  const { algorithm, checksumType: type, key, id, system, user, tags } = upload.record;
  const etags = createHash('md5');
  parts.forEach(({ etag }) => etags.update(Buffer.from(etag, 'hex')));
  return {
    key,
    system,
    user,
    tags,
    modifiedMs,
    upload: id,
    sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    etag: `${etags.digest('hex')}-${parts.length}`,
    checksum: { algorithm, type, value: joinChecksums(algorithm, type, parts) },
    pieces: parts.filter(({ sizeBytes }) => sizeBytes > 0).map(({ blob, sizeBytes }) => ({ blob, sizeBytes })),
    parts,
  };
}

/** Compares the object with what the client expects of it; throws `BadDigest` and `InvalidRequest`. */
function assertAgrees(input: CompleteMultipartUploadRequest, object: ObjectRecord): void {
  const expected = input[checksumMember(object.checksum.algorithm)];
  if (expected !== undefined && expected !== object.checksum.value) {
    throw new S3Error(
      'BadDigest',
      `The ${object.checksum.algorithm} you specified did not match the calculated checksum.`
    );
  }
  if (input.ChecksumType !== undefined && input.ChecksumType !== object.checksum.type) {
    throw new S3Error(
      'InvalidRequest',
      `The upload was created using the ${object.checksum.type} checksum mode. The complete request must use the same checksum mode.`
    );
  }
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== object.sizeBytes) {
    throw new S3Error(
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was computed: ${object.sizeBytes}`
    );
  }
}

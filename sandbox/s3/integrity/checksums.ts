import { createHash } from 'node:crypto';
import { S3Error } from '../errors';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ChecksumType, type PartRecord } from '../storage/records';
import { combineCrc } from './crc-combine';
import { CRC32, CRC32C, CRC64NVME, createCrc, type CrcAlgorithm } from './crc';

/** Running digest of a body. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const CRCS: Partial<Record<ChecksumAlgorithm, CrcAlgorithm>> = { CRC32, CRC32C, CRC64NVME };

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  const crc = CRCS[algorithm];
  return crc ? createCrc(crc) : createHash(algorithm.toLowerCase());
}

/** `x-amz-checksum-crc32` and its like. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** Member of the SDK's shapes, such as `ChecksumCRC32`. */
export function checksumMember(algorithm: ChecksumAlgorithm): `Checksum${ChecksumAlgorithm}` {
  return `Checksum${algorithm}`;
}

/** Reads an algorithm's name; throws `InvalidRequest`, or `NotImplemented` for those that S3 has and the sandbox has not. */
export function parseAlgorithm(name: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
  if (found) return found;
  if (/^XXHASH/i.test(name)) throw new S3Error('NotImplemented', `The sandbox does not compute ${name} checksums.`);
  throw new S3Error(
    'InvalidRequest',
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]'
  );
}

/** The one checksum among headers or trailers; throws `InvalidRequest` for several or a malformed one. */
export function findChecksum(
  headers: Readonly<Record<string, string>>
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  const names = Object.keys(headers).filter(
    (name) => name.startsWith('x-amz-checksum-') && !/-(algorithm|type|mode)$/.test(name)
  );
  const [name] = names;
  if (name === undefined) return undefined;
  if (names.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.'
    );
  }
  const algorithm = parseAlgorithm(name.slice('x-amz-checksum-'.length));
  const value = headers[name] ?? '';
  if (!isWellFormed(algorithm, value)) {
    throw new S3Error('InvalidRequest', `Value for ${name} header is invalid.`);
  }
  return { algorithm, value };
}

function isWellFormed(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.toString('base64') === value && bytes.length === createDigest(algorithm).digest().length;
}

/** How the parts' checksums become the object's when the upload does not say. */
export function defaultChecksumType(algorithm: ChecksumAlgorithm): ChecksumType {
  return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
}

/** Throws `InvalidRequest` for pairs that S3 refuses: only CRCs can be combined, and CRC64NVME only so. */
export function assertChecksumType(algorithm: ChecksumAlgorithm, type: ChecksumType): void {
  const allowed = type === 'FULL_OBJECT' ? CRCS[algorithm] !== undefined : algorithm !== 'CRC64NVME';
  if (!allowed) {
    throw new S3Error(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`
    );
  }
}

/** Checksum of a multipart object from its parts' checksums. */
export function joinChecksums(algorithm: ChecksumAlgorithm, type: ChecksumType, parts: readonly PartRecord[]): string {
  const crc = CRCS[algorithm];
  const values = parts.map((part) => ({ crc: Buffer.from(part.checksum, 'base64'), sizeBytes: part.sizeBytes }));
  if (type === 'FULL_OBJECT' && crc) {
    const [first, ...rest] = values;
    return rest
      .reduce((sum, next) => combineCrc(crc, sum, next), first?.crc ?? createCrc(crc).digest())
      .toString('base64');
  }
  const digest = createDigest(algorithm);
  values.forEach((value) => digest.update(value.crc));
  return `${digest.digest().toString('base64')}-${parts.length}`;
}

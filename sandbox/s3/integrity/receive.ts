import { createHash } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { S3Error } from '../errors';
import type { ChecksumAlgorithm } from '../storage/records';
import { checksumHeader, createDigest, findChecksum, parseAlgorithm } from './checksums';
import { ChunkedDecoder } from './chunked';

/** S3's limit for one PUT. */
const MAX_BODY_BYTES = 5 * 1024 ** 3;

/** A body that arrived whole and passed every check the client asked for. */
export interface Received {
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly md5: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

/** Where a body comes from and what was promised about it. */
export interface Incoming {
  readonly body: IncomingMessage | Readable | Iterable<Buffer>;
  readonly headers: Readonly<Record<string, string>>;
  /** The checksum to keep, whatever the client promised; without it, the promised one, else CRC64NVME as in S3. */
  readonly keep?: ChecksumAlgorithm;
}

/**
 * Streams a body into `write`, taking off `aws-chunked` framing, and verifies its length, `Content-MD5`,
 * `x-amz-content-sha256` and checksum, whether in a header or a trailer.
 * Throws `BadDigest`, `InvalidDigest`, `IncompleteBody`, `XAmzContentSHA256Mismatch`, `EntityTooLarge`.
 */
export async function receive(incoming: Incoming, write: (bytes: Buffer) => Promise<void> | void): Promise<Received> {
  const { headers } = incoming;
  const promise = promised(headers);
  const checked = promise.checksum?.algorithm ?? promise.trailer;
  const kept = incoming.keep ?? checked ?? 'CRC64NVME';
  const digests = new Map([kept, checked ?? kept].map((algorithm) => [algorithm, createDigest(algorithm)]));
  const md5 = createHash('md5');
  const sha256 = promise.sha256 === undefined ? undefined : createHash('sha256');
  const decoder = isChunked(headers) ? new ChunkedDecoder() : undefined;
  let sizeBytes = 0;
  const take = async (bytes: Buffer): Promise<void> => {
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BODY_BYTES) throw new S3Error('EntityTooLarge');
    md5.update(bytes);
    digests.forEach((digest) => digest.update(bytes));
    sha256?.update(bytes);
    await write(bytes);
  };
  for await (const chunk of whole(incoming.body)) {
    if (!decoder) await take(chunk);
    else for (const bytes of decoder.push(chunk)) await take(bytes);
  }
  decoder?.finish();
  if (promise.sizeBytes !== undefined && sizeBytes !== promise.sizeBytes) throw new S3Error('IncompleteBody');
  const computed = new Map([...digests].map(([algorithm, digest]) => [algorithm, digest.digest().toString('base64')]));
  const etag = md5.digest();
  if (promise.md5 && !promise.md5.equals(etag)) throw new S3Error('BadDigest');
  if (sha256 && sha256.digest('hex') !== promise.sha256) throw new S3Error('XAmzContentSHA256Mismatch');
  const expected = promise.checksum ?? (decoder ? findChecksum(decoder.trailers) : undefined);
  if (promise.trailer && expected?.algorithm !== promise.trailer) {
    throw new S3Error('InvalidRequest', `The announced trailer ${checksumHeader(promise.trailer)} is missing.`);
  }
  if (expected && computed.get(expected.algorithm) !== expected.value) {
    throw new S3Error('BadDigest', `The ${expected.algorithm} you specified did not match the calculated checksum.`);
  }
  return { sizeBytes, md5: etag.toString('hex'), checksum: { algorithm: kept, value: computed.get(kept) ?? '' } };
}

interface Promised {
  readonly sizeBytes?: number;
  readonly md5?: Buffer;
  readonly sha256?: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  /** Algorithm of a checksum that comes behind the body. */
  readonly trailer?: ChecksumAlgorithm;
}

function promised(headers: Readonly<Record<string, string>>): Promised {
  const length =
    headers['x-amz-decoded-content-length'] ?? (isChunked(headers) ? undefined : headers['content-length']);
  const contentMd5 = headers['content-md5'];
  const md5 = contentMd5 === undefined ? undefined : Buffer.from(contentMd5, 'base64');
  if (md5 && md5.length !== 16) throw new S3Error('InvalidDigest');
  const sha256 = headers['x-amz-content-sha256'];
  const checksum = findChecksum(headers);
  const trailer = /x-amz-checksum-([a-z0-9]+)/i.exec(headers['x-amz-trailer'] ?? '')?.[1];
  return {
    ...(length === undefined ? {} : { sizeBytes: Number(length) }),
    ...(md5 ? { md5 } : {}),
    ...(sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}),
    ...(checksum ? { checksum } : {}),
    ...(trailer === undefined ? {} : { trailer: parseAlgorithm(trailer) }),
  };
}

/** Whether the body is framed in `aws-chunked`; the header alone decides for clients that leave out the encoding. */
export function isChunked(headers: Readonly<Record<string, string>>): boolean {
  return (
    /(^|,)\s*aws-chunked\b/i.test(headers['content-encoding'] ?? '') ||
    (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-')
  );
}

async function* whole(body: Incoming['body']): AsyncGenerator<Buffer> {
  // A request that is given up in the middle must stay open, or the refusal would never reach its client.
  const chunks = body instanceof IncomingMessage ? body.iterator({ destroyOnReturn: false }) : body;
  try {
    for await (const chunk of chunks) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET') throw new S3Error('IncompleteBody');
    throw cause;
  }
}

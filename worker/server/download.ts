import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { get, redacted, type Transport } from './http';
import { messageOf } from '../thrown';

export interface Expected {
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

/** No server of ours comes near this; a longer body is something else. */
const LIMIT_BYTES = 512 * 1024 * 1024;

/**
 * Streams a URL into a new file and checks it: the length the server announced, the expected length and SHA-256. Throws on
 * any difference; the caller throws the file away.
 */
export async function download(
  url: URL,
  { file, expected, transport }: { readonly file: string; readonly expected: Expected; readonly transport: Transport }
): Promise<void> {
  const { response } = await get(url, transport);
  const announced = Number(response.headers['content-length'] ?? Number.NaN);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      if (sizeBytes > LIMIT_BYTES) done(new Error(`${redacted(url)} is longer than ${LIMIT_BYTES} bytes`));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(response, meter, createWriteStream(file, { flags: 'wx' }));
  } catch (cause) {
    // Node says only "aborted" when the other side closes early.
    throw new Error(`${redacted(url)} broke off after ${sizeBytes} bytes (${messageOf(cause)})`, { cause });
  }
  const wantedBytes = expected.sizeBytes ?? (Number.isNaN(announced) ? sizeBytes : announced);
  if (sizeBytes !== wantedBytes) throw new Error(`${redacted(url)} has ${sizeBytes} bytes, expected ${wantedBytes}`);
  const sha256 = hash.digest('hex');
  if (expected.sha256 !== undefined && sha256 !== expected.sha256) {
    throw new Error(`${redacted(url)} has sha256 ${sha256}, expected ${expected.sha256}`);
  }
}

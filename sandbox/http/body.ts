import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { errorCode } from '../engine/error-code';

const gunzipAsync = promisify(gunzip);

/** The request's body is larger than the service allows, as sent or after decompression. */
export class BodyTooLarge extends Error {
  constructor(readonly limitBytes: number) {
    super(`the body is larger than ${limitBytes} bytes`);
    this.name = 'BodyTooLarge';
  }
}

/** The client went away, or sent something that is not the gzip it announced. */
export class BodyUnreadable extends Error {
  override readonly name = 'BodyUnreadable';
}

/** A request body, gunzipped when `content-encoding` says so. */
export async function inflateBody(request: IncomingMessage, raw: Buffer, limitBytes: number): Promise<Buffer> {
  if (request.headers['content-encoding'] !== 'gzip') return raw;
  try {
    return await gunzipAsync(raw, { maxOutputLength: limitBytes });
  } catch (cause) {
    if (errorCode(cause) === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLarge(limitBytes);
    throw new BodyUnreadable('the body is not valid gzip', { cause });
  }
}

/** Reads a whole request body as it was sent, within a limit. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return reject(new BodyTooLarge(limitBytes));
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else reject(new BodyTooLarge(limitBytes));
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', (cause) => reject(new BodyUnreadable('the client went away', { cause })));
    // Every request closes; an error, with its stack, is made only for one that was cut.
    request.on('close', () => request.complete || reject(new BodyUnreadable('the client went away')));
  });
}

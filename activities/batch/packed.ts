import type { S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { ObjectPlace } from './addresses';
import { writeObject } from './writer';

/** Unpacked in such blocks: one for each turn of the reader. */
const BLOCK_BYTES = 256 * 1024;
/** What is written again lives for one job: fast is worth more than small. */
const LEVEL = 1;

/** An object that the file calls packed, and is not, or not to its end. */
export class NotGzip extends Error {
  override readonly name = 'NotGzip';
}

/** What was packed with gzip, block by block while it is read. Throws NotGzip; a source that fails, with its own error. */
export async function* unpacked(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(packed);
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES });
  let failure: Error | undefined;
  source.once('error', (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  source.pipe(gunzip);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    throw failure ?? new NotGzip(String(error).replace(/^Error: /, ''));
  } finally {
    source.destroy();
  }
}

/** Writes an object packed, without ever holding it, and says how large it became. */
export async function writePacked(s3: S3Client, to: ObjectPlace, content: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  await writeObject(s3, to, (writer) =>
    pipeline(content, createGzip({ level: LEVEL, chunkSize: BLOCK_BYTES }), async (blocks: AsyncIterable<Buffer>) => {
      for await (const block of blocks) {
        bytes += block.length;
        await writer.write(block);
      }
    })
  );
  return bytes;
}

/** Goes once through a stream and gives what lies between places in it, which have to be asked for in their order. */
export class Cursor {
  #at: number;
  #left: Buffer = Buffer.alloc(0);
  readonly #chunks: AsyncIterator<Buffer>;

  /** `at`: where in its object the stream begins. */
  constructor(chunks: AsyncIterable<Buffer>, at: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#at = at;
  }

  /** The bytes `[from, to)`, to be read to their end before the next are asked for. */
  async *between(from: number, to: number): AsyncGenerator<Buffer> {
    while (this.#at < to) {
      if (this.#left.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true)
          throw new Error(`an object ends at ${this.#at}, before ${to}: it was changed meanwhile`);
        this.#left = next.value;
      }
      const isBefore = this.#at < from;
      const taken = this.#left.subarray(0, (isBefore ? Math.min(from, to) : to) - this.#at);
      this.#left = this.#left.subarray(taken.length);
      this.#at += taken.length;
      if (!isBefore) yield taken;
    }
  }

  /** What is left is not read. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

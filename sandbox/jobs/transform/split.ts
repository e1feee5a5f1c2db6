import type { TransformJobRecord } from '../records';
import { BadObject } from './bad-object';

export type SplitType = NonNullable<TransformJobRecord['input']['TransformInput']['SplitType']>;

/**
 * Cuts an object into its records. Every record is exactly its bytes in the object, so that all of them together are the object. They come in groups, to be
 * read to their end before the next: a turn of its own for each of millions of lines would cost more than all else.
 */
export type Splitter = (bytes: AsyncIterable<Buffer>, limitBytes: number) => AsyncGenerator<Iterable<Buffer>>;

/** The splitter of a type; records above the limit throw BadObject before they are read to their end. */
export const SPLITTERS: Readonly<Record<SplitType, Splitter>> = {
  None: whole,
  Line: lines,
  RecordIO: recordIo,
  TFRecord: tfRecord,
};

async function* whole(bytes: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<Iterable<Buffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limitBytes) throw tooLarge('The object', limitBytes);
    chunks.push(chunk);
  }
  yield [Buffer.concat(chunks)];
}

const NEWLINE = 10;

async function* lines(bytes: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<Iterable<Buffer>> {
  const open: Buffer[] = [];
  let openBytes = 0;
  function* endedIn(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end + 1);
      if (openBytes + rest.length > limitBytes) throw tooLarge('A record', limitBytes);
      yield open.length === 0 ? rest : Buffer.concat([...open.splice(0), rest]);
      openBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) return;
    open.push(chunk.subarray(start));
    openBytes += chunk.length - start;
    if (openBytes > limitBytes) throw tooLarge('A record', limitBytes);
  }
  for await (const chunk of bytes) yield endedIn(chunk);
  if (openBytes > 0) yield [Buffer.concat(open)];
}

const RECORD_IO_MAGIC = 0xced7230a;
const RECORD_IO_HEADER_BYTES = 8;

/** MXNet's RecordIO: magic, then three bits that say which part of a record this is and 29 of length; padded to four bytes. */
async function* recordIo(bytes: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<Iterable<Buffer>> {
  const reader = new Reader(bytes);
  let parts: Buffer[] = [];
  for (;;) {
    const header = await reader.take(RECORD_IO_HEADER_BYTES, 'RecordIO');
    if (!header) break;
    if (header.readUInt32LE(0) !== RECORD_IO_MAGIC) throw new BadObject('The object is not in the RecordIO format.');
    const word = header.readUInt32LE(4);
    const length = Math.ceil((word & 0x1fffffff) / 4) * 4;
    const size = parts.reduce((sum, part) => sum + part.length, 0) + header.length + length;
    if (size > limitBytes) throw tooLarge('A record', limitBytes);
    const body = length === 0 ? Buffer.alloc(0) : await reader.take(length, 'RecordIO');
    if (!body) throw new BadObject('The object ends within a RecordIO record.');
    parts.push(header, body);
    // 0: a record in one part; 1, 2, 3: first, middle and last part of one.
    const part = word >>> 29;
    if (part === 1 || part === 2) continue;
    yield [Buffer.concat(parts)];
    parts = [];
  }
  if (parts.length > 0) throw new BadObject('The object ends within a RecordIO record.');
}

const TF_HEADER_BYTES = 12;
const TF_FOOTER_BYTES = 4;

/** TensorFlow's TFRecord: length (8 bytes), its checksum (4), the data, and its checksum (4). */
async function* tfRecord(bytes: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<Iterable<Buffer>> {
  const reader = new Reader(bytes);
  for (;;) {
    const header = await reader.take(TF_HEADER_BYTES, 'TFRecord');
    if (!header) return;
    const length = Number(header.readBigUInt64LE(0));
    if (length + TF_HEADER_BYTES + TF_FOOTER_BYTES > limitBytes) throw tooLarge('A record', limitBytes);
    const rest = await reader.take(length + TF_FOOTER_BYTES, 'TFRecord');
    if (!rest) throw new BadObject('The object ends within a TFRecord record.');
    yield [Buffer.concat([header, rest])];
  }
}

/** Takes so many bytes at a time off a stream. */
class Reader {
  #held: Buffer = Buffer.alloc(0);
  readonly #chunks: AsyncIterator<Buffer>;

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** `undefined` at the end of the stream; throws BadObject when it ends within what was asked for. */
  async take(count: number, format: string): Promise<Buffer | undefined> {
    const held = [this.#held];
    let size = this.#held.length;
    while (size < count) {
      const next = await this.#chunks.next();
      if (next.done) {
        if (size === 0) return undefined;
        throw new BadObject(`The object ends within a ${format} record.`);
      }
      held.push(next.value);
      size += next.value.length;
    }
    const all = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    this.#held = all.subarray(count);
    return all.subarray(0, count);
  }
}

function tooLarge(what: string, limitBytes: number): BadObject {
  return new BadObject(`${what} is larger than the maximum payload of ${limitBytes} bytes (MaxPayloadInMB).`);
}

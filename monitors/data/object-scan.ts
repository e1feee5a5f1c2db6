import { isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cleanLine, DELIMITER } from './line-marks';

/** A line longer than this is counted and left out: SageMaker's largest real-time payloads, captured as base64, stay below. */
export const LINE_LIMIT_BYTES = 32 * 1024 * 1024;

/** What one pass over the bytes of an object found. */
export interface ScannedObject {
  /** The object itself, or a copy in which each line that DuckDB must not meet is marked; line for line the same. */
  readonly path: string;
  readonly lines: number;
  readonly bytes: number;
  readonly longestLine: number;
  readonly hasQuote: boolean;
}

const BLOCK_BYTES = 1024 * 1024;
const [NEWLINE, RETURN, QUOTE, NUL] = [10, 13, 34, 0];
const DELIMITER_BYTES = Buffer.from(DELIMITER);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads an object once, in bounded memory, and copies it into `copyDir` only where it holds what DuckDB would stumble over. */
export async function scanObject(
  file: string,
  { copyDir, signal }: { readonly copyDir: string; readonly signal?: AbortSignal | undefined }
): Promise<ScannedObject> {
  const target = path.join(copyDir, `${path.basename(file).slice(0, 40)}-${process.hrtime.bigint()}`);
  let copy: WriteStream | undefined;
  let [lines, longestLine, hasQuote, taken] = [0, 0, false, 0];
  const write = async (bytes: Buffer | string): Promise<void> => {
    if (copy !== undefined && !copy.write(bytes)) await once(copy, 'drain');
  };
  for await (const block of blocksOf(file, signal)) {
    const { bytes, isTooLong } = block;
    hasQuote ||= !isTooLong && bytes.includes(QUOTE);
    const isFirst = taken === 0;
    if (copy === undefined && (isTooLong || !isClean(bytes, isFirst))) copy = await copied(file, target, taken);
    taken += block.size;
    if (isTooLong) {
      lines += 1;
      await write(`${cleanLine(bytes, { isTooLong, isFirst })}\n`);
      continue;
    }
    let from = 0;
    const isDirty = copy !== undefined && !isClean(bytes, isFirst);
    while (from < bytes.length) {
      const end = bytes.indexOf(NEWLINE, from);
      const to = end < 0 ? bytes.length : end;
      lines += 1;
      longestLine = Math.max(longestLine, to - from);
      if (isDirty)
        await write(`${cleanLine(bytes.subarray(from, to), { isTooLong, isFirst: isFirst && from === 0 })}\n`);
      from = to + 1;
    }
    if (!isDirty) await write(bytes);
  }
  if (copy !== undefined) {
    copy.end();
    await once(copy, 'close');
  }
  return { path: copy === undefined ? file : target, lines, bytes: taken, longestLine, hasQuote };
}

interface Block {
  /** Whole lines; the first bytes of one where it is too long. */
  readonly bytes: Buffer;
  readonly size: number;
  readonly isTooLong: boolean;
}

/** Whole lines, about a block at a time; a line beyond the limit comes alone, cut. */
async function* blocksOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<Block> {
  const handle = await open(file);
  try {
    let buffer = Buffer.allocUnsafe(BLOCK_BYTES);
    let [held, skipped] = [0, 0];
    for (;;) {
      signal?.throwIfAborted();
      if (held === buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger, 0, 0, held);
        buffer = larger;
      }
      const { bytesRead } = await handle.read(buffer, held, buffer.length - held);
      const end = held + bytesRead;
      if (bytesRead === 0) {
        if (end + skipped > 0) yield { bytes: buffer.subarray(0, end), size: end + skipped, isTooLong: skipped > 0 };
        return;
      }
      const first = skipped > 0 ? buffer.subarray(0, end).indexOf(NEWLINE) : -1;
      if (skipped > 0 && first < 0) {
        skipped += end;
        held = 0;
        continue;
      }
      if (skipped > 0) {
        yield { bytes: buffer.subarray(0, Math.min(first, BLOCK_BYTES)), size: skipped + first + 1, isTooLong: true };
        buffer.copyWithin(0, first + 1, end);
        held = end - first - 1;
        skipped = 0;
        continue;
      }
      const last = buffer.subarray(0, end).lastIndexOf(NEWLINE);
      if (last < 0 && end > LINE_LIMIT_BYTES) {
        skipped = end;
        held = 0;
        buffer = Buffer.allocUnsafe(BLOCK_BYTES);
        continue;
      }
      if (last >= 0) {
        yield { bytes: buffer.subarray(0, last + 1), size: last + 1, isTooLong: false };
        buffer.copyWithin(0, last + 1, end);
      }
      held = end - last - 1;
    }
  } finally {
    await handle.close();
  }
}

/** Nothing that DuckDB's reader of lines would drop, split or refuse. */
function isClean(bytes: Buffer, isFirst: boolean): boolean {
  if (bytes[0] === NEWLINE || (isFirst && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK))) return false;
  if (bytes.includes('\n\n') || bytes.includes(NUL) || bytes.includes(DELIMITER_BYTES) || bytes.includes(3))
    return false;
  for (let at = bytes.indexOf(RETURN); at >= 0; at = bytes.indexOf(RETURN, at + 1)) {
    const isAlone = bytes[at + 1] !== NEWLINE || at === 0 || bytes[at - 1] === NEWLINE;
    if (isAlone) return false;
  }
  return isUtf8(bytes);
}

async function copied(file: string, target: string, bytes: number): Promise<WriteStream> {
  if (bytes > 0) await pipeline(createReadStream(file, { end: bytes - 1 }), createWriteStream(target));
  return createWriteStream(target, { flags: 'a' });
}

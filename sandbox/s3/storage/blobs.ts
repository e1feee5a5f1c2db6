import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { copyFile, link, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Piece } from './records';

/** Time between "no longer referenced" and deletion, for readers that looked up an object and open it next. */
const GRACE_MS = 5_000;

/** Writes one blob; nobody sees its bytes before a record names it. */
export interface BlobWriter {
  readonly blob: string;
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Gives up and removes the file. */
  abandon(): Promise<void>;
}

/** The immutable files of one bucket. A blob lives as long as a record names it or a stream reads it. */
export class Blobs {
  private readonly readers = new Map<string, number>();
  private readonly doomed = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Marks the names of this process, so that sweeping never meets a file in the making. */
  private readonly run = randomBytes(5).toString('hex');
  private counter = 0;

  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
  }

  /** A fresh name that ends in the key's last characters, so that a person finds a file by `ls` or `grep`. */
  private name(key: string): string {
    const readable = key.slice(-48).replace(/[^A-Za-z0-9._-]+/g, '-');
    this.counter += 1;
    return `${this.run}-${this.counter.toString(36)}-${readable}`;
  }

  async create(key: string): Promise<BlobWriter> {
    const blob = this.name(key);
    const path = join(this.dir, blob);
    const file = await open(path, 'wx');
    return {
      blob,
      write: async (bytes) => {
        for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
      },
      close: () => file.close(),
      abandon: async () => {
        await file.close();
        await unlink(path);
      },
    };
  }

  /** A second name for the same bytes: a hard link, or a copy where the file system has none. */
  async duplicate(source: { blobs: Blobs; blob: string }, key: string): Promise<string> {
    const blob = this.name(key);
    const [from, to] = [join(source.blobs.dir, source.blob), join(this.dir, blob)];
    await link(from, to).catch(() => copyFile(from, to));
    return blob;
  }

  /** Streams bytes `start`…`end` (inclusive) of pieces laid end to end. */
  read(pieces: readonly Piece[], range: { start: number; end: number }): Readable {
    const wanted = slices(pieces, range);
    const [only] = wanted;
    for (const { blob } of wanted) this.readers.set(blob, (this.readers.get(blob) ?? 0) + 1);
    const stream =
      only && wanted.length === 1
        ? createReadStream(join(this.dir, only.blob), { start: only.start, end: only.end, highWaterMark: 1 << 18 })
        : Readable.from(this.readAll(wanted), { objectMode: false });
    stream.once('close', () => wanted.forEach(({ blob }) => this.release(blob)));
    return stream;
  }

  private async *readAll(wanted: readonly Slice[]): AsyncGenerator<Buffer> {
    for (const { blob, start, end } of wanted) {
      yield* createReadStream(join(this.dir, blob), { start, end, highWaterMark: 1 << 18 });
    }
  }

  private release(blob: string): void {
    const left = (this.readers.get(blob) ?? 1) - 1;
    if (left > 0) this.readers.set(blob, left);
    else this.readers.delete(blob);
    if (left <= 0 && this.doomed.delete(blob)) this.remove(blob);
  }

  /** Deletes blobs that no record names any more, once nobody reads them. */
  discard(blobs: readonly string[]): void {
    if (blobs.every((blob) => blob === '')) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      for (const blob of blobs.filter((name) => name !== '')) {
        if (this.readers.has(blob)) this.doomed.add(blob);
        else this.remove(blob);
      }
    }, GRACE_MS);
    timer.unref();
    this.timers.add(timer);
  }

  /** Removes what a killed process left behind: files that `isLive` does not know. */
  sweep(isLive: (blob: string) => boolean): void {
    for (const name of readdirSync(this.dir)) {
      if (!name.startsWith(this.run) && !isLive(name)) rmSync(join(this.dir, name), { force: true });
    }
  }

  close(): void {
    this.timers.forEach((timer) => clearTimeout(timer));
    this.timers.clear();
  }

  private remove(blob: string): void {
    // A file that is already gone, or still open on a system that forbids it, is left to the next sweep.
    unlink(join(this.dir, blob)).catch(() => undefined);
  }
}

interface Slice {
  readonly blob: string;
  readonly start: number;
  readonly end: number;
}

function slices(pieces: readonly Piece[], range: { start: number; end: number }): readonly Slice[] {
  const found: Slice[] = [];
  let offset = 0;
  for (const { blob, sizeBytes } of pieces) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, sizeBytes - 1);
    if (start <= end) found.push({ blob, start, end });
    offset += sizeBytes;
  }
  return found;
}

import { closeSync, existsSync, ftruncateSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';

const READ_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/**
 * Append-only file of JSON lines. A line counts once its newline is written, so a process killed at any
 * instruction leaves whole lines and at most one torn tail, which opening cuts off.
 */
export class Journal<Event> {
  private lines = 0;
  private linesWhenCompacted = 0;

  private constructor(
    private readonly path: string,
    private fd: number
  ) {}

  /** Makes the file with its first lines in one step: it either exists whole or not at all. */
  static create<Event>(path: string, events: readonly Event[]): Journal<Event> {
    const journal = new Journal<Event>(path, writeWhole(path, events).fd);
    journal.lines = events.length;
    return journal;
  }

  /** Opens an existing file and hands over each event, oldest first. */
  static open<Event>(path: string, replay: (event: Event) => void): Journal<Event> {
    const fd = openSync(path, 'r+');
    const { lines, bytes } = readLines(fd, (line) => replay(JSON.parse(line) as Event));
    ftruncateSync(fd, bytes);
    closeSync(fd);
    const journal = new Journal<Event>(path, openSync(path, 'a'));
    journal.lines = lines;
    return journal;
  }

  static exists(path: string): boolean {
    return existsSync(path);
  }

  /** Commits events together. Synchronous, so that a check before it and the change after it are one step. */
  append(events: readonly Event[]): void {
    writeAll(this.fd, events.map(toLine).join(''));
    this.lines += events.length;
  }

  /** Rewrites the file from the state once it has grown far beyond it; so each line is rewritten a few times at most. */
  compactIfWorthwhile(state: () => Iterable<Event>): void {
    if (this.lines < 4 * this.linesWhenCompacted + 10_000) return;
    const { fd, lines } = writeWhole(this.path, state());
    closeSync(this.fd);
    this.fd = fd;
    this.lines = lines;
    this.linesWhenCompacted = lines;
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Takes the file away: the commit of a deletion. */
  destroy(): void {
    this.close();
    unlinkSync(this.path);
  }
}

function toLine(event: unknown): string {
  return `${JSON.stringify(event)}\n`;
}

function writeWhole(path: string, events: Iterable<unknown>): { fd: number; lines: number } {
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, 'w');
  let batch = '';
  let lines = 0;
  for (const event of events) {
    lines += 1;
    batch += toLine(event);
    if (batch.length > READ_BYTES) {
      writeAll(fd, batch);
      batch = '';
    }
  }
  writeAll(fd, batch);
  closeSync(fd);
  renameSync(temporary, path);
  return { fd: openSync(path, 'a'), lines };
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function readLines(fd: number, onLine: (line: string) => void): { lines: number; bytes: number } {
  let rest = Buffer.alloc(0);
  let lines = 0;
  let bytes = 0;
  const chunk = Buffer.alloc(READ_BYTES);
  for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) {
    rest = Buffer.concat([rest, chunk.subarray(0, read)]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      onLine(rest.toString('utf8', start, end));
      lines += 1;
      bytes += end + 1 - start;
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
  return { lines, bytes };
}

import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Data lines of one hour: a log while it fills, rewritten by the minute (`.min`) when it is old. */
const LOG = '.jsonl';
const COMPACT = '.min.jsonl';

/**
 * Files of metric data, one an hour. Appending is one write; an old hour is rewritten once, by rename.
 * A compacted hour replaces its log, so a log beside it is what a killed rewrite left behind.
 */
export class Segments {
  private open: { readonly hour: number; readonly fd: number } | undefined;

  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
    for (const name of readdirSync(dir)) {
      const isStale = name.endsWith('.tmp') || (!name.endsWith(COMPACT) && this.isCompact(Number(name.split('.')[0])));
      if (isStale) rmSync(join(dir, name));
    }
  }

  private path(hour: number, ending: string): string {
    return join(this.dir, `${hour}${ending}`);
  }

  isCompact(hour: number): boolean {
    return existsSync(this.path(hour, COMPACT));
  }

  /** Hours since the epoch that have a file. */
  hours(): readonly number[] {
    return [...new Set(readdirSync(this.dir).map((name) => Number(name.split('.')[0])))].sort((a, b) => a - b);
  }

  /** Whole lines of an hour; a torn last line is cut off. */
  read(hour: number): readonly string[] {
    const path = this.path(hour, this.isCompact(hour) ? COMPACT : LOG);
    const text = readFileSync(path, 'utf8');
    const end = text.lastIndexOf('\n') + 1;
    if (end < text.length) writeFileSync(path, text.slice(0, end));
    return text.slice(0, end).split('\n').slice(0, -1);
  }

  append(hour: number, text: string): void {
    // Almost everything goes to the current hour; only late data opens another file.
    if (this.open && this.open.hour === hour) {
      writeSync(this.open.fd, text);
    } else if (this.open === undefined || hour > this.open.hour) {
      this.close();
      const fd = openSync(this.path(hour, this.isCompact(hour) ? COMPACT : LOG), 'a');
      this.open = { hour, fd };
      writeSync(fd, text);
    } else {
      appendFileSync(this.path(hour, this.isCompact(hour) ? COMPACT : LOG), text);
    }
  }

  compact(hour: number, text: string): void {
    const temporary = `${this.path(hour, COMPACT)}.tmp`;
    writeFileSync(temporary, text);
    renameSync(temporary, this.path(hour, COMPACT));
    rmSync(this.path(hour, LOG), { force: true });
  }

  remove(hour: number): void {
    rmSync(this.path(hour, LOG), { force: true });
    rmSync(this.path(hour, COMPACT), { force: true });
  }

  close(): void {
    if (this.open) closeSync(this.open.fd);
    this.open = undefined;
  }
}

import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import path from 'node:path';

/** A container's log, and its former part in a second file of the same name with `.1`. */
export interface LogFile {
  readonly endpoint: string;
  readonly variant: string;
  readonly instance: string;
  /** The container's hostname; empty for the only one of an instance. */
  readonly container: string;
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A log is cut when it has grown to this; the part before is kept once. */
const LOG_BYTES = 5 * 1024 * 1024;
/** Logs of instances that are gone are kept for reading, the newest of all endpoints up to so many. */
const KEPT_LOGS = 500;

/** All logs below a folder of `<endpoint>/<variant>/<instance>[-<container>].log`, newest first. */
export function listLogs(dir: string): readonly LogFile[] {
  const logs = namesIn(dir).flatMap((endpoint) =>
    namesIn(path.join(dir, endpoint)).flatMap((variant) =>
      namesIn(path.join(dir, endpoint, variant)).flatMap((name) => {
        const [, instance, container = ''] = /^(i-[0-9a-f]+)(?:-(.+))?\.log$/.exec(name) ?? [];
        const file = path.join(dir, endpoint, variant, name);
        const stat = instance === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
        if (instance === undefined || !stat) return [];
        return [{ endpoint, variant, instance, container, file, bytes: stat.size, modifiedMs: stat.mtimeMs }];
      })
    )
  );
  return logs.sort((a, b) => b.modifiedMs - a.modifiedMs);
}

/**
 * Keeps logs bounded. A container holds its log open, so a long one is copied and emptied in place; lines that it writes in between are
 * lost. Logs that are not `live` go when there are too many.
 */
export function tidyLogs(dir: string, live: ReadonlySet<string>): void {
  const logs = listLogs(dir);
  for (const { file, bytes } of logs) {
    if (bytes <= LOG_BYTES) continue;
    copyFileSync(file, formerPart(file));
    truncateSync(file, 0);
  }
  for (const { file } of logs.filter((log) => !live.has(log.file)).slice(KEPT_LOGS)) {
    rmSync(file, { force: true });
    rmSync(formerPart(file), { force: true });
    removeIfEmpty(path.dirname(file));
    removeIfEmpty(path.dirname(path.dirname(file)));
  }
}

/** The last bytes of a log, its former part included, from the beginning of a line on. */
export function tailOf(file: string, maxBytes: number): string {
  const now = lastBytes(file, maxBytes);
  const before = now.length < maxBytes ? lastBytes(formerPart(file), maxBytes - now.length) : Buffer.alloc(0);
  const text = Buffer.concat([before, now]);
  const isCut = text.length === maxBytes;
  return (isCut ? text.subarray(text.indexOf(10) + 1) : text).toString('utf8');
}

function formerPart(file: string): string {
  return `${file}.1`;
}

function lastBytes(file: string, maxBytes: number): Buffer {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(fd);
  }
}

/** Sorted; empty for what is no folder. */
function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Other logs are in it.
  }
}

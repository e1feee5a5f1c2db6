import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log';
import { codeOf } from '../thrown';

/** A holder touches its lock this often; one untouched for the longer time is dead, wherever it ran. */
const TOUCH_MS = 2_000;
const STALE_MS = 20_000;
const POLL_MS = 100;

interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
}

function parseHolder(text: string): Holder | undefined {
  const [id, pid, host] = text.split('\n');
  return id && pid && host ? { id, pid: Number(pid), host } : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Why a lock counts for nothing, or `undefined` while its holder may be at work. */
async function staleness(file: string): Promise<string | undefined> {
  const [text, times] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
  const ageMs = Date.now() - times.mtimeMs;
  if (ageMs > STALE_MS) return `untouched for ${Math.round(ageMs / 1000)} s`;
  const holder = parseHolder(text);
  return holder && holder.host === os.hostname() && !isAlive(holder.pid) ? `process ${holder.pid} is gone` : undefined;
}

async function tryTake(file: string, id: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(`${id}\n${process.pid}\n${os.hostname()}\n`).finally(() => handle.close());
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function take(file: string, { id, log }: { id: string; log: Log }): Promise<void> {
  for (let waited = false; !(await tryTake(file, id)); waited = true) {
    // A lock that vanishes between two looks has been given back.
    const stale = await staleness(file).catch(() => undefined);
    if (stale !== undefined) {
      log.debug('taking over a stale lock', { file, stale });
      const aside = `${file}.${id}`;
      // Rename first: of two takers only one gets the old file, and neither waits for the other.
      await rename(file, aside).then(
        () => rm(aside, { force: true }),
        () => undefined
      );
      continue;
    }
    if (!waited) log.debug('waiting for another process', { file });
    await delay(POLL_MS);
  }
}

/**
 * Runs `work` while holding a lock file, waiting for whoever holds it now; locks of dead processes are taken over. It saves
 * doubled work only: two takers of one stale lock may overlap, so `work` must end the same when run twice at once.
 */
export async function withLock<T>(
  file: string,
  { work, log }: { readonly work: () => Promise<T>; readonly log: Log }
): Promise<T> {
  const id = randomUUID();
  await take(file, { id, log });
  const touch = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    const holder = await readFile(file, 'utf8').then(parseHolder, () => undefined);
    if (holder?.id === id) await rm(file, { force: true });
  }
}

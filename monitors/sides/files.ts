import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SideInput, SideObject, Work } from '../types';

const HOUR_MS = 3_600_000;

/** The objects of a side input: those that were brought near, else the files of a local folder, in order of their names. */
export async function sideObjects(work: Work, input: SideInput): Promise<readonly SideObject[]> {
  const near = work.sides?.[input.name];
  if (near !== undefined) return near;
  if (input.from.startsWith('s3://')) throw new RangeError(`${input.from} was not brought near`);
  const files = await filesBelow(input.from);
  const found = files.flatMap((file) => {
    if (input.hours !== null && !touches(file.path, input.hours)) return [];
    const hour = hourOf(file.path);
    const key = { source: file.path, etag: null, bytes: file.bytes };
    // The folder names the hour of collection: by its end the object was there.
    return [{ path: file.path, key, arrivedMs: hour === null ? null : hour + HOUR_MS }];
  });
  return found;
}

/** Whether the hour that a key names touches those; a key that names none may hold any. */
export function touches(key: string, hours: { readonly fromMs: number; readonly toMs: number }): boolean {
  const hour = hourOf(key);
  return hour === null || (hour + HOUR_MS > hours.fromMs && hour < hours.toMs);
}

/** Start of the hour that a key names, `…/yyyy/mm/dd/hh/…` in UTC; null when it names none. */
export function hourOf(key: string): number | null {
  const [, year, month, day, hour] = /(?:^|\/)(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\/[^/]+$/.exec(key) ?? [];
  if (year === undefined) return null;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour));
}

async function filesBelow(from: string): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
  const known = await stat(from);
  if (known.isFile()) return [{ path: from, bytes: known.size }];
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(async (file) => ({ path: file, bytes: (await stat(file)).size })));
}

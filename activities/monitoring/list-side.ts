import type { S3Client } from '@aws-sdk/client-s3';
import { parseS3Location } from '../../gateway/s3-location';
import { touches } from '../../monitors/sides/files';
import type { SideInput } from '../../monitors/types';
import { listBelow, listLevel } from './listing';
import type { ListedObject } from './listing';
import { listUri } from './objects';

const DAY_MS = 86_400_000;

/**
 * The objects of a side input, in order of their keys. Where they lie by the time of their collection, `…/yyyy/mm/dd/hh/…`, no more is listed than
 * the days that are asked for, whatever has been collected in years. What stands beside, above or without such folders may be of any time; in
 * a folder of a month or a year, of any time within it.
 */
export async function listSide(
  s3: S3Client,
  { from, hours }: Pick<SideInput, 'from' | 'hours'>
): Promise<readonly ListedObject[]> {
  if (hours === null) return listUri(s3, from);
  const dated = await listDated(s3, from, hours);
  const found = dated ?? (await listUri(s3, from));
  return found.filter(({ objectKey }) => touches(objectKey, hours));
}

/** Null where not all folders are years. */
async function listDated(
  s3: S3Client,
  from: string,
  { fromMs, toMs }: NonNullable<SideInput['hours']>
): Promise<readonly ListedObject[] | null> {
  const { bucket, prefix } = parseS3Location(from);
  const root = prefix === '' ? '' : `${prefix}/`;
  const { objects, folders } = await listLevel(s3, { bucket, prefix: root });
  if (folders.length === 0 || !folders.every((name) => /^\d{4}$/.test(name))) return null;
  const [first, last] = [dayOf(fromMs), Number.isFinite(toMs) ? dayOf(toMs - 1) : '9999/12/31'];
  const found = [...objects];
  for (const year of within(folders, first.slice(0, 4), last.slice(0, 4))) {
    const months = await listLevel(s3, { bucket, prefix: `${root}${year}/` });
    found.push(...months.objects);
    const names = months.folders.map((month) => `${year}/${month}`);
    for (const month of within(names, first.slice(0, 7), last.slice(0, 7)))
      found.push(...(await listLevel(s3, { bucket, prefix: `${root}${month}/` })).objects);
  }
  // `~` is behind all that a day's folder may hold.
  const days = { after: `${root}${first}/`, before: `${root}${last}/~` };
  found.push(...(await listBelow(s3, { bucket, prefix: root, ...days })));
  const unique = new Map(found.map((object) => [object.objectKey, object]));
  return [...unique.values()].sort((a, b) => (a.objectKey < b.objectKey ? -1 : 1));
}

function within(names: readonly string[], first: string, last: string): readonly string[] {
  return names.filter((name) => name >= first && name <= last);
}

/** `yyyy/mm/dd` in UTC. */
function dayOf(atMs: number): string {
  return new Date(Math.floor(atMs / DAY_MS) * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '/');
}

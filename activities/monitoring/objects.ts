import type { S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { hourPrefixes, joinKey, parseS3Location } from '../../gateway/s3-location';
import type { SourceKey } from '../../monitors/data/types';
import { foldersBelow, listBelow } from './listing';
import type { ListedObject, Lister } from './listing';
import type { MonitorOutcome, MonitoredData, MonitorTask } from './types';

/** What stands below a URI: the object of that name, or everything below the folder of that name. Never `data/10` for `data/1`. */
export async function listUri(s3: S3Client, uri: string): Promise<readonly ListedObject[]> {
  const { bucket, prefix } = parseS3Location(uri);
  const found = await listBelow(s3, { bucket, prefix });
  return found.filter(({ objectKey }) => prefix === '' || objectKey === prefix || objectKey.startsWith(`${prefix}/`));
}

/** Every object that a monitor reads, in order of keys. Captures are listed by the hours of the window; late ones lie there too. */
export async function listData(
  s3: S3Client,
  task: Pick<MonitorTask, 'data' | 'window'>,
  list: Lister = (at) => listBelow(s3, at)
): Promise<readonly ListedObject[]> {
  const { data, window } = task;
  const found =
    data.kind === 'captures' ? await listCaptures({ s3, list }, data, window) : await listAll(s3, data.uris);
  const unique = new Map(found.map((object) => [object.key.source, object]));
  return [...unique.values()].sort((a, b) => (a.key.source < b.key.source ? -1 : 1));
}

async function listAll(s3: S3Client, uris: readonly string[]): Promise<readonly ListedObject[]> {
  const found: ListedObject[] = [];
  for (const uri of uris) found.push(...(await listUri(s3, uri)));
  return found;
}

async function listCaptures(
  { s3, list }: { readonly s3: S3Client; readonly list: Lister },
  { to, endpoint, variants }: MonitoredData & { readonly kind: 'captures' },
  window: MonitorTask['window']
): Promise<readonly ListedObject[]> {
  const { bucket, prefix } = parseS3Location(to);
  if (window === null) return list({ bucket, prefix: `${joinKey(prefix, endpoint)}/` });
  const found: ListedObject[] = [];
  for (const variant of variants ?? (await foldersBelow(s3, { bucket, prefix: `${joinKey(prefix, endpoint)}/` }))) {
    const folders = hourPrefixes({ prefix, folder: `${endpoint}/${variant}`, ...window });
    for (const folder of folders) found.push(...(await list({ bucket, prefix: folder })));
  }
  return found;
}

/** What two runs that have read the same have in common. */
export function evidenceOf(keys: readonly SourceKey[]): MonitorOutcome['evidence'] {
  const hash = createHash('sha256');
  for (const { source, etag } of keys) hash.update(`${source}\n${etag ?? ''}\n`);
  return {
    objects: keys.length,
    bytes: keys.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: hash.digest('hex'),
  };
}

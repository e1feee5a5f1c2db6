import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { hourPrefixes, joinKey, parseS3Location } from '../../gateway/s3-location';
import type { SourceKey } from '../../monitors/data/types';
import type { MonitorOutcome, MonitoredData, MonitorTask } from './types';

/** An object as a listing shows it. */
export interface ListedObject {
  readonly bucket: string;
  readonly objectKey: string;
  readonly key: SourceKey;
  /** When S3 took it in; whole seconds. */
  readonly arrivedMs: number | null;
}

/** All objects below a prefix, in order of their keys. Rejects for a bucket that does not exist. */
export async function listBelow(
  s3: S3Client,
  at: { readonly bucket: string; readonly prefix: string }
): Promise<readonly ListedObject[]> {
  const found: ListedObject[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: at.bucket,
        Prefix: at.prefix,
        ...(token !== undefined && { ContinuationToken: token }),
      })
    );
    for (const { Key, ETag, Size, LastModified } of page.Contents ?? []) {
      // A console's folder is an empty object whose key ends with a slash.
      if (Key === undefined || Key.endsWith('/')) continue;
      found.push({
        ...{ bucket: at.bucket, objectKey: Key, arrivedMs: LastModified?.getTime() ?? null },
        key: { source: `s3://${at.bucket}/${Key}`, etag: ETag?.replaceAll('"', '') ?? null, bytes: Size ?? 0 },
      });
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found;
}

/** What stands below a URI: the object of that name, or everything below the folder of that name. Never `data/10` for `data/1`. */
export async function listUri(s3: S3Client, uri: string): Promise<readonly ListedObject[]> {
  const { bucket, prefix } = parseS3Location(uri);
  const found = await listBelow(s3, { bucket, prefix });
  return found.filter(({ objectKey }) => prefix === '' || objectKey === prefix || objectKey.startsWith(`${prefix}/`));
}

/** Every object that a monitor reads, in order of keys. Captures are listed by the hours of the window; late ones lie there too. */
export async function listData(
  s3: S3Client,
  task: Pick<MonitorTask, 'data' | 'window'>
): Promise<readonly ListedObject[]> {
  const { data, window } = task;
  const found = data.kind === 'captures' ? await listCaptures(s3, data, window) : await listAll(s3, data.uris);
  const unique = new Map(found.map((object) => [object.key.source, object]));
  return [...unique.values()].sort((a, b) => (a.key.source < b.key.source ? -1 : 1));
}

async function listAll(s3: S3Client, uris: readonly string[]): Promise<readonly ListedObject[]> {
  const found: ListedObject[] = [];
  for (const uri of uris) found.push(...(await listUri(s3, uri)));
  return found;
}

async function listCaptures(
  s3: S3Client,
  { to, endpoint, variants }: MonitoredData & { readonly kind: 'captures' },
  window: MonitorTask['window']
): Promise<readonly ListedObject[]> {
  const { bucket, prefix } = parseS3Location(to);
  if (window === null) return listBelow(s3, { bucket, prefix: `${joinKey(prefix, endpoint)}/` });
  const found: ListedObject[] = [];
  for (const variant of variants ?? (await foldersBelow(s3, { bucket, prefix: `${joinKey(prefix, endpoint)}/` }))) {
    const folders = hourPrefixes({ prefix, folder: `${endpoint}/${variant}`, ...window });
    for (const folder of folders) found.push(...(await listBelow(s3, { bucket, prefix: folder })));
  }
  return found;
}

/** Names of the folders right below a prefix. Rejects for a bucket that does not exist. */
export async function foldersBelow(
  s3: S3Client,
  at: { readonly bucket: string; readonly prefix: string }
): Promise<readonly string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        ...{ Bucket: at.bucket, Prefix: at.prefix, Delimiter: '/' },
        ...(token !== undefined && { ContinuationToken: token }),
      })
    );
    for (const { Prefix } of page.CommonPrefixes ?? [])
      if (Prefix !== undefined) found.push(Prefix.slice(at.prefix.length).replace(/\/$/, ''));
    token = page.NextContinuationToken;
  } while (token !== undefined);
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

import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { SourceKey } from '../../monitors/data/types';

/** An object as a listing shows it. */
export interface ListedObject {
  readonly bucket: string;
  readonly objectKey: string;
  readonly key: SourceKey;
  /** When S3 took it in; whole seconds. */
  readonly arrivedMs: number | null;
}

/** What to list. Keys that name a time are in its order: with both ends a listing costs what lies between them, however long a monitor has lived. */
export interface Listed {
  readonly bucket: string;
  readonly prefix: string;
  /** Only keys behind this one. */
  readonly after?: string | undefined;
  /** Only keys before this one. */
  readonly before?: string | undefined;
}

/** All objects below a prefix, in order of their keys. Rejects for a bucket that does not exist. */
export async function listBelow(s3: S3Client, at: Listed): Promise<readonly ListedObject[]> {
  const found: ListedObject[] = [];
  for await (const page of pagesOf(s3, at)) found.push(...objectsIn(page, at.bucket));
  return found.filter(isBefore(at.before, ({ objectKey }) => objectKey));
}

/** Lists below prefixes. */
export type Lister = (at: Listed) => Promise<readonly ListedObject[]>;

/** Lists each prefix once: for who asks about many windows of the same hours at one moment. */
export function listOnce(s3: S3Client): Lister {
  const known = new Map<string, Promise<readonly ListedObject[]>>();
  return (at) => {
    const name = JSON.stringify(at);
    const listing = known.get(name) ?? listBelow(s3, at);
    known.set(name, listing);
    return listing;
  };
}

/** What stands right below a prefix that ends with a slash: objects, and names of folders. */
export async function listLevel(
  s3: S3Client,
  at: Listed
): Promise<{ readonly objects: readonly ListedObject[]; readonly folders: readonly string[] }> {
  const objects: ListedObject[] = [];
  const folders: string[] = [];
  for await (const page of pagesOf(s3, at, '/')) {
    objects.push(...objectsIn(page, at.bucket));
    folders.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []));
  }
  return {
    objects: objects.filter(isBefore(at.before, ({ objectKey }) => objectKey)),
    folders: folders
      .filter(isBefore(at.before, (folder) => folder))
      .map((folder) => folder.slice(at.prefix.length).replace(/\/$/, '')),
  };
}

/** Names of the folders right below a prefix. Rejects for a bucket that does not exist. */
export async function foldersBelow(s3: S3Client, at: Listed): Promise<readonly string[]> {
  return (await listLevel(s3, at)).folders;
}

/** For who finds nothing where there is no bucket yet. */
export function noneWithoutBucket(error: unknown): readonly never[] {
  if (error instanceof Error && error.name === 'NoSuchBucket') return [];
  throw error;
}

function isBefore<T>(before: string | undefined, keyOf: (one: T) => string): (one: T) => boolean {
  return (one) => before === undefined || keyOf(one) < before;
}

function objectsIn(page: ListObjectsV2CommandOutput, bucket: string): readonly ListedObject[] {
  return (page.Contents ?? []).flatMap(({ Key, ETag, Size, LastModified }) => {
    // A console's folder is an empty object whose key ends with a slash.
    if (Key === undefined || Key.endsWith('/')) return [];
    const key = { source: `s3://${bucket}/${Key}`, etag: ETag?.replaceAll('"', '') ?? null, bytes: Size ?? 0 };
    return [{ bucket, objectKey: Key, key, arrivedMs: LastModified?.getTime() ?? null }];
  });
}

/** Ends with the page that reaches `before`. */
async function* pagesOf(
  s3: S3Client,
  { bucket, prefix, after, before }: Listed,
  delimiter?: string
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        ...{ Bucket: bucket, Prefix: prefix },
        ...(delimiter !== undefined && { Delimiter: delimiter }),
        ...(after !== undefined && { StartAfter: after }),
        ...(token !== undefined && { ContinuationToken: token }),
      })
    );
    yield page;
    const last = [page.Contents?.at(-1)?.Key ?? '', page.CommonPrefixes?.at(-1)?.Prefix ?? ''].sort().at(-1) ?? '';
    token = before !== undefined && last >= before ? undefined : page.NextContinuationToken;
  } while (token !== undefined);
}

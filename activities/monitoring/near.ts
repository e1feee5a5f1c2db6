import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseS3Location } from '../../gateway/s3-location';
import type { SideObject } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';
import type { ListedObject } from './objects';

const CONCURRENT = 12;

export interface NearHooks {
  readonly s3: S3Client;
  readonly signal?: AbortSignal;
  /** Called after each object, so that whoever waits knows that it goes on. */
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
}

/** Copies objects into a folder, a few at a time, streamed. What an earlier try has brought there whole is not fetched again. */
export async function bringNear(
  objects: readonly ListedObject[],
  dir: string,
  hooks: NearHooks
): Promise<readonly SideObject[]> {
  await mkdir(dir, { recursive: true });
  const totalBytes = objects.reduce((sum, { key }) => sum + key.bytes, 0);
  const near = new Array<SideObject>(objects.length);
  let [next, done] = [0, 0];
  const fetchNext = async (): Promise<void> => {
    for (let at = next++; at < objects.length; at = next++) {
      hooks.signal?.throwIfAborted();
      const object = objects[at];
      if (object === undefined) return;
      near[at] = { path: await fetched(object, dir, hooks), key: object.key, arrivedMs: object.arrivedMs };
      done += object.key.bytes;
      hooks.progress?.(done, totalBytes);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT, objects.length) }, fetchNext));
  return near;
}

/** The file's name says which version of which object it is. */
async function fetched(
  { bucket, objectKey, key }: ListedObject,
  dir: string,
  { s3, signal }: NearHooks
): Promise<string> {
  const name = createHash('sha256')
    .update(`${key.source}\n${key.etag ?? ''}`)
    .digest('hex')
    .slice(0, 32);
  const file = path.join(
    dir,
    `${name}-${path.posix
      .basename(objectKey)
      .replace(/[^\w.-]/g, '_')
      .slice(-60)}`
  );
  const size = await stat(file).then(
    (entry) => entry.size,
    () => -1
  );
  if (size === key.bytes) return file;
  const { Body } = await s3.send(
    // The version that was listed, or none: a report names the ETag of what it judged.
    new GetObjectCommand({ Bucket: bucket, Key: objectKey, ...(key.etag !== null && { IfMatch: `"${key.etag}"` }) }),
    ...(signal ? [{ abortSignal: signal }] : [])
  );
  if (Body === undefined) throw new FailureError('ProviderUnavailable', `${key.source} came without a body.`);
  await pipeline(Body as Readable, createWriteStream(`${file}.part`), ...(signal ? [{ signal }] : []));
  await rename(`${file}.part`, file);
  return file;
}

/** Copies what stands below a URI into a folder, as it is laid out there. */
export async function bringFolder(
  objects: readonly ListedObject[],
  from: string,
  to: { readonly dir: string; readonly hooks: NearHooks }
): Promise<void> {
  const { prefix } = parseS3Location(from);
  const near = await bringNear(objects, path.join(to.dir, '.near'), to.hooks);
  for (const [at, { path: file }] of near.entries()) {
    const below = (objects[at]?.objectKey ?? '').slice(prefix.length).replace(/^\/+/, '');
    const target = path.join(to.dir, below);
    if (path.relative(to.dir, target).startsWith('..')) continue;
    await mkdir(path.dirname(target), { recursive: true });
    await rename(file, target);
  }
}

/** Stores every file of a folder below a URI; names that begin with a dot stay here. */
export async function putFolder(dir: string, to: string, { s3, signal }: NearHooks): Promise<void> {
  const { bucket, prefix } = parseS3Location(to);
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    signal?.throwIfAborted();
    const file = path.join(entry.parentPath, entry.name);
    const below = path.relative(dir, file).split(path.sep);
    if (below.some((part) => part.startsWith('.'))) continue;
    const { size } = await stat(file);
    const type = entry.name.endsWith('.json') ? { ContentType: 'application/json' } : {};
    await s3.send(
      new PutObjectCommand({
        ...{ Bucket: bucket, Key: [prefix, ...below].filter((part) => part !== '').join('/') },
        ...{ Body: createReadStream(file), ContentLength: size, ...type },
      })
    );
  }
}

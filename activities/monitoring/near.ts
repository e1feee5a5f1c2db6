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
import type { ListedObject } from './listing';

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
  let done = 0;
  await fewAtATime(objects, hooks, async (object, at) => {
    near[at] = { path: await fetched(object, dir, hooks), key: object.key, arrivedMs: object.arrivedMs };
    done += object.key.bytes;
    hooks.progress?.(done, totalBytes);
  });
  return near;
}

/** No more than `CONCURRENT` at once; the first that rejects, or the signal, begins no further one. */
export async function fewAtATime<T>(
  all: readonly T[],
  { signal }: Pick<NearHooks, 'signal'>,
  each: (one: T, at: number) => Promise<void>
): Promise<void> {
  const left = all.entries();
  let isOver = false;
  const lane = async (): Promise<void> => {
    for (const [at, one] of left) {
      if (isOver) return;
      signal?.throwIfAborted();
      await each(one, at);
    }
  };
  const lanes = Array.from({ length: Math.min(CONCURRENT, all.length) }, lane);
  try {
    await Promise.all(lanes);
  } finally {
    isOver = true;
    // What has begun ends before anybody clears the folder away.
    await Promise.allSettled(lanes);
  }
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

/** Stores every file of a folder below a URI, a few at a time; names that begin with a dot stay here. */
export async function putFolder(dir: string, to: string, hooks: NearHooks): Promise<void> {
  const { bucket, prefix } = parseS3Location(to);
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  const files = entries.filter((one) => one.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  await fewAtATime(files, hooks, async (file) => {
    const below = path.relative(dir, file).split(path.sep);
    if (below.some((part) => part.startsWith('.'))) return;
    const { size } = await stat(file);
    const type = file.endsWith('.json') ? { ContentType: 'application/json' } : {};
    await hooks.s3.send(
      new PutObjectCommand({
        ...{ Bucket: bucket, Key: [prefix, ...below].filter((part) => part !== '').join('/') },
        ...{ Body: createReadStream(file), ContentLength: size, ...type },
      })
    );
  });
}

import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar';
import type { ObjectStore } from '../ports';
import type { ModelData } from './blueprint';
import { FleetFailure } from './failure';

/** A bound against archives that unpack without end; SageMaker's own bound is the instance's volume. */
const UNPACKED_LIMIT_BYTES = 16 * 1024 ** 3;
const ENTRY_LIMIT = 100_000;

/** Fetches a model into a folder. Throws FleetFailure with SageMaker's text when it is missing or not a tar.gz. */
export async function fetchModel(store: ObjectStore, data: ModelData, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  if (data.kind === 'prefix') return fetchPrefix(store, data, dir);
  const object = await store.get({ bucket: data.bucket, key: data.key });
  if (!object) throw missing(data);
  try {
    await pipeline(object.open(), createGunzip(), limitedBytes(UNPACKED_LIMIT_BYTES), unpackInto(dir));
  } catch (cause) {
    throw new FleetFailure(
      `Failed to extract model data archive from URL "${data.url}". Please ensure that the object located at the URL is a valid tar.gz archive.`,
      { cause }
    );
  }
}

async function fetchPrefix(store: ObjectStore, data: ModelData, dir: string): Promise<void> {
  let count = 0;
  for await (const { key } of store.list({ bucket: data.bucket, prefix: data.key })) {
    const target = path.resolve(dir, key.slice(data.key.length).replace(/^\/+/, ''));
    if (key.endsWith('/') || !target.startsWith(path.resolve(dir) + path.sep)) continue;
    const object = await store.get({ bucket: data.bucket, key });
    if (!object) continue;
    await mkdir(path.dirname(target), { recursive: true });
    await pipeline(object.open(), createWriteStream(target));
    count += 1;
  }
  if (count === 0) throw missing(data);
}

/** Only files and folders below the target are written: no links, no devices, no way out. */
function unpackInto(dir: string) {
  let entries = 0;
  return extract({
    cwd: dir,
    strict: true,
    preserveOwner: false,
    filter: (entryPath, entry) => {
      entries += 1;
      const isPlain =
        'type' in entry && (entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'Directory');
      return (
        entries <= ENTRY_LIMIT && isPlain && !path.isAbsolute(entryPath) && !entryPath.split(/[\\/]/).includes('..')
      );
    },
  });
}

function limitedBytes(limit: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limit) done(new Error(`the archive unpacks to more than ${limit} bytes`));
      else done(null, chunk);
    },
  });
}

function missing(data: ModelData): FleetFailure {
  return new FleetFailure(
    `Failed to download model data for container "container_1" from URL: "${data.url}". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the model.`
  );
}

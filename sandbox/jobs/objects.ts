import type { Readable } from 'node:stream';
import type { ObjectStore } from '../ports';
import { parseS3Url } from '../sagemaker/s3-url';
import { JobFailure } from './failure';
import { isRecord } from '../is-record';

/** One object that a job reads. */
export interface InputObject {
  readonly bucket: string;
  readonly key: string;
  /** Path below what the job names: below the last slash of a prefix, or as a manifest has it. */
  readonly path: string;
}

/** A manifest names every object that it holds; AWS's own bound is not published. */
const MANIFEST_LIMIT_BYTES = 64 * 1024 * 1024;

/** Lists what an S3 prefix stands for, in the order of keys. Keys that end with a slash stand for folders, and are left out. */
export async function objectsBelow(store: ObjectStore, url: string): Promise<readonly InputObject[]> {
  const at = parseS3Url(url);
  if (!at) return [];
  const found: InputObject[] = [];
  const cut = at.key.lastIndexOf('/') + 1;
  for await (const { key } of store.list({ bucket: at.bucket, prefix: at.key }))
    if (!key.endsWith('/')) found.push({ bucket: at.bucket, key, path: key.slice(cut) });
  return found;
}

/** Reads a manifest: `[{"prefix": "s3://…"}, "path", …]`. Throws JobFailure for one that is missing or cannot be read. */
export async function objectsOfManifest(store: ObjectStore, url: string): Promise<readonly InputObject[]> {
  const at = parseS3Url(url);
  const manifest = at && (await store.get(at));
  if (!manifest) throw new JobFailure(`ClientError: Data download failed:The manifest ${url} does not exist.`);
  if (manifest.sizeBytes > MANIFEST_LIMIT_BYTES)
    throw new JobFailure(`ClientError: The manifest ${url} is larger than ${MANIFEST_LIMIT_BYTES} bytes.`);
  const [head, ...paths] = parsed(await textOf(manifest.open()), url);
  const prefix = isRecord(head) && typeof head['prefix'] === 'string' ? head['prefix'] : undefined;
  const base = prefix === undefined ? undefined : parseS3Url(prefix);
  if (!base) throw malformed(url, 'its first element must be {"prefix": "s3://…"}');
  return paths.map((path) => {
    if (typeof path !== 'string') throw malformed(url, 'every element after the first must be a text');
    return { bucket: base.bucket, key: `${base.key}${path}`, path: path.replace(/^\/+/, '') };
  });
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string, url: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Told of below.
  }
  throw malformed(url, 'it must be a JSON array');
}

function malformed(url: string, why: string): JobFailure {
  return new JobFailure(`ClientError: Data download failed:The manifest ${url} could not be read: ${why}.`);
}

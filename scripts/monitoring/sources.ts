import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { bringFolder, bringNear } from '../../activities/monitoring/near';
import { listUri } from '../../activities/monitoring/objects';
import type { ListedObject } from '../../activities/monitoring/listing';
import type { DataFormat, ReadOptions } from '../../monitors/data/types';
import { createAwsClients } from '../../sagemaker/clients';
import type { AwsClients } from '../../sagemaker/clients';
import { awsFailure } from '../../sagemaker/faults';
import { Mistake } from '../mistakes';
import { similarFile } from '../rollout-file';
import type { VerbContext } from '../verb';
import type { Progress } from './progress';

/** Files for the data that the command line names; objects of S3 are brought into `dir` by the AWS SDK's own client. */
export async function sourcesOf(
  context: VerbContext,
  data: readonly string[],
  near: { readonly dir: string; readonly progress: Progress }
): Promise<ReadOptions['sources']> {
  const found = [];
  for (const name of data)
    found.push(...(name.startsWith('s3://') ? await remote(context, name, near) : [await local(context, name)]));
  return found;
}

async function local(context: VerbContext, name: string): Promise<ReadOptions['sources'][number]> {
  const file = path.resolve(context.cwd, name);
  const entry = await stat(file).catch(() => undefined);
  if (!entry)
    throw new Mistake(`Cannot read ${name}: there is no such file or folder.${await similarFile(file, name)}`);
  return { path: file, key: { source: name, etag: null, bytes: entry.isDirectory() ? 0 : entry.size } };
}

function remote(
  context: VerbContext,
  uri: string,
  { dir, progress }: { readonly dir: string; readonly progress: Progress }
): Promise<ReadOptions['sources']> {
  const told = (done: number, total: number) => progress.tell('fetching', { done, total, unit: 'bytes' });
  return withObjects(uri, (objects, s3) => bringNear(objects, dir, { s3, signal: context.stop, progress: told }));
}

/** Copies what stands below an S3 prefix into a folder, as it is laid out there. */
export function bringPrefix(context: VerbContext, uri: string, dir: string): Promise<void> {
  return withObjects(uri, (objects, s3) => bringFolder(objects, uri, { dir, hooks: { s3, signal: context.stop } }));
}

async function withObjects<T>(
  uri: string,
  use: (objects: readonly ListedObject[], s3: AwsClients['s3']) => Promise<T>
): Promise<T> {
  const aws = createAwsClients();
  try {
    const objects = await listUri(aws.s3, uri);
    if (objects.length === 0) throw new Mistake(`There is no object at or below ${uri}.`);
    return await use(objects, aws.s3);
  } catch (error) {
    if (error instanceof Mistake) throw error;
    const { what, next } = awsFailure(error, `read ${uri}`);
    throw new Mistake(`${what}\n${next}`, 3, { cause: error });
  } finally {
    aws.close();
  }
}

const BY_NAME: readonly (readonly [RegExp, DataFormat])[] = [
  [/\.csv(?:\.out)?$/i, 'csv'],
  [/\.parquet$/i, 'parquet'],
];

/** How data is written, by the name and the first line of its first file that is not empty. Throws a `Mistake` where that does not tell. */
export async function formatOf(sources: ReadOptions['sources']): Promise<DataFormat> {
  for (const { path: at, key } of sources) {
    const file = await firstFile(at);
    if (file === undefined) continue;
    const format = BY_NAME.find(([pattern]) => pattern.test(file) || pattern.test(key.source))?.[1];
    if (format) return format;
    const start = await startOf(file);
    if (start.includes('"captureData"')) return 'capture';
    if (/^\s*[{[]/.test(start)) return 'jsonl';
    if (start.startsWith('PAR1')) return 'parquet';
    if (start.includes(',')) return 'csv';
  }
  const names = sources.map(({ key }) => key.source).join(', ');
  throw new Mistake(`Cannot tell how ${names} is written. Say it with --input capture, csv, jsonl or parquet.`);
}

async function firstFile(at: string): Promise<string | undefined> {
  if (!(await stat(at)).isDirectory()) return at;
  const entries = await readdir(at, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && !/^[._]/.test(entry.name));
  for (const file of files.map((entry) => path.join(entry.parentPath, entry.name)).sort())
    if ((await stat(file)).size > 0) return file;
  return undefined;
}

async function startOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4_096), 0, 4_096, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

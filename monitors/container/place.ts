import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareText } from '../data/issues';
import type { LocalObject } from '../data/sources';
import { isRecord } from '../../spec/is-record';

/** The folders of a SageMaker Processing container, and what it is told. */
export interface Place {
  /** `/opt/ml`, or what stands for it where the container is a process. */
  readonly base: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of this instance, `algo-1` and so on. */
  readonly host: string;
}

/** A folder or file that is named by its place below `/opt/ml`. */
export function at({ base }: Place, place: string): string {
  return place.replace(/^\/opt\/ml(?=\/|$)/, base);
}

/** What `/opt/ml/config/processingjobconfig.json` says of the inputs: where in S3 each of them lies. Empty where there is no such file. */
export async function inputsOf(place: Place): Promise<readonly { readonly dir: string; readonly uri: string }[]> {
  const config = await jsonFile(at(place, '/opt/ml/config/processingjobconfig.json'));
  const inputs = isRecord(config) && Array.isArray(config['ProcessingInputs']) ? config['ProcessingInputs'] : [];
  return inputs.flatMap((input: unknown) => {
    const s3 = isRecord(input) ? input['S3Input'] : undefined;
    if (!isRecord(s3) || typeof s3['LocalPath'] !== 'string' || typeof s3['S3Uri'] !== 'string') return [];
    return [{ dir: path.resolve(at(place, s3['LocalPath'])), uri: s3['S3Uri'] }];
  });
}

/** Every file below a folder, in the order of keys, each under the name that it has in S3. */
export async function objectsIn(place: Place, dir: string): Promise<readonly LocalObject[]> {
  const inputs = await inputsOf(place);
  const files = await filesBelow(dir);
  const found = await Promise.all(
    files.map(async (file): Promise<LocalObject> => {
      const { size } = await stat(file);
      return { path: file, key: { source: sourceOf(file, inputs), etag: null, bytes: size } };
    })
  );
  return found.sort((a, b) => compareText(a.key.source, b.key.source));
}

function sourceOf(file: string, inputs: Awaited<ReturnType<typeof inputsOf>>): string {
  const input = inputs.find(({ dir }) => file.startsWith(dir + path.sep));
  if (!input) return file;
  const below = path.relative(input.dir, file).split(path.sep).join('/');
  // An input that names one object is a file of its name.
  return input.uri.endsWith(`/${below}`) ? input.uri : `${input.uri.replace(/\/+$/, '')}/${below}`;
}

/** Every file below a folder that has a folder for each bucket, and in it keys as paths; in the order of keys. */
export async function bucketsIn(dir: string): Promise<readonly LocalObject[]> {
  const found = await Promise.all(
    (await filesBelow(dir)).map(async (file): Promise<LocalObject> => {
      const source = `s3://${path.relative(dir, file).split(path.sep).join('/')}`;
      return { path: file, key: { source, etag: null, bytes: (await stat(file)).size } };
    })
  );
  return found.sort((a, b) => compareText(a.key.source, b.key.source));
}

async function filesBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !/^[._]/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** What the job's `ExitMessage` will be. */
export async function say(place: Place, message: string): Promise<void> {
  const dir = at(place, '/opt/ml/output');
  await mkdir(dir, { recursive: true });
  // SageMaker cuts it at 1,024 characters, wherever that is.
  await writeFile(path.join(dir, 'message'), message.slice(0, 1_000));
}

/** Undefined where there is no such file. Rejects for one that is no JSON. */
export async function jsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new RangeError(`${file} is no JSON`, { cause });
  }
}

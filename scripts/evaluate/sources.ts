import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createObjectReader, readAll } from '../../activities/evidence/objects';
import { hourPrefixes, parseS3Location } from '../../gateway/s3-location';
import { createAwsClients } from '../../sagemaker/clients';
import { awsFailure, FailureError } from '../../sagemaker/faults';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { similarFile } from '../rollout-file';
import type { VerbContext } from '../verb';

/** Where lines lie: a file or folder of this machine, or below an address of S3 in folders by the hour. */
export type Source =
  | { readonly path: string }
  | { readonly uri: string; readonly folder: string; readonly fromMs: number; readonly toMs: number };

/** All lines of a source, parsed. Throws a `Mistake` that names the object or file that cannot be read. */
export async function readLines<T>(
  context: VerbContext,
  source: Source,
  parse: (text: string) => readonly T[]
): Promise<readonly T[]> {
  return 'path' in source ? local(context, source.path, parse) : remote(source, parse);
}

async function local<T>(
  context: VerbContext,
  name: string,
  parse: (text: string) => readonly T[]
): Promise<readonly T[]> {
  const at = path.resolve(context.cwd, name);
  const entry = await stat(at).catch(() => undefined);
  if (entry === undefined)
    throw new Mistake(`Cannot read ${name}: there is no such file or folder.${await similarFile(at, name)}`);
  const entries = entry.isDirectory() ? await readdir(at, { withFileTypes: true, recursive: true }) : [];
  const files = entry.isDirectory()
    ? entries.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name))
    : [at];
  const lines: T[] = [];
  for (const file of files.sort()) {
    try {
      lines.push(...parse(await readFile(file, 'utf8')));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Mistake(`${file} cannot be read: ${why}`, EXIT.badInput, { cause: error });
    }
  }
  return lines;
}

async function remote<T>(
  { uri, ...at }: Extract<Source, { readonly uri: string }>,
  parse: (text: string) => readonly T[]
): Promise<readonly T[]> {
  const aws = createAwsClients();
  try {
    const objects = createObjectReader(aws.s3);
    const { bucket, prefix } = parseS3Location(uri);
    const lines: T[] = [];
    // By the hour, so that a week's lists are not all under way at once.
    for (const folder of hourPrefixes({ prefix, ...at }))
      for (const { value } of await readAll(objects, await objects.list({ bucket, prefix: folder }), parse))
        lines.push(...value);
    return lines;
  } catch (error) {
    if (error instanceof FailureError) throw new Mistake(error.failure.what, EXIT.badInput, { cause: error });
    const { what, next } = awsFailure(error, `read ${uri}`);
    throw new Mistake(`${what}\n${next}`, EXIT.unreachable, { cause: error });
  } finally {
    aws.close();
  }
}

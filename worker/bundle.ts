import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode, type Logger, type WorkflowBundle } from '@temporalio/worker';
import { environment, type Environment } from './config';
import { cacheDirectory } from './server/platform';

const ROOT = path.resolve(__dirname, '..');

/** Sources under jest, compiled files in dist/: the bundle is made of the same kind of file that this one is. */
const EXTENSION = path.extname(__filename);

/** The rooms that a workflow may be made of (the borders are linted); anything else in a bundle would be a mistake. */
const ROOMS = ['workflows', 'rollout', 'guards', 'spec', 'report'];

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** The nearest manifest: beside the rooms in a checkout, one up from dist/. It pins the SDK's version, which bundle and worker must share. */
async function manifest(): Promise<string> {
  for (const directory of [ROOT, path.dirname(ROOT)]) {
    const text = await readFile(path.join(directory, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`there is no package.json at or above ${ROOT}`);
}

/** A digest of everything that goes into the bundle: two workers with the same key run the same workflow code. */
export async function bundleKey(): Promise<string> {
  const hash = createHash('sha256')
    .update(EXTENSION)
    .update(await manifest());
  const files = (await Promise.all(ROOMS.map((room) => filesBelow(path.join(ROOT, room))))).flat().sort();
  for (const file of files) {
    hash.update(`\0${path.relative(ROOT, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Bundles any workflows module, uncached; fixtures in tests use it. */
export async function bundleFrom(workflowsPath: string, logger?: Logger): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ workflowsPath, ...(logger === undefined ? {} : { logger }) });
}

export interface BundleOptions {
  readonly env?: Environment;
  readonly logger?: Logger;
}

/**
 * Sluice's workflows as one file for the workflow sandbox. Taken from beside the compiled code or from the user's cache when a file with
 * today's key is there; else bundled (two or three seconds) and kept. The name is the key, so a stale file is never used.
 */
export async function workflowBundle(options: BundleOptions = {}): Promise<WorkflowBundle> {
  const { env = environment(), logger } = options;
  const name = `workflow-bundle-${await bundleKey()}.js`;
  const cached = path.join(cacheDirectory(env), 'bundles', name);
  for (const file of [path.join(ROOT, name), cached]) {
    const code = await readFile(file, 'utf8').catch(() => undefined);
    if (code !== undefined) return { code };
  }
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(ROOT, 'workflows', `index${EXTENSION}`),
    ...(logger === undefined ? {} : { logger }),
  });
  await keep(cached, code);
  return { code };
}

/** Enough for a few checkouts and versions side by side; a developer makes a new bundle with each edit. */
const KEPT_BUNDLES = 8;

async function prune(directory: string): Promise<void> {
  const files = (await readdir(directory)).map((name) => path.join(directory, name));
  const dated = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
  const old = dated.sort((a, b) => b.at - a.at).slice(KEPT_BUNDLES);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
}

/** A cache that cannot be written (a read-only container) costs the next start two seconds, nothing else. */
async function keep(file: string, code: string): Promise<void> {
  const partial = `${file}.${randomUUID()}`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(partial, code);
    await rename(partial, file);
    await prune(path.dirname(file));
  } catch {
    await rm(partial, { force: true });
  }
}

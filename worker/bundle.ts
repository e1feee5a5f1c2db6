import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type Logger, type WorkflowBundle } from '@temporalio/worker';
import { environment, type Environment } from './config';
import { cacheDirectory } from './server/platform';

const ROOT = path.resolve(__dirname, '..');

/** Sources under jest, compiled files in dist/: the bundle is made of the same kind of file that this one is. */
const EXTENSION = path.extname(__filename);

/** The rooms that a workflow may be made of (the borders are linted); anything else in a bundle would be a mistake. */
const ROOMS = ['workflows', 'rollout', 'batch', 'guards', 'spec', 'report'];

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** The nearest manifest: beside the rooms in a checkout, one up from dist/. It pins the SDK's version, which bundle and worker must share. */
async function manifest(root: string): Promise<string> {
  for (const directory of [root, path.dirname(root)]) {
    const text = await readFile(path.join(directory, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`there is no package.json at or above ${root}`);
}

/** A digest of everything that goes into the bundle: two workers with the same key run the same workflow code. */
export async function bundleKey(root = ROOT): Promise<string> {
  const hash = createHash('sha256')
    .update(EXTENSION)
    .update(await manifest(root));
  const files = (await Promise.all(ROOMS.map((room) => filesBelow(path.join(root, room))))).flat().sort();
  for (const file of files) {
    hash.update(`\0${path.relative(root, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** The bundler reports a page of module sizes at INFO; only its warnings are for people. */
const quiet = new DefaultLogger('WARN');

/** Bundles any workflows module, uncached; fixtures in tests use it. */
export async function bundleFrom(
  workflowsPath: string,
  { logger = quiet, failureConverterPath }: { readonly logger?: Logger; readonly failureConverterPath?: string } = {}
): Promise<WorkflowBundle> {
  return bundleWorkflowCode({
    workflowsPath,
    logger,
    ...(failureConverterPath !== undefined && { failureConverterPath }),
  });
}

export interface BundleOptions {
  readonly env?: Environment;
  /** Where the rooms are; this program's own unless given. */
  readonly root?: string;
  /** Only warnings are logged, to stderr, unless given. */
  readonly logger?: Logger;
  /** That of the worker's data converter, which a bundle must have, too. */
  readonly failureConverterPath?: string;
}

/**
 * Sluice's workflows as one file for the workflow sandbox. Taken from beside the compiled code or from the user's cache when a file with
 * today's key is there; else bundled (two or three seconds) and kept. The name is the key, so a stale file is never used.
 */
export async function workflowBundle(options: BundleOptions = {}): Promise<WorkflowBundle> {
  const { env = environment(), root = ROOT, logger, failureConverterPath } = options;
  const kind = failureConverterPath === undefined ? '' : 'encoding-';
  const name = `workflow-bundle-${kind}${await bundleKey(root)}.js`;
  const cached = path.join(cacheDirectory(env), 'bundles', name);
  for (const file of [path.join(root, name), cached]) {
    const code = await readFile(file, 'utf8').catch(() => undefined);
    if (code !== undefined) return { code };
  }
  const { code } = await bundleFrom(path.join(root, 'workflows', `index${EXTENSION}`), {
    ...(logger !== undefined && { logger }),
    ...(failureConverterPath !== undefined && { failureConverterPath }),
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
    await rm(partial, { force: true }).catch(() => undefined);
  }
}

// Compiles every room to dist/ (CommonJS). Types are checked by `npm run typecheck`, never here, so that this stays fast.
import { transformFile } from '@swc/core';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const rooms = [
  'spec',
  'guards',
  'rollout',
  'batch',
  'monitors',
  'workflows',
  'activities',
  'sagemaker',
  'gateway',
  'sandbox',
  'report',
  'worker',
  'scripts',
  'examples',
  'bench',
];

async function filesBelow(dir) {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name));
}

async function compile(file) {
  const target = path.join(root, 'dist', path.relative(root, file));
  await mkdir(path.dirname(target), { recursive: true });
  if (!file.endsWith('.ts')) return cp(file, target);
  const { code } = await transformFile(file, { configFile: path.join(root, '.swcrc') });
  await writeFile(target.replace(/\.ts$/, '.js'), code);
}

const sources = (await Promise.all(rooms.map((room) => filesBelow(path.join(root, room))))).flat();
const wanted = new Set(sources.map((f) => path.join(root, 'dist', path.relative(root, f)).replace(/\.ts$/, '.js')));
await Promise.all(sources.map(compile));
// A file that was removed from the sources must not live on in dist/.
const stale = (await filesBelow(path.join(root, 'dist'))).filter((f) => !wanted.has(f));
await Promise.all(stale.map((f) => rm(f)));

import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { bundleKey, workflowBundle } from '../../worker/bundle';
import { temporaryFolder } from './support/fake-binaries';

/** A project in small: a manifest, a workflow, and the packages of this one. */
async function project(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(path.join(root, 'workflows'));
  await symlink(path.resolve(__dirname, '../../node_modules'), path.join(root, 'node_modules'));
  await writeFile(path.join(root, 'package.json'), '{"name": "small"}');
  await writeFile(path.join(root, 'workflows', 'index.ts'), 'export async function one() { return 1; }');
  return root;
}

test('the key changes with any file of a room that workflows are made of, and with the manifest', async () => {
  const root = await project();
  const keys = [await bundleKey(root)];
  await mkdir(path.join(root, 'rollout'));
  await writeFile(path.join(root, 'rollout', 'rules.ts'), 'export const a = 1;');
  keys.push(await bundleKey(root));
  await writeFile(path.join(root, 'package.json'), '{"name": "small", "version": "2"}');
  keys.push(await bundleKey(root));
  await mkdir(path.join(root, 'scripts'));
  await writeFile(path.join(root, 'scripts', 'unrelated.ts'), 'export const b = 1;');
  const unrelated = await bundleKey(root);
  expect(new Set(keys).size).toBe(3);
  expect(unrelated).toBe(keys[2]);
});

test('a bundle is built once and then taken from the cache, until a source changes', async () => {
  const root = await project();
  const env = { XDG_CACHE_HOME: await temporaryFolder() };
  const built = await workflowBundle({ root, env });
  const folder = path.join(env.XDG_CACHE_HOME, 'sluice', 'bundles');
  const name = `workflow-bundle-${await bundleKey(root)}.js`;
  expect(await readdir(folder)).toEqual([name]);
  expect(built.code).toBe(await readFile(path.join(folder, name), 'utf8'));

  await writeFile(path.join(folder, name), '// from the cache');
  expect((await workflowBundle({ root, env })).code).toBe('// from the cache');

  await writeFile(path.join(root, 'workflows', 'index.ts'), 'export async function two() { return 2; }');
  expect((await workflowBundle({ root, env })).code).toContain('two');
});

test('a bundle that was built beside the code is preferred', async () => {
  const root = await project();
  await writeFile(path.join(root, `workflow-bundle-${await bundleKey(root)}.js`), '// prebuilt');
  const env = { XDG_CACHE_HOME: await temporaryFolder() };
  expect((await workflowBundle({ root, env })).code).toBe('// prebuilt');
});

test('a cache that cannot be written is no failure', async () => {
  const root = await project();
  const file = path.join(await temporaryFolder(), 'a-file');
  await writeFile(file, '');
  expect((await workflowBundle({ root, env: { XDG_CACHE_HOME: file } })).code).toContain('one');
});

import { expect, test } from '@jest/globals';
import path from 'node:path';
import { quietRuntime } from '../support/quiet';
import { workflowBundle } from '../support/run-rollout';

quietRuntime();

const ROOT = path.resolve(__dirname, '../..');

/** The sources that the bundle was made of, relative to the project. */
async function modules(): Promise<readonly string[]> {
  const { code } = await workflowBundle();
  const base64 = /sourceMappingURL=data:application\/json[^,]*;base64,([A-Za-z0-9+/=]+)/.exec(code)?.[1];
  if (base64 === undefined) throw new Error('the bundle has no source map');
  const map = JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as { readonly sources: readonly string[] };
  return map.sources.filter((source) => path.isAbsolute(source)).map((source) => path.relative(ROOT, source));
}

test('the workflow bundle holds the rules, the views and the words, and nothing that touches the outside', async () => {
  const rooms = (await modules()).filter((name) => !name.startsWith('node_modules')).map((name) => path.dirname(name));
  expect([...new Set(rooms)].sort()).toEqual(['batch', 'guards', 'report', 'rollout', 'spec', 'workflows']);
});

test('of guards/ only the interval that the views show is in the bundle: verdicts are an activity', async () => {
  const guards = (await modules()).filter((name) => name.startsWith('guards/'));
  expect(guards.sort()).toEqual(['guards/log-weights.ts', 'guards/proportion.ts']);
});

test('of spec/ only what needs no zod is in the bundle', async () => {
  const spec = (await modules()).filter((name) => name.startsWith('spec/'));
  expect(spec.sort()).toEqual(['spec/duration.ts', 'spec/failures.ts']);
});

test('no package but Temporal’s own and their helpers is in the workflow bundle', async () => {
  const packages = (await modules()).flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
  expect([...new Set(packages)].sort()).toEqual([
    '@temporalio/common',
    '@temporalio/workflow',
    'long',
    'ms',
    'nexus-rpc',
  ]);
});

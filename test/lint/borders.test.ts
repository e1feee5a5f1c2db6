import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

interface Message {
  readonly rule: string | null;
  readonly message: string;
}

interface Case {
  readonly at: string;
  readonly text: string;
  /** The one rule that must fire; null where nothing may. */
  readonly rule: string | null;
  /** What its message must name. */
  readonly names: readonly string[];
}

const forbidden = (at: string, text: string, ...names: readonly string[]): Case => ({
  at,
  text,
  rule: 'sluice/room-borders',
  names,
});
const refused = (at: string, text: string, rule: string): Case => ({ at, text, rule, names: [] });
const allowed = (at: string, text: string): Case => ({ at, text, rule: null, names: [] });

const BORDERS: readonly Case[] = [
  forbidden('spec/x.ts', `import '../guards';`, 'spec', 'guards'),
  forbidden('spec/x.ts', `import 'node:fs';`, 'spec', 'node:fs'),
  allowed('spec/x.ts', `import { z } from 'zod'; import './schema'; z.never();`),
  forbidden('guards/x.ts', `import '../rollout';`, 'guards', 'rollout'),
  forbidden('guards/x.ts', `import 'zod';`, 'guards', 'zod'),
  forbidden('guards/x.ts', `import '../spec/types';`, 'guards', 'import type'),
  allowed('guards/x.ts', `import type { Budget } from '../spec/types'; export type B = Budget;`),
  forbidden('rollout/x.ts', `export { decide } from '../guards';`, 'rollout', 'guards', 'import type'),
  forbidden('rollout/x.ts', `import '../spec/schema';`, 'rollout', 'spec/schema'),
  allowed('rollout/x.ts', `export type { GuardPlan } from '../guards/types'; import '../spec/compat';`),
  forbidden('batch/x.ts', `import '../rollout';`, 'batch', 'rollout'),
  forbidden('batch/x.ts', `import '../spec/schema';`, 'batch', 'spec/schema'),
  allowed('batch/x.ts', `import '../spec/duration'; export type { BatchSpec } from '../spec/types';`),
  forbidden('report/x.ts', `import '../activities';`, 'report', 'activities'),
  forbidden('report/x.ts', `import '../guards';`, 'report', 'guards'),
  allowed('report/x.ts', `import '../rollout'; import '../spec/duration'; import 'picocolors';`),
  forbidden('monitors/x.ts', `import '../rollout';`, 'monitors', 'rollout'),
  allowed('monitors/x.ts', `import '../guards'; import 'node:fs';`),
  forbidden('workflows/x.ts', `import { judge } from '../activities/judge'; judge();`, 'workflows', 'activities'),
  forbidden('workflows/x.ts', `import type { A } from '../sagemaker/names'; export type B = A;`, 'sagemaker/names'),
  forbidden('workflows/x.ts', `import '../spec/read';`, 'workflows', 'spec/read'),
  forbidden('workflows/x.ts', `import '../report/terminal';`, 'workflows', 'report/terminal'),
  forbidden('workflows/x.ts', `import 'node:crypto';`, 'workflows', 'node:crypto'),
  forbidden('workflows/x.ts', `import 'crypto';`, 'workflows', 'node:crypto'),
  forbidden('workflows/x.ts', `export const load = () => import('zod');`, 'workflows', 'zod'),
  forbidden('workflows/x.ts', `export * from '../worker';`, 'workflows', 'worker'),
  allowed('workflows/x.ts', `import type { Call } from '../activities/types'; export type C = Call;`),
  allowed('workflows/x.ts', `import { type A } from '../activities/types'; export type C = A;`),
  allowed(
    'workflows/x.ts',
    `import '../rollout'; import '../guards'; import '../report/model'; import '../spec/failures';`
  ),
  forbidden('sagemaker/x.ts', `import '../activities';`, 'sagemaker', 'activities'),
  allowed('sagemaker/x.ts', `import '../spec/failures'; import '@aws-sdk/client-s3';`),
  forbidden('gateway/x.ts', `import '../guards';`, 'gateway', 'guards'),
  allowed('gateway/x.ts', `import '../sagemaker/names'; import 'node:crypto';`),
  forbidden('activities/x.ts', `import '../workflows';`, 'activities', 'workflows'),
  forbidden('activities/evidence/x.ts', `import '../../gateway/gateway';`, 'activities', 'gateway/gateway'),
  allowed('activities/evidence/x.ts', `import '../../gateway/s3-location'; import '../../guards'; import '../deps';`),
  forbidden('sandbox/x.ts', `import '../spec/types';`, 'sandbox', 'spec/types'),
  forbidden(
    'sandbox/s3/wire/x.ts',
    `import type { A } from '../../../sagemaker/names'; export type B = A;`,
    'sagemaker'
  ),
  allowed('sandbox/s3/wire/x.ts', `import '../errors'; import '../../http/service'; import '../../../monitors';`),
  forbidden('worker/x.ts', `import '../sandbox/start';`, 'worker', 'sandbox/start'),
  forbidden('worker/x.ts', `import '../scripts/main';`, 'worker', 'scripts/main'),
  allowed('worker/x.ts', `import '../activities'; import '@temporalio/worker';`),
  forbidden('scripts/x.ts', `import '../test/support/golden';`, 'scripts', 'test/support/golden'),
  forbidden(
    'scripts/x.ts',
    `// eslint-disable-next-line @typescript-eslint/no-require-imports\nexport const load = () => require('../bench/run');`,
    'scripts',
    'bench/run'
  ),
  forbidden('scripts/x.ts', `import '../../elsewhere';`, 'scripts', '../elsewhere'),
  allowed('scripts/x.ts', `import '../sandbox/start'; import '../worker/main'; import 'commander';`),
  forbidden('examples/x/y.ts', `import '../../rollout';`, 'examples', 'rollout'),
  allowed('examples/x/y.ts', `import '../../gateway'; import 'sentiment';`),
  allowed('test/x.test.ts', `import '../workflows'; import '../sandbox/start'; import '@jest/globals';`),
];

const HABITS: readonly Case[] = [
  refused('workflows/x.ts', `export const o = { validator: async () => undefined };`, 'sluice/sync-validator'),
  allowed('workflows/x.ts', `export const o = { validator: () => undefined };`),
  refused('workflows/x.ts', `export const pid = process.pid;`, 'no-restricted-globals'),
  allowed('workflows/x.ts', `export const now = (): number => Date.now();`),
  refused('guards/x.ts', `export const now = (): number => Date.now();`, 'no-restricted-properties'),
  refused('rollout/x.ts', `export const now = (): Date => new Date();`, 'no-restricted-syntax'),
  refused('report/x.ts', `export const chance = (): number => Math.random();`, 'no-restricted-properties'),
  refused('activities/x.ts', `export const { env } = process;`, 'no-restricted-properties'),
  allowed('worker/config.ts', `export const { env } = process;`),
  refused('gateway/x.ts', `export default function x(): void {}`, 'no-restricted-syntax'),
  refused('gateway/x.ts', `console.log('here');`, 'no-console'),
  refused('gateway/x.ts', '// a line\n'.repeat(301), 'max-lines'),
];

const CASES = [...BORDERS, ...HABITS];
const answers = new Map<Case, readonly Message[]>();

beforeAll(async () => {
  const script = path.join(__dirname, 'support', 'lint-texts.mjs');
  const child = promisify(execFile)(process.execPath, [script], { cwd: path.resolve(__dirname, '../..') });
  child.child.stdin?.end(JSON.stringify(CASES.map(({ at, text }) => ({ filePath: at, text }))));
  const printed = JSON.parse((await child).stdout) as readonly (readonly Message[])[];
  CASES.forEach((given, at) => answers.set(given, printed[at] ?? []));
});

function expectAnswer(given: Case): void {
  const messages = answers.get(given);
  expect(messages).toHaveLength(given.rule === null ? 0 : 1);
  if (given.rule === null) return;
  expect(messages?.[0]?.rule).toBe(given.rule);
  for (const name of given.names) expect(messages?.[0]?.message).toContain(name);
}

const titled = (cases: readonly Case[]): [string, Case][] =>
  cases.map((given) => [
    `${given.at} ${given.rule === null ? 'may' : 'may not'}: ${given.text.replace('\n', ' ').slice(0, 90)}`,
    given,
  ]);

describe('a room imports only what the table of rooms gives it', () => {
  test.each(titled(BORDERS))('%s', (_title, given) => expectAnswer(given));

  test('the message names both sides and says what is allowed', () => {
    const given = BORDERS.find(({ at, rule }) => at.startsWith('activities/') && rule !== null);
    expect(given && answers.get(given)?.[0]?.message).toMatch(
      /^activities may not import workflows: it may import sagemaker, monitors, .*gateway\/counts-format/
    );
  });
});

describe('what a reader of this code may rely on', () => {
  test.each(titled(HABITS))('%s', (_title, given) => expectAnswer(given));
});

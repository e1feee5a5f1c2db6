import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readRolloutFile } from '../../spec/read';
import type { RolloutSpec } from '../../spec/types';

const ROOT = path.join(__dirname, '../..');
export const STRATEGIES = path.join(ROOT, 'examples/strategies');
export const PAGES = path.join(ROOT, 'docs/strategies');

/** The files of `examples/strategies` that describe one rollout, by their paths in it; `release.yaml` lists others. */
export function rolloutFiles(): readonly string[] {
  return readdirSync(STRATEGIES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml') && name !== 'release.yaml')
    .sort();
}

/** The rollout that one of these files describes; throws its mistakes. */
export function strategySpec(name: string): RolloutSpec {
  const text = readFileSync(path.join(STRATEGIES, name), 'utf8');
  const read = readRolloutFile({ text, fileName: name, environment: {} });
  if (read.ok) return read.spec;
  throw new Error(read.problems.map(({ line, message }) => `${name}:${line} ${message}`).join('\n'));
}

/** The pages of `docs/strategies` and the files that they show and have pictures of. */
export const SHOWN = {
  'canary.md': ['canary.yaml'],
  'linear.md': ['linear.yaml', 'linear-harm-budget.yaml'],
  'blue-green.md': ['blue-green.yaml', 'blue-green-guardrails.yaml'],
  'shadow.md': ['shadow.yaml'],
  'ab-test.md': ['ab-test.yaml'],
  'bandit.md': ['bandit.yaml'],
  'calibrate.md': ['calibrate.yaml'],
  'approval.md': ['approval.yaml'],
  'watch-and-rollback.md': ['blue-green.yaml'],
  'chained.md': ['chained.yaml'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

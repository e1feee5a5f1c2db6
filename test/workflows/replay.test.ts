import { expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { goldenFiles } from '../support/histories';
import { quietRuntime } from '../support/quiet';
import { workflowBundle } from '../support/run-rollout';
import { strategies } from '../support/strategies';

quietRuntime();

const files = goldenFiles();

/** A gate must not pass vacuously: every path of a rollout has its golden. */
test('there is a golden history of every path', () => {
  const paths = files.map((file) => path.basename(file, '.json').replace(/^\d+\.\d+\.\d+-/, ''));
  const ofStages = strategies(60_000, 5).flatMap(({ slug }) =>
    ['aborted', 'errors', 'promoted'].map((end) => `${slug}-${end}`)
  );
  const all = [
    ...ofStages,
    'aborted-approving',
    'aborted-baking',
    'aborted-creating',
    'aborted-deploying',
    'aborted-finalising',
    'aborted-planning',
    'aborted-reading',
    'aborted-shifting',
    'approval-timed-out',
    'approved-by-token',
    'cancelled',
    'deploy-failed',
    'first-deployment',
    'first-deployment-failed',
    'lifecycle',
    'guardrails-aborted',
    'guardrails-promoted',
    'guardrails-rolled-back',
    'guardrails-silent-rollback',
    'promoted',
    'rejected',
    'rollback-incomplete',
    'rolled-back-by-errors',
    'rolled-back-by-quality',
    'silent-rollback',
    'undecided',
  ];
  expect(paths.sort()).toEqual(all.sort());
});

/** When this fails after an intended change: `patched()` or a new version of the workflow, never a fresh recording of a released golden. */
test.each(files.map((file) => [path.basename(file), file] as const))(
  'the workflow code of today replays %s',
  async (_name, file) => {
    const history: unknown = JSON.parse(readFileSync(file, 'utf8'));
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, historyFromJSON(history), 'golden');
  }
);

test('a history that the code does not fit is noticed', async () => {
  const [file = ''] = files.filter((name) => /\d-promoted\.json$/.test(name));
  const tampered = readFileSync(file, 'utf8').replaceAll('"shiftTraffic"', '"shiftSomethingElse"');
  await expect(
    Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, historyFromJSON(JSON.parse(tampered)), 'golden')
  ).rejects.toThrow();
});

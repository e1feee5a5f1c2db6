import { beforeAll, describe, expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { goldenNames, goldenText } from '../support/histories';
import { quietRuntime } from '../support/quiet';
import { workflowBundle } from '../support/run-rollout';
import { strategies } from '../support/strategies';

quietRuntime();

const goldens = goldenNames();

/** How every stage can end beside a failure of each of its guards; of a rejection there is the golden of an approval. */
const ENDS = ['aborted', 'cancelled', 'out-of-time', 'promoted', 'replaced', 'replaced-for-its-owner', 'worker-killed'];

/** A gate must not pass vacuously: every path of a rollout, every end of a batch, and whatever an owner begins beside rollouts, has its golden. */
test('there is a golden history of every path', () => {
  const paths = goldens.map((name) => name.replace(/^\d+\.\d+\.\d+-/, ''));
  const ofStages = strategies(60_000, 5).flatMap(({ slug, spec, guards }) =>
    [...ENDS, ...guards, ...((spec.candidates?.length ?? 1) > 1 ? ['benched'] : [])].map((end) => `${slug}-${end}`)
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
    'baseline',
    'batch-cancelled',
    'batch-complete',
    'batch-quarantined',
    'approval-timed-out',
    'approved-by-token',
    'cancelled',
    'deploy-failed',
    'first-deployment',
    'first-deployment-failed',
    'lifecycle',
    'lifecycle-renewed',
    'monitor',
    'guardrails-aborted',
    'guardrails-promoted',
    'guardrails-rolled-back',
    'guardrails-silent-rollback',
    'owner-renewed-in-a-retirement',
    'retirement',
    'retraining',
    'many-weeks',
    'many-weeks-continued',
    'promoted',
    'rejected',
    'release-kept',
    'release-rolled-back',
    'rollback-incomplete',
    'rolled-back-by-errors',
    'rolled-back-by-quality',
    'silent-rollback',
    'undecided',
  ];
  expect(paths.sort()).toEqual(all.sort());
});

/** When one of these fails after an intended change: `patched()` or a new version of the workflow, never a fresh recording of a released golden. */
describe('the workflow code of today replays', () => {
  let replayed: ReadonlyMap<string, Error | null>;
  beforeAll(async () => {
    replayed = await replay(goldens.map((name) => [name, goldenText(name)]));
  });

  test.each(goldens)('%s', (name) => {
    expect(replayed.get(name)).toBeNull();
  });
});

test('a history that the code does not fit is noticed', async () => {
  const tampered = goldenText('0.1.0-promoted').replaceAll('"shiftTraffic"', '"shiftSomethingElse"');
  const replayed = await replay([['tampered', tampered]]);
  expect(replayed.get('tampered')?.message).toContain('shiftSomethingElse');
});

/** What is wrong with each of the histories, all by one worker. */
async function replay(histories: readonly (readonly [string, string])[]): Promise<ReadonlyMap<string, Error | null>> {
  const results = Worker.runReplayHistories(
    { workflowBundle: await workflowBundle() },
    histories.map(([workflowId, text]) => ({ workflowId, history: historyFromJSON(JSON.parse(text)) }))
  );
  const errors = new Map<string, Error | null>();
  for await (const { workflowId, error } of results) errors.set(workflowId, error ?? null);
  return errors;
}

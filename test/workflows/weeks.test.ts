import { expect, test } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import type { RolloutState } from '../../rollout';
import { measurementsOf } from '../../scripts/measurements';
import type { RolloutSpec } from '../../spec/types';
import { stateQuery, verbUpdate } from '../../workflows/messages';
import { dullTick, fakeActivities, goodTick } from '../support/fake-activities';
import { recordHistory } from '../support/histories';
import { quietRuntime } from '../support/quiet';
import { runRollout, say } from '../support/run-rollout';
import type { RolloutHandle } from '../support/run-rollout';
import { aSpec } from '../support/spec';
import { withTimeSkipping } from '../support/time-skipping';

quietRuntime();
const env = withTimeSkipping();
const ana = 'ana@example.org';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const onInconclusive = 'rollBack';

/** Five stages and a watch, with a look an hour. */
const FILE: RolloutSpec = aSpec({
  tickMs: HOUR_MS,
  stages: [
    {
      kind: 'shadow',
      engine: 'variant',
      samplePct: 20,
      until: { pairs: 2_000, atMostMs: 3 * DAY_MS },
      onInconclusive,
    },
    {
      kind: 'canary',
      sharePct: 5,
      groups: [],
      until: { kind: 'requests', requests: 10_000, atMostMs: 3 * DAY_MS },
      onInconclusive,
    },
    {
      kind: 'approval',
      approvers: [ana],
      need: 1,
      withinMs: 3 * DAY_MS,
      otherwise: 'reject',
      identity: { kind: 'asserted' },
    },
    {
      kind: 'linear',
      sharesPct: [10, 30],
      bakeMs: DAY_MS,
      decideWithinMs: DAY_MS,
      extraFailures: null,
      onInconclusive: 'advance',
    },
    { kind: 'abTest', sharePct: 50, by: 'request', atMostMs: 14 * DAY_MS, onInconclusive },
  ],
  watch: { forMs: 3 * DAY_MS, holdbackPct: 2, keep: 'warm' },
});
/** Requests come all the time, labels only after weeks: until then nothing is decided. */
const LABELS_FROM_LOOK = 430;
const PAIRS_FROM_LOOK = 48;

async function untilThere(handle: RolloutHandle, condition: (state: RolloutState) => boolean): Promise<RolloutState> {
  for (let quarter = 0; quarter < 100; quarter++) {
    const state = await handle.query(stateQuery);
    if (condition(state)) return state;
    await env().sleep('6 hours');
  }
  throw new Error('the rollout never got there in 25 days');
}

test('five stages over three weeks, with a pause, an approval of days and runs that continue as new, are one rollout to everybody', async () => {
  const fake = fakeActivities({
    tick: (look) => (look < LABELS_FROM_LOOK ? { ...goodTick, quality: dullTick.quality } : goodTick),
    also: (look) => (look < PAIRS_FROM_LOOK ? {} : { pairs: 2_000 }),
  });
  await runRollout(env(), {
    spec: FILE,
    fake,
    golden: 'many-weeks-continued',
    story: async (handle) => {
      await untilThere(handle, ({ phase }) => phase.kind === 'approving');
      await env().sleep('2 days');
      expect(await say(handle, verbUpdate('approve'), ana)).toBe(`Accepted: approve by ${ana}.`);

      const before = await untilThere(handle, ({ phase }) => phase.kind === 'baking' && phase.rung === 3);
      expect(await say(handle, verbUpdate('pause'), ana)).toBe(`Accepted: pause by ${ana}.`);
      await env().sleep('3 days');
      const paused = await handle.query(stateQuery);
      expect(isDeepStrictEqual(paused.phase, before.phase)).toBe(true);
      expect(await say(handle, verbUpdate('resume'), ana)).toBe(`Accepted: resume by ${ana}.`);

      const result = await handle.result();
      expect(result).toMatchObject({ outcome: { kind: 'promoted', because: { kind: 'evidence' } }, serving: 'v2' });
      const lastedMs = result.endedAtMs - result.startedAtMs;
      expect(lastedMs).toBeGreaterThan(21 * DAY_MS);
      expect(result.accounts[3]).toMatchObject({ personMs: expect.any(Number) });

      expect((await handle.describe()).runId).not.toBe(handle.firstExecutionRunId);
      const firstRun = env().client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
      await recordHistory(firstRun, 'many-weeks');
      const looks = await measurementsOf(env().client, handle.workflowId);
      expect(looks).toHaveLength(fake.calls.filter((call) => call.startsWith('judge')).length);
      expect(looks.length).toBeGreaterThan(LABELS_FROM_LOOK);
      const times = looks.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    },
  });
  expect(fake.calls.filter((call) => /^(deploy|shift|rewrite|keep)/.test(call))).toEqual([
    'deploy shadowed',
    'deploy split',
    'shift 5 % to v2',
    'shift 10 % to v2',
    'shift 30 % to v2',
    'shift 50 % to v2',
    'shift 98 % to v2',
    'rewrite to v2',
    'keep v2',
  ]);
  expect(fake.live()?.variants.map(({ name }) => name)).toEqual(['v2']);
});

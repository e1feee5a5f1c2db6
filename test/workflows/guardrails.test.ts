import { describe, expect, test } from '@jest/globals';
import type { DeploymentReading } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import { verbUpdate } from '../../workflows/messages';
import { brokenTick, dullTick, fakeActivities, goodTick } from '../support/fake-activities';
import { runRollout, say, untilState } from '../support/run-rollout';
import { aSpec } from '../support/spec';
import { withTimeSkipping } from '../support/time-skipping';

const env = withTimeSkipping();
const ana = 'ana@example.org';

/** One stage, by SageMaker: a quarter of the fleet first. */
const SPEC: RolloutSpec = aSpec({
  counts: { from: 'cloudwatch' },
  guards: aSpec().guards.filter(({ kind }) => kind === 'errors'),
  stages: [
    {
      kind: 'blueGreen',
      engine: 'guardrails',
      shift: { kind: 'canary', sizePct: 25, waitMs: 600_000 },
      terminationWaitMs: 0,
      maximumMs: 7_200_000,
      alarms: [],
      onInconclusive: 'rollBack',
    },
  ],
});

/** SageMaker as it is read back every half a minute: it starts, bakes a quarter and then the whole. */
function deployment(reading: number): DeploymentReading {
  if (reading <= 2) return { isThrough: false, stage: 'Creating', stageSinceMs: 1 };
  if (reading <= 7) return { isThrough: false, stage: 'Baking', stageSinceMs: 2 };
  if (reading <= 12) return { isThrough: false, stage: 'Baking', stageSinceMs: 3 };
  return { isThrough: true, stage: null, stageSinceMs: null };
}

const isBaking = (bakes: number) => (state: Parameters<Parameters<typeof untilState>[2]>[0]) =>
  state.phase.kind === 'guarded' && state.phase.deployment?.bakes === bakes;

describe('a deployment by SageMaker’s guardrails', () => {
  test('is followed step by step, and promoted on the evidence when it is through', async () => {
    const fake = fakeActivities({ tick: () => goodTick, deployment });
    await runRollout(env(), {
      spec: SPEC,
      fake,
      golden: 'guardrails-promoted',
      story: async (handle) => {
        await untilState(env(), handle, isBaking(1));
        await untilState(env(), handle, isBaking(2));
        expect(await handle.result()).toMatchObject({
          outcome: { kind: 'promoted', because: { kind: 'evidence' } },
          serving: 'v2',
        });
      },
    });
    expect(fake.live()?.variants).toMatchObject([{ name: 'v1', version: 'v2' }]);
    expect(fake.calls.filter((call) => call.includes('by guardrails'))).toEqual(['deploy v2 by guardrails']);
    expect(fake.calls).not.toContain('restoreIncumbent');
    expect(fake.calls.at(-1)).toBe('keep v2');
  });

  test('is stopped at once when a guard fails on the way, and by the way back', async () => {
    const fake = fakeActivities({ tick: (look) => (look > 6 ? brokenTick : dullTick), deployment });
    await runRollout(env(), {
      spec: SPEC,
      fake,
      golden: 'guardrails-rolled-back',
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({ kind: 'rolledBack', because: { guard: 'errors' } });
      },
    });
    expect(fake.calls.slice(-2)).toEqual(['restoreIncumbent', 'keep the incumbent']);
  });

  test('is aborted in the middle of a bake, without another reading', async () => {
    const fake = fakeActivities({ tick: () => dullTick, deployment });
    await runRollout(env(), {
      spec: SPEC,
      fake,
      golden: 'guardrails-aborted',
      story: async (handle) => {
        await untilState(env(), handle, isBaking(1));
        expect(await say(handle, verbUpdate('pause'), ana)).toContain('cannot be paused');
        expect(await say(handle, verbUpdate('abort'), ana)).toContain('Accepted');
        const readings = fake.calls.filter((call) => call === 'followGuardrails').length;
        expect((await handle.result()).outcome).toMatchObject({ kind: 'rolledBack', because: { verb: 'abort' } });
        expect(fake.calls.filter((call) => call === 'followGuardrails').length).toBeLessThanOrEqual(readings + 1);
      },
    });
    expect(fake.calls).toContain('restoreIncumbent');
  });

  test('that SageMaker itself took back ends as rolled back, with what it said', async () => {
    const fake = fakeActivities({
      tick: () => dullTick,
      deployment,
      failures: { followGuardrails: [null, null, 'ProviderUnavailable', null, null, 'SilentRollback'] },
    });
    await runRollout(env(), {
      spec: SPEC,
      fake,
      golden: 'guardrails-silent-rollback',
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({
          kind: 'rolledBack',
          because: { failure: { type: 'SilentRollback' } },
        });
      },
    });
  });

  test('that is refused for the live fleet leaves everything as it was', async () => {
    const fake = fakeActivities({ failures: { startGuardrails: ['InvalidRequest'] } });
    await runRollout(env(), {
      spec: SPEC,
      fake,
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({ because: { failure: { type: 'InvalidRequest' } } });
      },
    });
    expect(fake.calls).not.toContain('followGuardrails');
  });
});

import { describe, expect, test } from '@jest/globals';
import { verbUpdate } from '../../workflows/messages';
import { withDevServer } from '../support/dev-server';
import { fakeActivities, goodTick } from '../support/fake-activities';
import { quietRuntime } from '../support/quiet';
import { runRollout, say, untilState } from '../support/run-rollout';
import { aSpec as aSlowSpec } from '../support/spec';

/**
 * Aborts that cancel an activity in flight, on the full server: on the time-skipping one such an activity is retried although it was
 * cancelled, and time stands still afterwards.
 */
quietRuntime();
const dev = withDevServer();
const env = (): ReturnType<typeof dev>['env'] => dev().env;
const ana = 'ana@example.org';
const aSpec = (changes: Parameters<typeof aSlowSpec>[0] = {}): ReturnType<typeof aSlowSpec> =>
  aSlowSpec({ tickMs: 1_000, ...changes });

describe('an abort while AWS is at work is accepted at once and nothing goes forward after it', () => {
  // The phase in which the abort comes, what reaches it, and what must never be done afterwards.
  const cells = [
    ['reading', 'inspectEndpoint', 'fixPlan', null],
    ['planning', 'fixPlan', 'deploy split', null],
    ['deploying', 'deploy', 'shift 5 % to v2', 'config-before'],
    ['shifting', 'shiftTraffic', 'judge at 5 %', 'config-before'],
    ['baking', 'judge', 'shift 50 % to v2', 'config-before'],
    ['finalising', 'rewriteToWinner', 'keep v2', 'config-before'],
  ] as const;

  test.each(cells)('in phase %s', async (phase, activity, forbidden, config) => {
    let abort: () => Promise<void> = () => Promise.reject(new Error('not started'));
    const fake = fakeActivities({
      tick: () => goodTick,
      on: { [activity]: (call: number) => (call === 1 ? abort() : undefined) },
    });
    await runRollout(env(), {
      spec: aSpec({ stages: aSpec().stages.slice(0, 1) }),
      fake,
      golden: `aborted-${phase}`,
      story: async (handle) => {
        abort = async () => {
          expect((await untilState(env(), handle, () => true)).phase.kind).toBe(phase);
          expect(await say(handle, verbUpdate('abort'), ana)).toBe(`Accepted: abort by ${ana}.`);
        };
        const result = await handle.result();
        expect(result.outcome).toMatchObject({
          kind: 'rolledBack',
          because: { kind: 'person', verb: 'abort', by: { who: ana } },
        });
      },
    });
    expect(fake.calls).not.toContain(forbidden);
    expect(fake.live()?.configName).toBe(config ?? 'config-before');
  });

  test('while AWS throttles: what was not begun is not tried again', async () => {
    let abort: () => Promise<unknown> = () => Promise.reject(new Error('not started'));
    const fake = fakeActivities({
      failures: { deploy: Array<'Throttled'>(5).fill('Throttled') },
      on: { deploy: async (call) => void (call === 2 && (await abort())) },
    });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      story: async (handle) => {
        abort = () => say(handle, verbUpdate('abort'), ana);
        expect((await handle.result()).outcome).toMatchObject({ kind: 'rolledBack', because: { verb: 'abort' } });
      },
    });
    expect(fake.calls).not.toContain('deploy split');
    expect(fake.calls).toContain('restoreIncumbent');
  });

  test('while it creates the first deployment, which is then removed', async () => {
    let abort: () => Promise<unknown> = () => Promise.reject(new Error('not started'));
    const fake = fakeActivities({ serving: null, on: { createEndpoint: async () => void (await abort()) } });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'aborted-creating',
      story: async (handle) => {
        abort = () => say(handle, verbUpdate('abort'), ana);
        expect((await handle.result()).outcome.kind).toBe('rolledBack');
      },
    });
    expect(fake.live()).toBeNull();
  });
});

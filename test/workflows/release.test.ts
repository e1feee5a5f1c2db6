import { describe, expect, test } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutActivities } from '../../activities/types';
import type { ReleaseState } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import type { release } from '../../workflows';
import { releaseQuery, stopReleaseSignal } from '../../workflows/messages';
import { withDevServer } from '../support/dev-server';
import { brokenTick, dullTick, fakeActivities, goodTick } from '../support/fake-activities';
import type { Scenario } from '../support/fake-activities';
import { recordHistory } from '../support/histories';
import { workflowBundle } from '../support/run-rollout';
import { aSpec } from '../support/spec';

const dev = withDevServer();

type Fake = ReturnType<typeof fakeActivities>;

interface Running {
  readonly result: () => Promise<Awaited<ReturnType<typeof release>>>;
  readonly until: (condition: (state: ReleaseState) => boolean) => Promise<ReleaseState>;
  readonly stop: () => Promise<void>;
  /** How many of its timers have come to their end: it has one, for the time in which all are watched together. */
  readonly timersFired: () => Promise<number>;
  readonly record: (golden: string) => Promise<void>;
  readonly fakes: readonly Fake[];
}

/** A release over endpoints of its own, one for each scenario; `waves` groups them by index. */
async function withRelease(
  scenarios: readonly Scenario[],
  { waves, togetherMs = 0 }: { readonly waves: readonly (readonly number[])[]; readonly togetherMs?: number },
  story: (running: Running) => Promise<void>
): Promise<void> {
  const taskQueue = `release-${randomUUID()}`;
  const { client, nativeConnection } = dev().env;
  const fakes = scenarios.map((scenario) => fakeActivities(scenario));
  const specs = scenarios.map((_, i): RolloutSpec => specOf(`${taskQueue}-${i}`));
  const byEndpoint = new Map(specs.map(({ endpoint }, i) => [endpoint, fakes[i]?.activities]));
  const dispatch = (name: keyof RolloutActivities) => (input: { spec?: RolloutSpec; endpoint?: string }) => {
    const activities = byEndpoint.get(input.spec?.endpoint ?? input.endpoint ?? '');
    if (activities === undefined) throw new Error('no such endpoint');
    return (activities[name] as (input: unknown) => Promise<unknown>)(input);
  };
  const names = Object.keys(fakes[0]?.activities ?? {}) as (keyof RolloutActivities)[];
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: Object.fromEntries(names.map((name) => [name, dispatch(name)])),
  });
  await worker.runUntil(async () => {
    const handle = await client.workflow.start<typeof release>('release', {
      workflowId: `release/${taskQueue}`,
      taskQueue,
      args: [
        {
          name: 'spring',
          who: 'ana@example.org',
          waves: waves.map((wave) => wave.flatMap((i) => specs[i] ?? [])),
          togetherMs,
          searchAttributes: true,
        },
      ],
    });
    await story({
      fakes,
      result: () => handle.result(),
      record: (golden) => recordHistory(handle, golden),
      stop: () => handle.signal(stopReleaseSignal, { who: 'bo@example.org', why: 'wrong week' }),
      async timersFired() {
        const { events } = await handle.fetchHistory();
        return (events ?? []).filter(({ timerFiredEventAttributes: fired }) => fired !== null && fired !== undefined)
          .length;
      },
      async until(condition) {
        for (;;) {
          const state = await handle.query(releaseQuery);
          if (condition(state)) return state;
          await sleep(50);
        }
      },
    });
    for (const { endpoint } of specs)
      await client.workflow
        .getHandle(`endpoint/${endpoint}`)
        .terminate('the test is over')
        .catch(() => undefined);
  });
}

function specOf(endpoint: string): RolloutSpec {
  return aSpec({
    endpoint,
    tickMs: 1_000,
    stages: aSpec().stages.slice(0, 1),
    watch: { forMs: 86_400_000, holdbackPct: 2, keep: 'warm' },
  });
}

const good: Scenario = { tick: () => goodTick };
const held: Scenario = { tick: () => dullTick };
const broken: Scenario = { tick: () => brokenTick };
/** Promoted by its first looks, and broken once it serves. */
const turning: Scenario = { tick: (look) => (look <= 3 ? goodTick : brokenTick) };

const served = (fakes: readonly Fake[]): readonly (string | undefined)[] =>
  fakes.map((fake) => fake.live()?.variants[0]?.name);

describe('a release', () => {
  test('rolls out wave by wave, watches what was promoted until all are through, and then lets it be', async () => {
    await withRelease([good, good, good], { waves: [[0, 1], [2]] }, async ({ result, fakes, record }) => {
      const { outcome, steps } = await result();
      expect(outcome).toBe('released');
      expect(steps.map(({ standing }) => standing)).toEqual(['kept', 'kept', 'kept']);
      expect(served(fakes)).toEqual(['v2', 'v2', 'v2']);
      await record('release-kept');
    });
  });

  test('brings those that were promoted back in reverse when one fails, and never begins what was to follow', async () => {
    await withRelease(
      [good, good, broken, good],
      { waves: [[0], [1], [2], [3]] },
      async ({ result, fakes, record }) => {
        const { outcome, why, steps } = await result();
        expect(outcome).toBe('rolledBack');
        expect(why).toMatch(/^v2 on .*-2: rolledBack: errors: /);
        expect(steps.map(({ standing }) => standing)).toEqual(['rolledBack', 'rolledBack', 'failed', 'waiting']);
        expect(served(fakes)).toEqual(['v1', 'v1', 'v1', 'v1']);
        expect(fakes[3]?.calls).toEqual([]);
        await record('release-rolled-back');
      }
    );
  });

  test('that is watched together goes back as one when a model goes bad after all were promoted', async () => {
    const release = { waves: [[0], [1]], togetherMs: 86_400_000 };
    await withRelease([good, turning], release, async ({ result, fakes }) => {
      const { outcome, why, steps } = await result();
      expect(outcome).toBe('rolledBack');
      expect(why).toMatch(/^v2 on .*-1: rolledBack: errors: /);
      expect(steps.map(({ standing }) => standing)).toEqual(['rolledBack', 'rolledBack']);
      expect(served(fakes)).toEqual(['v1', 'v1']);
    });
  });

  test('that was watched together for as long as its files say lets everything be', async () => {
    await withRelease([good], { waves: [[0]], togetherMs: 2_000 }, async ({ result, fakes, timersFired }) => {
      expect((await result()).outcome).toBe('released');
      expect(await timersFired()).toBe(1);
      expect(served(fakes)).toEqual(['v2']);
    });
  });

  test('that a person stops goes back, also what was under way', async () => {
    await withRelease([good, held], { waves: [[0], [1]] }, async ({ result, until, stop, fakes }) => {
      await until(({ steps }) => steps[1]?.standing === 'running');
      await stop();
      const { outcome, why } = await result();
      expect([outcome, why]).toEqual(['rolledBack', 'bo@example.org said abort: wrong week']);
      expect(served(fakes)).toEqual(['v1', 'v1']);
    });
  });
});

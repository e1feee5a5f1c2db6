import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeploymentReading, RolloutResult, RolloutState } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import { endpointQuery, stateQuery, verbUpdate } from '../../workflows/messages';
import { withDevServer } from '../support/dev-server';
import {
  alarmingTick,
  brokenTick,
  dullTick,
  fakeActivities,
  goodTick,
  slowTick,
  wrongTick,
} from '../support/fake-activities';
import type { FakeTick } from '../support/fake-activities';
import { recordHistory } from '../support/histories';
import { quietRuntime } from '../support/quiet';
import { RolloutHost } from '../support/rollout-host';
import { say, untilState } from '../support/run-rollout';
import type { RolloutHandle } from '../support/run-rollout';
import { aSpec } from '../support/spec';
import { strategies } from '../support/strategies';
import type { Strategy } from '../support/strategies';
import { withTimeSkipping } from '../support/time-skipping';

quietRuntime();
const host = new RolloutHost(() => env());
// Before the server goes.
afterAll(() => host.stop());
const env = withTimeSkipping();
const STRATEGIES = strategies(60_000, 5);
beforeAll(() => host.start());

const ana = 'ana@example.org';
const TICKS = {
  dull: dullTick,
  good: goodTick,
  errors: brokenTick,
  quality: wrongTick,
  latency: slowTick,
  alarm: alarmingTick,
};
/** Evidence that says nothing, that all is well, or that this guard fails. */
type Mood = keyof typeof TICKS;
const isMood = (word: string): word is Mood => word in TICKS;

/** An endpoint whose evidence can be changed while its rollout runs. */
class Endpoint {
  readonly spec: RolloutSpec;
  readonly fake: ReturnType<typeof fakeActivities>;
  private moods: (arm: string) => Mood;
  private goodLooks = 0;
  private callsAtTurn: number | null = null;

  constructor(
    readonly strategy: Strategy,
    name: string
  ) {
    this.spec = aSpec({ ...strategy.spec, endpoint: name, onNewer: 'replace' });
    this.moods = () => strategy.after ?? 'dull';
    this.fake = fakeActivities({
      tick: (_look, arm): FakeTick => TICKS[this.moods(arm)],
      also: (_look, { holding }) =>
        this.spec.candidates.some(({ name: arm }) => this.moods(arm) === 'good')
          ? (strategy.also?.(++this.goodLooks, holding?.running ?? []) ?? {})
          : {},
      deployment: (reading) => this.deployment(reading),
    });
  }

  /** SageMaker's own deployment bakes until something is said; then it goes through, unless a guard is to stop it. */
  private deployment(reading: number): DeploymentReading {
    const isThrough = this.callsAtTurn !== null && ['dull', 'good'].includes(this.moods('v2'));
    if (isThrough) return { isThrough, stage: null, stageSinceMs: null };
    return { isThrough, stage: reading === 1 ? 'Creating' : 'Baking', stageSinceMs: reading === 1 ? 1 : 2 };
  }

  /** From now on the evidence says something else. */
  turn(moods: Mood | ((arm: string) => Mood)): void {
    this.moods = typeof moods === 'function' ? moods : () => moods;
    this.callsAtTurn = this.fake.calls.length;
  }

  /** What was done for the sake of the candidate since the turn. */
  forward(): readonly string[] {
    return this.fake.calls
      .slice(this.callsAtTurn ?? 0)
      .filter((call) => /^(deploy|warm|shift|rewrite|create)/.test(call));
  }

  serves(): unknown {
    const live = this.fake.live();
    return { config: live?.configName, shares: live?.variants.map(({ name, sharePct }) => `${name} ${sharePct} %`) };
  }
}

/** Everything is well from now on, and people agree. */
async function goOn(at: Endpoint, handle: RolloutHandle): Promise<RolloutResult> {
  at.turn('good');
  const { verb } = at.strategy;
  if (verb !== undefined) expect(await say(handle, verbUpdate(verb), ana)).toBe(`Accepted: ${verb} by ${ana}.`);
  return handle.result();
}

const AS_BEFORE = { config: 'config-before', shares: ['v1 100 %'] };
const promoted = ({ winner = 'v2', variant = winner }: Strategy): unknown => ({
  config: `single-1-${winner}`,
  shares: [`${variant} 100 %`],
});

describe.each(STRATEGIES.map((strategy) => [strategy.name, strategy] as const))('%s', (_name, strategy) => {
  const { slug, winner = 'v2' } = strategy;

  /** A rollout that stands in the stage, with no evidence either way. */
  async function there(cell: string): Promise<{ readonly at: Endpoint; readonly handle: RolloutHandle }> {
    const at = new Endpoint(strategy, `${slug}-${cell}`);
    const handle = await host.rollOut(at.spec, at.fake);
    await untilState(env(), handle, strategy.isThere);
    return { at, handle };
  }

  test('promotes', async () => {
    const { at, handle } = await there('promoted');
    const result = await goOn(at, handle);
    expect(result).toMatchObject({ outcome: { kind: 'promoted', because: { kind: 'evidence' } }, serving: winner });
    expect(at.serves()).toEqual(promoted(strategy));
    await recordHistory(handle, `${slug}-promoted`);
  });

  test.each(strategy.guards)('turns back when the guard on %s fails', async (guard) => {
    if (!isMood(guard)) throw new Error(`no evidence here makes ${guard} fail`);
    const { at, handle } = await there(guard);
    at.turn(guard);
    const { outcome, serving } = await handle.result();
    const guilty = expect.stringMatching(new RegExp(`${guard}$`));
    expect(outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard: guilty } });
    expect(serving).toBe('v1');
    expect(at.serves()).toEqual(AS_BEFORE);
    await recordHistory(handle, `${slug}-${guard}`);
  });

  test('ends as the file says when its time is over', async () => {
    const { at, handle } = await there('timeout');
    at.turn(strategy.after ?? 'dull');
    const { outcome } = await handle.result();
    expect(outcome.kind).toBe(strategy.outOfTime ?? 'undecided');
    expect(at.serves()).toEqual(outcome.kind === 'promoted' ? promoted(strategy) : AS_BEFORE);
    await recordHistory(handle, `${slug}-out-of-time`);
  });

  test('is aborted', async () => {
    const { at, handle } = await there('abort');
    at.turn('good');
    expect(await say(handle, verbUpdate('abort'), ana)).toBe(`Accepted: abort by ${ana}.`);
    expect((await handle.result()).outcome).toMatchObject({
      kind: 'rolledBack',
      because: { kind: 'person', verb: 'abort', by: { who: ana } },
    });
    expect(at.serves()).toEqual(AS_BEFORE);
    expect(at.forward()).toEqual([]);
    await recordHistory(handle, `${slug}-aborted`);
  });

  test('is cancelled', async () => {
    const { at, handle } = await there('cancel');
    at.turn('good');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(at.serves()).toEqual(AS_BEFORE);
    expect(at.forward()).toEqual([]);
    await recordHistory(handle, `${slug}-cancelled`);
  });

  test('makes room for a newer one', async () => {
    const at = new Endpoint(strategy, `${slug}-newer`);
    const owner = await host.own(at.spec.endpoint, at.fake);
    await host.submit(at.spec);
    await untilState(env(), host.find(at.spec.endpoint, 1), strategy.isThere);
    at.turn('good');
    // Its turn comes only when the endpoint is free, and it has nothing to do there: that is served already.
    const isWatching = strategy.name.endsWith('watch');
    const served = isWatching ? winner : 'v1';
    const [candidate] = at.spec.candidates;
    const newer = await host.submit({ ...at.spec, candidates: [{ ...candidate, name: served }] });
    expect(newer).toMatchObject({ number: 2, isQueued: true });
    const { outcome } = await host.find(at.spec.endpoint, 1).result();
    expect(outcome).toMatchObject(
      isWatching
        ? { kind: 'promoted' }
        : { kind: 'rolledBack', because: { verb: 'abort', by: { why: expect.stringMatching(/rollout 2/) } } }
    );
    expect(at.serves()).toEqual(isWatching ? promoted(strategy) : AS_BEFORE);
    if (!isWatching) expect(at.forward()).toEqual([]);
    await untilPast(owner, 2);
    expect((await owner.query(endpointQuery)).past[0]?.outcome).toMatchObject({
      because: { failure: { type: 'NameCollision' } },
    });
    await recordHistory(host.find(at.spec.endpoint, 1), `${slug}-replaced`);
    await recordHistory(owner, `${slug}-replaced-for-its-owner`);
    await owner.terminate('the test is over');
  });
});

describe.each(STRATEGIES.filter(({ spec }) => (spec.candidates?.length ?? 1) > 1))('$name', (strategy) => {
  test('goes on without a candidate whose guard fails', async () => {
    const at = new Endpoint(strategy, `${strategy.slug}-benched`);
    const handle = await host.rollOut(at.spec, at.fake);
    await untilState(env(), handle, strategy.isThere);
    at.turn((arm) => (arm === 'v2' ? 'errors' : 'dull'));
    const benched = await untilState(
      env(),
      handle,
      ({ arms, phase }) => arms[0]?.standing === 'benched' && phase.kind === 'baking'
    );
    expect(benched.layout.sharesPct.v2).toBe(0);
    at.turn((arm) => (arm === 'v2' ? 'errors' : 'good'));
    expect(await handle.result()).toMatchObject({ outcome: { kind: 'promoted' }, serving: 'v3' });
    expect(at.serves()).toEqual(promoted({ ...strategy, winner: 'v3' }));
    await recordHistory(handle, `${strategy.slug}-benched`);
  });
});

describe('whatever the stage', () => {
  // On the full server: the time-skipping one loses tasks that it has handed to a worker that is going.
  const dev = withDevServer();
  const mortal = new RolloutHost(() => dev().env);

  test('it goes on with another worker where one has died', async () => {
    await mortal.start();
    const all = await Promise.all(
      strategies(1_000, 60).map(async (strategy) => {
        const at = new Endpoint(strategy, `${strategy.slug}-killed`);
        return { strategy, at, handle: await mortal.rollOut(at.spec, at.fake) };
      })
    );
    await Promise.all(all.map(({ strategy, handle }) => untilReal(handle, strategy.isThere)));
    await mortal.stop();
    await mortal.start();
    const ends = all.map(async ({ strategy, at, handle }) => {
      const { outcome } = await goOn(at, handle);
      await recordHistory(handle, `${strategy.slug}-worker-killed`);
      return [strategy.name, outcome.kind, outcome.because.kind, at.serves()];
    });
    expect(await Promise.all(ends)).toEqual(
      all.map(({ strategy }) => [strategy.name, 'promoted', 'evidence', promoted(strategy)])
    );
    await mortal.stop();
  });
});

/** Waits in real time. */
async function untilReal(handle: RolloutHandle, condition: (state: RolloutState) => boolean): Promise<void> {
  for (;;) {
    const state = await handle.query(stateQuery);
    if (condition(state)) return;
    if (state.phase.kind === 'ended') throw new Error(`it ended: ${JSON.stringify(state.phase.outcome)}`);
    await sleep(250);
  }
}

async function untilPast(owner: Awaited<ReturnType<RolloutHost['own']>>, count: number): Promise<void> {
  while ((await owner.query(endpointQuery)).past.length !== count) await env().sleep('1 second');
}

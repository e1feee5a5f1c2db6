import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { stateQuery } from '../../workflows/messages';
import type { RolloutResult, RolloutState } from '../../rollout';
import type { RolloutSpec, Stage } from '../../spec/types';
import { binomialPValue } from '../support/binomial';
import { expectDelivered, stretchesOf } from '../support/delivered';
import type { Stretch } from '../support/delivered';
import { withDevServer } from '../support/dev-server';
import { until } from '../support/sandbox/harness';
import { LiveTraffic } from '../support/live-traffic';
import { sourSwitch } from '../support/sour';
import { wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';
import type { RunningRollout } from '../support/whole-stack';

const ENDPOINT = 'strategies';
/**
 * What is to be promoted has a third of its incumbent's odds of a wrong answer at the most. A candidate that is only as good would be rolled back by
 * chance as often as the guards' budget allows it, once in two hundred rollouts.
 */
const WRONG = {
  v1: { WRONG: '0.8' },
  v4: { WRONG: '0.55' },
  v5: { WRONG: '0.15' },
  v6: { WRONG: '0.04' },
  right: { WRONG: '0' },
  bad: { WRONG: '0.95' },
} as const;

const dev = withDevServer();
const stack = new WholeStack(dev);
let traffic: LiveTraffic;
/** Pairs close a minute late, so the shadow runs beside all the others, on an endpoint of its own. */
let darkTraffic: LiveTraffic;
let dark: RunningRollout;

beforeAll(async () => {
  await stack.start();
  const firsts = [ENDPOINT, 'dark'].map((endpoint) =>
    stack.submit(wholeSpec(stack, { endpoint, candidate: 'v1', env: WRONG.v1 }))
  );
  for (const first of await Promise.all(firsts)) expect((await first.result()).outcome.kind).toBe('promoted');
  traffic = new LiveTraffic(stack, { endpoint: ENDPOINT, perSecond: 60, users: 400 });
  darkTraffic = new LiveTraffic(stack, { endpoint: 'dark', perSecond: 20 });
  const spec = fileOf([SHADOW, HALF], { v2: WRONG.right });
  dark = await stack.submit({ ...spec, endpoint: 'dark', capture: { ...spec.capture, lagMs: 2_000 } });
});
afterEach(() => expect([...traffic.drops, ...darkTraffic.drops]).toEqual([]));
afterAll(async () => {
  await traffic?.stop();
  await darkTraffic?.stop();
  await stack.stop();
});

const atMostMs = 90_000;
const onInconclusive = 'rollBack';
const UNTIL_DECIDED = { kind: 'decided', atMostMs } as const;
const HALF: Stage = { kind: 'canary', sharePct: 50, groups: [], until: UNTIL_DECIDED, onInconclusive };
const SHADOW: Stage = {
  kind: 'shadow',
  engine: 'variant',
  samplePct: 100,
  until: { pairs: 100, atMostMs: 150_000 },
  onInconclusive,
};

/** A file with these stages and candidates. */
function fileOf(
  stages: readonly Stage[],
  candidates: Readonly<Record<string, Readonly<Record<string, string>>>>,
  changes: Partial<RolloutSpec> = {}
): RolloutSpec {
  const all = Object.entries(candidates).flatMap(
    ([candidate, env]) => wholeSpec(stack, { endpoint: ENDPOINT, candidate, env }).candidates
  );
  const [first, ...others] = all;
  if (first === undefined) throw new Error('no candidate');
  return {
    ...wholeSpec(stack, { endpoint: ENDPOINT, candidate: first.name, stages }),
    candidates: [first, ...others],
    ...changes,
  };
}

/** Rolls out, and checks that the split was delivered whenever one was held. */
async function rollOut(
  spec: RolloutSpec,
  meanwhile?: (running: RunningRollout) => Promise<void>
): Promise<{ readonly result: RolloutResult; readonly state: RolloutState; readonly stretches: readonly Stretch[] }> {
  const handle = await stack.submit(spec);
  await meanwhile?.(handle);
  const result = await handle.result();
  const state = await handle.query(stateQuery);
  const stretches = stretchesOf(state, traffic.answered);
  expectDelivered(stretches);
  return { result, state, stretches };
}

/** What SageMaker says that the endpoint serves. */
async function served(): Promise<unknown> {
  const sagemaker = stack.sagemaker();
  const { EndpointStatus, EndpointConfigName, ProductionVariants } = await sagemaker.describeEndpoint({
    EndpointName: ENDPOINT,
  });
  sagemaker.destroy();
  return [EndpointStatus, EndpointConfigName, ...(ProductionVariants ?? []).map(({ VariantName }) => VariantName)];
}

test('a model that goes bad after its promotion is rolled back by the watch, to what served before', async () => {
  const sour = await sourSwitch();
  const spec = fileOf(
    [HALF],
    { v2: { ...WRONG.right, SOUR: sour.file } },
    { watch: { forMs: 120_000, holdbackPct: 20, keep: 'warm' } }
  );
  const { result, state, stretches } = await rollOut(spec, async (running) => {
    // The share of the watch is judged by requests of its own, so it must have been held for some.
    await until(async () => {
      const { shares, phase } = await running.query(stateQuery);
      const held = shares.find(({ sharesPct }) => sharesPct?.v2 === 80);
      const seen = traffic.answered.filter(({ sentMs }) => sentMs > (held?.sinceMs ?? Infinity)).length;
      return seen >= 200 || phase.kind === 'ended';
    });
    await sour.turn();
  });
  await sour.remove();
  expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard: 'errors' } });
  expect(state.promotedAtMs).not.toBeNull();
  expect(stretches.map(({ sharesPct }) => sharesPct.v2)).toEqual([50, 80]);
  expect(await served()).toEqual(['InService', 'strategies-v1-r1', 'v1']);
});

test('a bandit gives the better arm its traffic, and promotes it when it is shown to be the best', async () => {
  const bandit: Stage = {
    kind: 'bandit',
    allocator: 'thompson',
    reward: { kind: 'quality' },
    intervalMs: 5_000,
    floorPct: 10,
    deadBandPct: 2,
    discount: 1,
    atMostMs,
    onInconclusive,
  };
  const { result } = await rollOut(fileOf([bandit], { v3: WRONG.bad, v4: WRONG.v4 }));
  expect(result).toMatchObject({ outcome: { kind: 'promoted' }, serving: 'v4' });
});

test('a linear ladder holds every share and promotes at its end', async () => {
  const linear: Stage = {
    kind: 'linear',
    sharesPct: [20, 40, 60],
    bakeMs: 4_000,
    decideWithinMs: 60_000,
    extraFailures: null,
    onInconclusive,
  };
  const { result, stretches } = await rollOut(fileOf([linear], { v5: WRONG.v5 }));
  expect(result).toMatchObject({ outcome: { kind: 'promoted' }, serving: 'v5' });
  expect(stretches.map(({ sharesPct }) => sharesPct.v5)).toEqual([20, 40, 60]);
});

test('blue/green warms the new model up, swaps all but the holdback at once, and keeps to it', async () => {
  const swap: Stage = {
    kind: 'blueGreen',
    engine: 'weights',
    warmUp: 20,
    holdbackPct: 20,
    until: UNTIL_DECIDED,
    onInconclusive,
  };
  const { result, state, stretches } = await rollOut(fileOf([swap], { v6: WRONG.v6 }));
  expect(result).toMatchObject({ outcome: { kind: 'promoted' }, serving: 'v6' });
  expect(stretches.map(({ sharesPct }) => sharesPct.v6)).toContain(80);
  expect(state.log.map(({ text }) => text).join('\n')).toMatch(/Warm v6 up with 20 marked requests/);
});

test('an A/B test of two benches the worse one and promotes the other', async () => {
  const abTest: Stage = { kind: 'abTest', sharePct: 60, by: 'request', atMostMs, onInconclusive };
  const { result, stretches } = await rollOut(fileOf([abTest], { v7: WRONG.bad, v8: WRONG.right }));
  expect(result).toMatchObject({ outcome: { kind: 'promoted' }, serving: 'v8' });
  expect(result.arms.map(({ name, standing }) => [name, standing])).toEqual([
    ['v7', 'benched'],
    ['v8', 'running'],
  ]);
  expect(stretches[0]?.sharesPct).toEqual({ v7: 30, v8: 30, v6: 40 });
});

test('by a gateway users stay where they are while a share is held, and only come to the candidate when it grows', async () => {
  const linear: Stage = {
    kind: 'linear',
    sharesPct: [20, 50],
    bakeMs: 8_000,
    decideWithinMs: 60_000,
    extraFailures: null,
    onInconclusive,
  };
  const routing = { by: 'gateway', to: stack.buckets.assignments, expiresMs: 60_000 } as const;
  const spec = fileOf([linear], { v9: WRONG.right }, { routing });
  // As good as its incumbent: where neither has errors, chance has no say.
  const guards = spec.guards.filter(({ kind }) => kind === 'errors');
  const handle = await stack.submit({ ...spec, guards });
  const result = await handle.result();
  expect(result).toMatchObject({ outcome: { kind: 'promoted' }, serving: 'v9' });
  const { shares } = await handle.query(stateQuery);
  const usersAt = (pct: number): ReadonlyMap<string, ReadonlySet<string>> => {
    const i = shares.findIndex(({ sharesPct }) => sharesPct?.v9 === pct);
    // Gateways follow an assignment within their refresh, and here the same process that may have been held up sends the calls.
    const [fromMs, toMs] = [(shares[i]?.sinceMs ?? NaN) + 2_000, (shares[i + 1]?.sinceMs ?? NaN) - 1_000];
    const users = new Map<string, Set<string>>();
    for (const { user, variant } of traffic.answered.filter(({ sentMs: at }) => at > fromMs && at < toMs))
      users.set(user, (users.get(user) ?? new Set()).add(variant));
    return users;
  };
  const [few, many] = [usersAt(20), usersAt(50)];
  for (const [users, pct] of [
    [few, 20],
    [many, 50],
  ] as const) {
    expect(users.size).toBeGreaterThan(100);
    expect([...users].filter(([, variants]) => variants.size > 1)).toEqual([]);
    const own = [...users.values()].filter((variants) => variants.has('v9')).length;
    expect(binomialPValue(own, users.size, pct / 100)).toBeGreaterThan(1e-6);
  }
  expect([...few].filter(([user, variants]) => variants.has('v9') && many.get(user)?.has('v9') === false)).toEqual([]);
});

test('a shadow answers copies only: pairs are joined, and no user ever sees its answers before it has passed', async () => {
  const result = await dark.result();
  expect(result.outcome).toMatchObject({ kind: 'promoted' });
  const { shares, traffic: seen } = await dark.query(stateQuery);
  expect(seen.pairs).toBeGreaterThanOrEqual(100);
  const splitMs = shares.find(({ sharesPct }) => sharesPct !== null && 'v2' in sharesPct)?.sinceMs ?? NaN;
  const before = darkTraffic.answered.filter(({ sentMs }) => sentMs < splitMs);
  expect(before.length).toBeGreaterThan(100);
  expect(before.filter(({ variant }) => variant !== 'v1')).toEqual([]);
});

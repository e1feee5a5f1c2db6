import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { banditOf, startTrack } from '../../activities/allocation/bandit';
import { rampsOf } from '../../activities/allocation/ramp';
import type { LookRequest, PlannedContext } from '../../activities/types';
import { currentVerdict, planEveryGuard, startGuard } from '../../guards';
import type { BanditTrack, LookResult } from '../../rollout';
import type { BanditStage, LinearStage, RolloutSpec, Stage } from '../../spec/types';
import { contextFor, deployFirst, specFor, splitAt, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { countingGateway, makeBuckets, predicted, writeCapture, writeEvents, writeLabels } from '../support/evidence';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Evidence is of a time to come, so that whatever is written now has arrived in time. */
const BASE_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 2 * HOUR_MS;
const ENDPOINT = 'allocated';
const TICKS = 30;

const bandit: BanditStage = {
  kind: 'bandit',
  allocator: 'thompson',
  reward: { kind: 'quality' },
  intervalMs: 5 * MINUTE_MS,
  floorPct: 2,
  deadBandPct: 0.2,
  discount: 1,
  atMostMs: 24 * HOUR_MS,
  onInconclusive: 'rollBack',
};
const ramp: LinearStage = {
  kind: 'linear',
  sharesPct: [5, 50],
  bakeMs: 5 * MINUTE_MS,
  decideWithinMs: HOUR_MS,
  extraFailures: 20,
  onInconclusive: 'rollBack',
};

let world: ActivityWorld;
let incumbent: NonNullable<PlannedContext['incumbent']>;

/**
 * v1 beside v2 at 50 %; v2 is right eight times in ten, v1 seven times. Neither fails. Of v1's 40 answers a tick 6 lead to a purchase for 10, of
 * v2's 4 to one for 40 or for more than anybody believes.
 */
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['counts', 'capture', 'labels', 'events']);
  incumbent = await deployFirst(world, ENDPOINT);
  const context = contextFor(specFor(ENDPOINT, { name: 'v2' }), 2, incumbent);
  await world.activities.deploy({ ...context, to: 'split' });
  await world.activities.awaitEndpoint({ endpoint: ENDPOINT, configName: context.names.split, sharesPct: null });
  await world.activities.shiftTraffic({ ...context, layout: splitAt(50) });
  const sharesPct = { v1: 50, v2: 50 };
  await world.activities.awaitEndpoint({ endpoint: ENDPOINT, configName: context.names.split, sharesPct });
  await writeEvidence();
});
afterAll(() => world.stop());

async function writeEvidence(): Promise<void> {
  const gateway = countingGateway(world, {
    uri: 's3://counts/a',
    endpoint: ENDPOINT,
    gateway: 'g1',
    startMs: BASE_MS,
  });
  const labels: Record<string, string> = {};
  const purchases: { inferenceId: string; atMs: number; value: number }[] = [];
  for (const [variant, right, prices] of [
    ['v1', 7, [10, 10, 10, 10, 10, 10]],
    ['v2', 8, [40, 40, 40, 9_999]],
  ] as const) {
    for (let tick = 0; tick < TICKS; tick++) {
      const atMs = BASE_MS + tick * MINUTE_MS + 20_000;
      gateway.record({ variant, atMs, n: 50 });
      const answers = Array.from({ length: 40 }, (_, i) => ({
        id: `${variant}-${tick}-${i}`,
        atMs,
        output: predicted(i % 10 < right ? 'good' : 'bad'),
      }));
      for (const { id } of answers) labels[id] = 'good';
      for (const [i, value] of prices.entries())
        purchases.push({ inferenceId: `${variant}-${tick}-${i}`, atMs: atMs + 10_000, value });
      await writeCapture(world, { to: 's3://capture/a', endpoint: ENDPOINT, variant }, answers);
    }
  }
  await writeLabels(world, { from: 's3://labels/a', hourMs: BASE_MS, name: 'all' }, labels);
  await writeEvents(world, { from: 's3://events/a', event: 'purchase', endpoint: ENDPOINT, name: 'all' }, purchases);
  await gateway.close(BASE_MS + TICKS * MINUTE_MS);
}

function request(stage: Stage, changes: Partial<LookRequest> = {}): LookRequest {
  const spec: RolloutSpec = specFor(
    ENDPOINT,
    { name: 'v2' },
    {
      counts: { from: 'gateway', uri: 's3://counts/a' },
      capture: { to: 's3://capture/a', samplingPct: 100, contentTypes: ['application/json'] },
      groundTruth: { from: 's3://labels/a', maturityMs: MINUTE_MS },
      events: { purchase: { from: 's3://events/a', windowMs: MINUTE_MS, unit: 'request' } },
      stages: [stage],
    }
  );
  const baseline = { errors: { n: 10_000, bad: 100 }, quality: { n: 1_000, bad: 400 } };
  const guards = planEveryGuard({
    guards: spec.guards,
    budget: spec.budget,
    horizonTicks: 100,
    incumbent: baseline,
    dispersion: {},
  });
  const context = contextFor(spec, 2, incumbent);
  const plan = banditOf(spec, 'v1');
  const ramps = rampsOf(spec, { baseline, requestsPerSecond: 10 });
  const track = startTrack(plan, spec);
  return {
    ...context,
    plan: { ...context.plan, guards, bandit: plan, ramps },
    layout: splitAt(50),
    holding: { stage: 0, follows: plan === null ? 'harm' : 'rewards', running: ['v2'], sinceMs: BASE_MS },
    shares: [{ sinceMs: BASE_MS, sharesPct: { v2: 50 } }],
    guards: guards.map((one, guard) => {
      const state = startGuard(one);
      return { arm: 'v2', guard, state, verdict: currentVerdict(one, state), throughMs: BASE_MS };
    }),
    traffic: { requests: {}, lastLook: null, pairs: 0, compared: [], throughMs: BASE_MS },
    bandit: track === null ? null : { ...track, throughMs: BASE_MS, batches: [{ batch: 0, sinceMs: BASE_MS }] },
    ...changes,
  };
}

function look(asked: LookRequest, afterMs: number): Promise<LookResult> {
  return world.activitiesAt(() => BASE_MS + afterMs).judge(asked);
}

function rewardsOf(track: BanditTrack | null): unknown {
  return track?.state.arms.map(({ name, total, served, censored }) => ({ name, ...total, served, censored }));
}

describe('a bandit', () => {
  test('counts rewards once, those that no label will ever tell as censored, and leaves the shares until a batch is over', async () => {
    const slow = { ...bandit, intervalMs: 30 * MINUTE_MS };
    const first = await look(request(slow), 4 * MINUTE_MS);
    expect(first.proposal).toBeNull();
    expect(rewardsOf(first.bandit)).toEqual([
      { name: 'v1', n: 120, sum: 84, served: 150, censored: 30 },
      { name: 'v2', n: 120, sum: 96, served: 150, censored: 30 },
    ]);
    const again = await look(request(slow, { bandit: first.bandit }), 4 * MINUTE_MS);
    expect(again.bandit).toEqual(first.bandit);
  });

  test('ends its first batches sooner than later ones: what everybody is split blindly by is short', async () => {
    const at = async (afterMs: number, sinceMs: number) => {
      const asked = request({ ...bandit, intervalMs: 10 * MINUTE_MS });
      if (asked.bandit === null || asked.plan.bandit === null) throw new Error('no bandit');
      // Nobody is to win meanwhile.
      const plan = { ...asked.plan, bandit: { ...asked.plan.bandit, falseWinner: 1e-12 } };
      const batches = [
        { batch: 0, sinceMs: BASE_MS },
        { batch: 1, sinceMs: BASE_MS + sinceMs },
      ];
      const begun = sinceMs === 0 ? batches.slice(0, 1) : batches;
      const state = { ...asked.bandit.state, batch: begun.length - 1 };
      const ran = { ...asked, plan, bandit: { ...asked.bandit, state, batches: begun } };
      return (await look(ran, afterMs)).proposal;
    };
    expect(await at(1 * MINUTE_MS, 0)).toBeNull();
    expect(await at(2 * MINUTE_MS, 0)).not.toBeNull();
    // After ten minutes, of which nine are known, a batch lasts a third of those.
    expect(await at(10 * MINUTE_MS, 8 * MINUTE_MS)).toBeNull();
    expect(await at(10 * MINUTE_MS, 7 * MINUTE_MS)).toMatchObject({ winner: null });
  });

  test('moves the shares to the better arm when a batch is over, and says why', async () => {
    const { proposal, bandit: track } = await look(request(bandit), 5 * MINUTE_MS);
    expect(proposal?.sharesPct.v2).toBeGreaterThan(80);
    expect(proposal?.reason).toMatch(/v2 is best with probability/);
    expect(track?.batches.map(({ batch }) => batch)).toEqual([0, 1]);
  });

  test('declares the best arm once the evidence does, whoever looks how often', async () => {
    const { proposal } = await look(request(bandit), 31 * MINUTE_MS);
    expect(proposal?.winner).toBe('v2');
  });

  test('is rewarded by what events carry, within its bounds: fewer purchases may earn more', async () => {
    const sold: BanditStage = { ...bandit, reward: { kind: 'event', event: 'purchase' } };
    const counted = await look(request(sold), 10 * MINUTE_MS);
    expect(counted.bandit?.state.arms.map(({ total }) => total)).toEqual([
      { n: 200, sum: 30 },
      { n: 200, sum: 20 },
    ]);
    expect(counted.proposal?.sharesPct.v2).toBeLessThan(50);

    const earned = await look(
      request({ ...sold, reward: { kind: 'event', event: 'purchase', value: [0, 50] } }),
      10 * MINUTE_MS
    );
    const [v1, v2] = earned.bandit?.state.arms ?? [];
    expect(v1?.total.sum).toBeCloseTo((5 * 6 * 10) / 50, 9);
    expect(v2?.total.sum).toBeCloseTo((5 * (3 * 40 + 50)) / 50, 9);
    expect(earned.proposal?.sharesPct.v2).toBeGreaterThan(80);
  });

  test('takes a tick in which the shares were moved for no batch', async () => {
    const shares = [
      { sinceMs: BASE_MS, sharesPct: { v2: 50 } },
      { sinceMs: BASE_MS + 90_000, sharesPct: { v2: 60 } },
    ];
    const { bandit: track } = await look(request(bandit, { shares }), 4 * MINUTE_MS);
    expect(track?.state.arms.map(({ total }) => total.n)).toEqual([80, 80]);
  });

  test('gives a candidate that does not compete any more nothing, at once', async () => {
    const asked = request(bandit);
    const out = { ...asked, holding: { stage: 0, follows: 'rewards', running: [], sinceMs: BASE_MS } as const };
    expect((await look(out, 2 * MINUTE_MS)).proposal).toMatchObject({ sharesPct: { v2: 50 }, winner: 'v1' });
  });
});

describe('a budget of extra failures', () => {
  test('lets the share grow as the evidence rules harm out, after each bake, and never shrink', async () => {
    const at = (sharePct: number): LookRequest => ({
      ...request(ramp),
      layout: splitAt(50),
      shares: [{ sinceMs: BASE_MS, sharesPct: { v2: sharePct } }],
    });
    expect((await look(at(50), 3 * MINUTE_MS)).proposal).toBeNull();
    const grown = (await look(at(50), 6 * MINUTE_MS)).proposal;
    expect(grown?.sharesPct.v2).toBeGreaterThanOrEqual(50);
    expect(grown?.winner).toBeNull();
    const [plan] = request(ramp).plan.ramps;
    expect(plan).toMatchObject({ stage: 0, maxPct: 50, bakeMs: 5 * MINUTE_MS });
    expect(plan?.statement).toMatch(/at most 20 extra failures are expected/);
  });
});

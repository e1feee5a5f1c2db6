import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatCounts } from '../../gateway/counts-format';
import { CountsRecorder } from '../../gateway/counts-recorder';
import { hourFolder } from '../../gateway/s3-location';
import prices from '../../report/prices.json';
import { createObjectReader } from '../../activities/evidence/objects';
import { lookBack, measure } from '../../activities/measure';
import type { NamedContext } from '../../activities/types';
import type { Incumbent } from '../../rollout';
import { resourceNames } from '../../sagemaker/names';
import type { GuardSpec, RolloutSpec } from '../../spec/types';
import { failureOf, specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { aGuard } from '../support/guard-specs';
import { countingGateway, makeBuckets, predicted, writeCapture, writeLabels } from '../support/evidence';

const TICK_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Middle of an hour to come, so that labels written now have arrived in time. */
const NOW_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 2.5 * HOUR_MS;
const INCUMBENT: Incumbent = {
  variant: 'v1',
  version: 'v1',
  modelName: 'm1',
  configName: 'c1',
  instanceType: 'ml.m5.large',
  instanceCount: 1,
};

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['counts', 'capture', 'labels']);
});
afterAll(() => world.stop());

function contextOf(evidence: string, changes: Partial<RolloutSpec> = {}): Omit<NamedContext, 'incumbent'> {
  const spec = specFor(
    'planned',
    { name: 'v2' },
    {
      tickMs: TICK_MS,
      counts: { from: 'gateway', uri: `s3://counts/${evidence}` },
      capture: { to: `s3://capture/${evidence}`, samplingPct: 100, contentTypes: ['application/json'] },
      groundTruth: { from: `s3://labels/${evidence}`, maturityMs: 2_000 },
      baseline: { lookbackMs: 20_000, atLeast: 100, atMostMs: 3_000 },
      stages: [
        {
          kind: 'canary',
          sharePct: 5,
          groups: [],
          until: { kind: 'decided', atMostMs: 60_000 },
          onInconclusive: 'rollBack',
        },
      ],
      ...changes,
    }
  );
  return { id: 'rollout/planned/2', number: 2, spec, names: resourceNames(spec, 2) };
}

/** Ten seconds of the incumbent: 20 calls a second, one in ten with a label, one label in four wrong. */
async function writeHistory(evidence: string): Promise<void> {
  const startMs = NOW_MS - 12_000;
  const gateway = countingGateway(world, {
    uri: `s3://counts/${evidence}`,
    endpoint: 'planned',
    gateway: 'g',
    startMs,
  });
  for (let second = 0; second < 10; second++)
    gateway.record({ variant: 'v1', atMs: startMs + second * 1_000, n: 20, status: second === 0 ? 500 : 200 });
  await gateway.flush(NOW_MS);
  const answers = Array.from({ length: 20 }, (_, i) => ({
    id: `p${i}`,
    atMs: startMs + i * 100,
    output: predicted(i % 4 === 0 ? 'bad' : 'good'),
  }));
  await writeCapture(world, { to: `s3://capture/${evidence}`, endpoint: 'planned', variant: 'v1' }, answers);
  await writeLabels(
    world,
    { from: `s3://labels/${evidence}`, hourMs: startMs, name: 'a' },
    Object.fromEntries(answers.map(({ id }) => [id, 'good']))
  );
}

describe('fixPlan', () => {
  test('measures the incumbent’s own rates and fixes margins, budgets and forecasts by them', async () => {
    await writeHistory('measured');
    const context = contextOf('measured', { baseline: { lookbackMs: 20_000, atLeast: 20, atMostMs: 1_000 } });
    const activities = world.activitiesAt(() => NOW_MS);
    const { plan, guards } = await activities.fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
    expect(plan.baseline).toEqual({ errors: { n: 200, bad: 20 }, quality: { n: 20, bad: 5 } });
    expect(plan.guards).toMatchObject([
      { name: 'errors', rollbackAlpha: 0.005 },
      { name: 'quality', rollbackAlpha: 0.005 },
    ]);
    // The twelve seconds since the first call, two of them silent.
    expect(plan.forecasts[0]?.requestsPerSecond).toBeCloseTo(200 / 12, 1);
    expect(guards.map(({ throughMs, state }) => [throughMs, state.ticks])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    // Twice the bad events of one that has some.
    expect(plan.forecasts.map(({ worse }) => worse)).toEqual(plan.forecasts.map(() => undefined));
    const again = await activities.fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
    expect(again.plan.digest).toBe(plan.digest);
  });

  test('of an incumbent that never fails it foretells a candidate that does, not twice nothing', async () => {
    const startMs = NOW_MS - 12_000;
    const gateway = countingGateway(world, { uri: 's3://counts/flawless', endpoint: 'planned', gateway: 'g', startMs });
    for (let second = 0; second < 10; second++)
      gateway.record({ variant: 'v1', atMs: startMs + second * 1_000, n: 20, status: 200 });
    await gateway.flush(NOW_MS);
    const baseline = { lookbackMs: 20_000, atLeast: 20, atMostMs: 1_000 };
    const context = contextOf('flawless', { baseline, guards: [aGuard({ kind: 'errors' })] });
    const { plan } = await world
      .activitiesAt(() => NOW_MS)
      .fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
    expect(plan.baseline).toEqual({ errors: { n: 200, bad: 0 } });
    expect(plan.forecasts).toMatchObject([{ guard: 'errors', worse: 'one with 5 % bad events' }]);
  });

  test('foretells what rests on the incumbent’s answers: drifts and shifts of scores, also at other shares', async () => {
    const startMs = NOW_MS - 20_000;
    const answers = Array.from({ length: 400 }, (_, i) => ({
      id: `a${i}`,
      atMs: startMs + i * 45,
      output: JSON.stringify({ predictions: [{ label: i % 4 === 0 ? 'bad' : 'good', score: (i % 10) / 10 }] }),
    }));
    await writeCapture(world, { to: 's3://capture/answers', endpoint: 'planned', variant: 'v1' }, answers);
    const guards = [
      aGuard({ kind: 'outputDrift', threshold: 0.2, leastN: 40 }),
      aGuard({
        kind: 'shadowScore',
        value: '$.predictions[0].score',
        higherIs: 'better',
        promoteWithin: { difference: 0.1 },
        points: Array.from({ length: 21 }, (_, i) => (i - 10) / 10),
      }),
    ];
    const shadow = { kind: 'shadow', samplePct: 100, until: { pairs: 100, atMostMs: 60_000 } } as const;
    const { stages } = contextOf('answers').spec;
    const context = contextOf('answers', {
      guards,
      stages: [{ ...shadow, engine: 'variant', onInconclusive: 'rollBack' }, ...stages],
      baseline: { lookbackMs: 20_000, atLeast: 0, atMostMs: 1_000 },
      capture: { to: 's3://capture/answers', samplingPct: 100, contentTypes: ['application/json'], lagMs: 1_000 },
    });
    const input = { ...context, incumbent: INCUMBENT, calibrated: null, alsoPct: [98] };
    const { plan } = await world.activitiesAt(() => NOW_MS).fixPlan(input);
    expect(plan.forecasts).toMatchObject([
      { guard: 'outputDrift', sharePct: 5, worse: 'answers that differ by 0.4' },
      { guard: 'outputDrift', sharePct: 98 },
      { guard: 'shadowScore', sharePct: 100, worse: 'a score worse by 0.1' },
    ]);
    // Of the nineteen seconds that are closed.
    for (const { requestsPerSecond } of plan.forecasts) expect(requestsPerSecond).toBeCloseTo(400 / 19, 6);
    const [, , scores] = plan.forecasts;
    expect(scores?.passMs).toBeGreaterThan(1_000);
    expect(scores?.failMs).toBeGreaterThan(1_000);
  });

  test('promises nothing exact of requests where a gateway draws users, whose requests stay together', async () => {
    await writeHistory('drawn');
    const baseline = { lookbackMs: 20_000, atLeast: 20, atMostMs: 1_000 };
    const routing = { by: 'gateway', to: 's3://control', expiresMs: 600_000 } as const;
    const classes = async (changes: Partial<RolloutSpec>): Promise<readonly string[]> => {
      const context = contextOf('drawn', { baseline, ...changes });
      const activities = world.activitiesAt(() => NOW_MS);
      const { plan } = await activities.fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
      return plan.guards.map((guard) => guard.class);
    };
    expect(await classes({})).toEqual(['guaranteed', 'guaranteed']);
    expect(await classes({ routing })).toEqual(['approximate', 'approximate']);
    const exposures = { from: 's3://capture/exposures' };
    const { guards } = contextOf('drawn').spec;
    const byUser = guards.map((guard) => ({ ...guard, users: { windowMs: 3_600_000 } }) as GuardSpec);
    const split: GuardSpec = { ...aGuard({ kind: 'split' }), unit: 'user' } as GuardSpec;
    expect(
      await classes({ routing, exposures, guards: [...byUser, split], baseline: { ...baseline, atLeast: 0 } })
    ).toEqual(['guaranteed', 'guaranteed', 'guaranteed']);
  });

  test('waits while there is too little, and goes on as soon as there is enough', async () => {
    const context = contextOf('growing', {
      guards: contextOf('x').spec.guards.slice(0, 1),
      baseline: { lookbackMs: 60_000, atLeast: 100, atMostMs: 60_000 },
    });
    let nowMs = NOW_MS;
    const gateway = countingGateway(world, {
      uri: 's3://counts/growing',
      endpoint: 'planned',
      gateway: 'g',
      startMs: NOW_MS - 5_000,
    });
    gateway.record({ variant: 'v1', atMs: NOW_MS - 4_000, n: 99 });
    await gateway.flush(NOW_MS);
    const planning = world.activitiesAt(() => nowMs).fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
    gateway.record({ variant: 'v1', atMs: NOW_MS, n: 1 });
    await gateway.flush(NOW_MS + 1_000);
    nowMs += 1_000;
    expect((await planning).plan.baseline).toEqual({ errors: { n: 100, bad: 0 } });
  });

  test('fails with NoEvidence, and says what was found, when the time that the file allows is up', async () => {
    let nowMs = NOW_MS;
    const impatient = world.activitiesAt(() => (nowMs += 1_000));
    expect(
      await failureOf(impatient.fixPlan({ ...contextOf('empty'), incumbent: INCUMBENT, calibrated: null }))
    ).toEqual({
      type: 'NoEvidence',
      text: 'The incumbent v1 has too little evidence to plan with (errors: 0, quality: 0; 100 needed within 20 s).',
    });
    // Thousands of requests of a few users are a few: whoever reads the number must know what was counted.
    const ofUsers = contextOf('empty', {
      guards: [aGuard({ kind: 'errors', unit: { user: '6h' } })],
      exposures: { from: 's3://capture/exposures' },
    });
    expect(await failureOf(impatient.fixPlan({ ...ofUsers, incumbent: INCUMBENT, calibrated: null }))).toMatchObject({
      text: expect.stringContaining('(errors: 0 users, each counted once in 6h; 100 needed'),
    });
  });

  test('measures the incumbent’s quantiles at the gateway’s bounds, and says how it treats noise and why', async () => {
    const guards = [aGuard({ kind: 'latency', quantiles: ['p50', 'p90'] })];
    const context = contextOf('quantiles', { guards, baseline: { lookbackMs: 20_000, atLeast: 100, atMostMs: 1_000 } });
    const startMs = NOW_MS - 12_000;
    const gateway = countingGateway(world, {
      uri: 's3://counts/quantiles',
      endpoint: 'planned',
      gateway: 'g',
      startMs,
    });
    gateway.record({ variant: 'v1', atMs: startMs, n: 85, latencyMs: 95 });
    gateway.record({ variant: 'v1', atMs: startMs, n: 15, latencyMs: 130 });
    await gateway.flush(NOW_MS);
    const activities = world.activitiesAt(() => NOW_MS);
    const { plan } = await activities.fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
    expect(plan.guards).toMatchObject([
      {
        name: 'latency',
        class: 'approximate',
        // Each quantile's margin of 1.25 ends at the last bound within it.
        cutoffsMs: [95.3, 115, 133, 162],
        quantiles: [
          { quantile: 0.5, cutoff: 0, margin: 1 },
          { quantile: 0.9, cutoff: 2, margin: 3 },
        ],
        noise: {
          mode: 'fleetNoise',
          reason: expect.stringMatching(/^overdispersion not measured .*latency wobbles by itself, so 1.5 is assumed/),
        },
      },
    ]);
  });

  test('takes the incumbent’s own wobble from its past, and judges in the fleet-noise mode from there on', async () => {
    const guards = [aGuard({ kind: 'errors' })];
    const baseline = { lookbackMs: 450_000, atLeast: 100, atMostMs: 1_000 };
    const startMs = NOW_MS - 440_000;
    for (const [evidence, wobbles] of [
      ['steady', false],
      ['wobbly', true],
    ] as const) {
      const recorder = new CountsRecorder({ gateway: 'g', endpoint: 'planned' }, 1_000, startMs);
      for (let atMs = startMs, second = 0; second < 430; second++, atMs += 1_000) {
        const bad = wobbles ? (second % 2) * 10 : 5;
        for (let call = 0; call < 20; call++)
          recorder.record({ variant: 'v1', atMs, status: call < bad ? 500 : 200, latencyMs: 5 });
      }
      const lines = recorder.takeEnded(NOW_MS).map(formatCounts).join('');
      await world.put(`s3://counts/${evidence}/planned/${hourFolder(startMs)}/all.jsonl`, lines);
    }
    const measured = async (evidence: string): Promise<unknown> => {
      const { spec } = contextOf(evidence, { guards, baseline });
      const deps = {
        ...{ aws: world.aws, objects: createObjectReader(world.aws.s3), prices, now: () => NOW_MS },
        ...{ sleep: async () => undefined, heartbeat: () => undefined },
      };
      const fromMs = NOW_MS - baseline.lookbackMs;
      const look = await lookBack(deps, { spec, variants: ['v1'], fromMs, rollout: 'r' });
      return (await measure(look, 'v1', fromMs)).noise['errors'];
    };
    expect(await measured('steady')).toMatchObject({ mode: 'exact', phi: 1 });
    expect(await measured('wobbly')).toMatchObject({
      mode: 'fleetNoise',
      reason: expect.stringMatching(/^overdispersion \d.* from tick to tick in the incumbent's past, from 1.15 on/),
    });
  });

  test('takes what two slices of the incumbent showed at once before what its past shows', async () => {
    const startMs = NOW_MS - 100_000;
    const recorder = new CountsRecorder({ gateway: 'g', endpoint: 'planned' }, 1_000, startMs);
    for (let atMs = startMs, second = 0; second < 80; second++, atMs += 1_000) {
      for (const [variant, bad] of [
        ['v1', 5],
        ['v1-twin', (second % 2) * 10],
      ] as const) {
        for (let call = 0; call < 20; call++)
          recorder.record({ variant, atMs, status: call < bad ? 500 : 200, latencyMs: call < bad ? 90 : 5 });
      }
    }
    const lines = recorder.takeEnded(NOW_MS).map(formatCounts).join('');
    await world.put(`s3://counts/slices/planned/${hourFolder(startMs)}/all.jsonl`, lines);
    const guards = [aGuard({ kind: 'latency', quantiles: ['p50', 'p90'], mode: 'exact' })];
    const context = contextOf('slices', { guards, baseline: { lookbackMs: 100_000, atLeast: 100, atMostMs: 1_000 } });
    const calibrated = { fromMs: startMs, toMs: startMs + 80_000 };
    const activities = world.activitiesAt(() => NOW_MS);
    const { plan } = await activities.fixPlan({ ...context, incumbent: INCUMBENT, calibrated });
    expect(plan.guards).toMatchObject([
      { class: 'approximate', noise: { mode: 'fleetNoise', measured: { ticks: { count: 80 } } } },
    ]);
    const { plan: exact } = await activities.fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
    expect(exact.guards).toMatchObject([{ class: 'guaranteed', noise: { mode: 'exact' } }]);
  });

  test('fails when an alarm that a guard asks is not there: it could never say anything', async () => {
    const context = contextOf('measured', { guards: [aGuard({ kind: 'alarm', name: 'reviews-p99' })] });
    const planning = world.activitiesAt(() => NOW_MS).fixPlan({ ...context, incumbent: INCUMBENT, calibrated: null });
    expect(await failureOf(planning)).toEqual({
      type: 'NotFound',
      text: 'There is no alarm reviews-p99, which alarm asks.',
    });
  });

  test('of a first deployment needs no evidence at all', async () => {
    const { plan, guards } = await world.activities.fixPlan({
      ...contextOf('empty'),
      incumbent: null,
      calibrated: null,
    });
    expect(plan).toMatchObject({ guards: [], baseline: {}, forecasts: [] });
    expect(guards).toEqual([]);
  });
});

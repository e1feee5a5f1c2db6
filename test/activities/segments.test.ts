import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { banditOf, startTrack } from '../../activities/allocation/bandit';
import { followRewards } from '../../activities/allocation/follow';
import type { SegmentRewards } from '../../activities/allocation/follow';
import type { LookRequest, PlannedContext } from '../../activities/types';
import { createObjectReader } from '../../activities/evidence/objects';
import { createGateway } from '../../gateway';
import { parseExposures } from '../../gateway/exposure-format';
import { hourPrefixes } from '../../gateway/s3-location';
import { currentVerdict, planEveryGuard, startGuard } from '../../guards';
import type { Layout } from '../../rollout';
import type { BanditStage, RolloutSpec } from '../../spec/types';
import { contextFor, deployFirst, specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { makeBuckets, predicted, writeCapture, writeExposures, writeLabels } from '../support/evidence';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Evidence is of a time to come, so that whatever is written now has arrived in time. */
const BASE_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 2 * HOUR_MS;
const ENDPOINT = 'segmented';

const bandit: BanditStage = {
  kind: 'bandit',
  allocator: 'thompson',
  reward: { kind: 'quality' },
  intervalMs: 5 * MINUTE_MS,
  floorPct: 2,
  deadBandPct: 0.2,
  discount: 1,
  segments: { facet: 'category', values: ['phones', 'books'] },
  atMostMs: 24 * HOUR_MS,
  onInconclusive: 'rollBack',
};
const spec: RolloutSpec = specFor(
  ENDPOINT,
  { name: 'v2' },
  {
    counts: { from: 'gateway', uri: 's3://counts/s' },
    capture: { to: 's3://capture/s', samplingPct: 100, contentTypes: ['application/json'] },
    groundTruth: { from: 's3://labels/s', maturityMs: MINUTE_MS },
    routing: { by: 'gateway', to: 's3://control', expiresMs: HOUR_MS },
    exposures: { from: 's3://exposures/s' },
    stages: [bandit],
  }
);
const SPEC: RolloutSpec = { ...spec, schema: { ...spec.schema, facets: { category: '$.category' } } };
const LAYOUT: Layout = {
  kind: 'split',
  sharesPct: { v2: 50 },
  segments: { phones: { v2: 100 }, books: { v2: 0 }, other: { v2: 50 } },
  copyPct: 0,
  groups: [],
  epoch: 1,
};

let world: ActivityWorld;
let incumbent: NonNullable<PlannedContext['incumbent']>;
let context: PlannedContext;

beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['counts', 'capture', 'labels', 'exposures', 'control']);
  incumbent = await deployFirst(world, ENDPOINT);
  context = contextFor(SPEC, 2, incumbent);
  await world.activities.deploy({ ...context, to: 'split' });
  await world.activities.awaitEndpoint({ endpoint: ENDPOINT, configName: context.names.split, sharesPct: null });
});
afterAll(() => world.stop());

test('a gateway sends each segment where the rollout’s shares say, and writes down with which probability', async () => {
  await world.activities.shiftTraffic({ ...context, layout: LAYOUT });
  const sharesPct = { v1: 50, v2: 50 };
  await world.activities.awaitEndpoint({ endpoint: ENDPOINT, configName: context.names.split, sharesPct });
  const gateway = createGateway({
    endpoint: ENDPOINT,
    runtime: world.aws.runtime,
    s3: world.aws.s3,
    assignment: 's3://control',
    exposures: 's3://exposures/live',
    flushMs: 60_000,
  });
  const ask = (category: string, more: { readonly segment?: string } = {}) =>
    gateway.invoke({ body: JSON.stringify({ category }), contentType: 'application/json', userId: 'ana', ...more });
  expect(await ask('phones')).toMatchObject({ variant: 'v2', segment: 'phones', propensity: 1 });
  expect(await ask('books')).toMatchObject({ variant: 'v1', segment: 'books', propensity: 1 });
  expect(await ask('books', { segment: 'phones' })).toMatchObject({ variant: 'v2', segment: 'phones' });
  expect(await ask('toys')).toMatchObject({ segment: 'other', propensity: 0.5 });
  await gateway.close();
  const folder = hourPrefixes({ prefix: 'live', folder: ENDPOINT, fromMs: Date.now() - HOUR_MS, toMs: Date.now() });
  const objects = createObjectReader(world.aws.s3);
  const refs = await Promise.all(folder.map((prefix) => objects.list({ bucket: 'exposures', prefix })));
  const written = (await Promise.all(refs.flat().map((ref) => objects.read(ref, parseExposures)))).flat();
  expect(written.map(({ segment, propensity }) => [segment, propensity])).toEqual([
    ['phones', 1],
    ['books', 1],
    ['phones', 1],
    ['other', 0.5],
  ]);
});

/** v2 is the better one for phones and the worse one for books; the arms get the segments in unequal parts. */
async function writeEvidence(): Promise<void> {
  const labels: Record<string, string> = {};
  const exposures = [];
  for (const [variant, segment, n, right] of [
    ['v1', 'phones', 20, 5],
    ['v2', 'phones', 60, 9],
    ['v1', 'books', 60, 9],
    ['v2', 'books', 20, 5],
  ] as const) {
    const answers = Array.from({ length: 12 * n }, (_, i) => ({
      id: `${variant}-${segment}-${i}`,
      atMs: BASE_MS + Math.floor(i / n) * MINUTE_MS + 20_000,
      output: predicted(i % 10 < right ? 'good' : 'bad'),
    }));
    for (const { id, atMs } of answers) {
      labels[id] = 'good';
      exposures.push({ inferenceId: id, variant, segment, atMs });
    }
    await writeCapture(world, { to: `s3://capture/s`, endpoint: ENDPOINT, variant }, answers);
  }
  await writeLabels(world, { from: 's3://labels/s', hourMs: BASE_MS, name: 'all' }, labels);
  await writeExposures(world, { from: 's3://exposures/s', endpoint: ENDPOINT }, exposures);
}

test('each segment is learnt and judged by itself: shares part, and no arm is blamed for the segment that it gets', async () => {
  await writeEvidence();
  const baseline = { errors: { n: 10_000, bad: 100 }, quality: { n: 1_000, bad: 300 } };
  const guards = planEveryGuard({
    guards: SPEC.guards,
    budget: SPEC.budget,
    horizonTicks: 100,
    incumbent: baseline,
    dispersion: {},
  });
  const plan = banditOf(SPEC, 'v1');
  const track = startTrack(plan, SPEC);
  if (track === null) throw new Error('no bandit');
  const asked: LookRequest = {
    ...context,
    plan: { ...context.plan, guards, bandit: plan },
    layout: LAYOUT,
    holding: { stage: 0, follows: 'rewards', running: ['v2'], sinceMs: BASE_MS },
    shares: [{ sinceMs: BASE_MS, sharesPct: { v2: 50 } }],
    guards: guards.map((one, guard) => {
      const state = startGuard(one);
      return { arm: 'v2', guard, state, verdict: currentVerdict(one, state), throughMs: BASE_MS };
    }),
    traffic: { requests: {}, lastLook: null, pairs: 0, compared: [], throughMs: BASE_MS },
    bandit: { ...track, throughMs: BASE_MS, batches: [{ batch: 0, sinceMs: BASE_MS }] },
  };
  const found = await world.activitiesAt(() => BASE_MS + 10 * MINUTE_MS).judge(asked);
  const { proposal, bandit: learnt } = found;
  expect(proposal?.winner).toBeNull();
  expect(proposal?.segments?.['phones']?.['v2']).toBeGreaterThan(90);
  expect(proposal?.segments?.['books']?.['v2']).toBeLessThan(10);
  expect(proposal?.segments?.['other']?.['v2']).toBe(50);
  expect(proposal?.reason).toMatch(/^phones: v1 is best with probability .*books: .*other: /);
  expect(learnt?.bySegment?.['phones']?.arms.map(({ total }) => total)).toEqual([
    { n: 180, sum: 90 },
    { n: 540, sum: 486 },
  ]);
  const [, quality] = found.guards;
  expect(quality?.verdict.numbers).toMatchObject({
    ticks: 9 * 3,
    candidate: { n: 720, bad: 144 },
    incumbent: { n: 720, bad: 144 },
  });
});

test('an arm has won when it has won every segment that was asked; different winners are told to people', () => {
  const plan = banditOf(SPEC, 'v1');
  const track = startTrack(plan, SPEC);
  if (plan === null || track === null) throw new Error('no bandit');
  const rewards = (v1: number, v2: number): SegmentRewards => ({
    arms: { v1: { n: 4_000, sum: v1 }, v2: { n: 4_000, sum: v2 } },
    served: { v1: 4_000, v2: 4_000 },
  });
  const none: SegmentRewards = { arms: {}, served: {} };
  const after = (phones: SegmentRewards, books: SegmentRewards) =>
    followRewards({
      plan,
      track: { ...track, throughMs: BASE_MS, batches: [{ batch: 0, sinceMs: BASE_MS }] },
      stage: bandit,
      benched: {},
      ticks: [
        {
          key: new Date(BASE_MS + MINUTE_MS).toISOString(),
          startMs: BASE_MS,
          endMs: BASE_MS + MINUTE_MS,
          isWhole: true,
          ...none,
          bySegment: { phones, books },
        },
      ],
      nowMs: BASE_MS + 5 * MINUTE_MS,
    }).proposal;
  const [better, worse] = [rewards(2_000, 3_000), rewards(3_000, 2_000)];
  expect(after(better, better)).toMatchObject({ winner: 'v2' });
  expect(after(better, none)).toMatchObject({ winner: 'v2' });
  expect(after(worse, worse)).toMatchObject({ winner: 'v1' });
  expect(after(better, worse)).toMatchObject({
    winner: null,
    reason: expect.stringMatching(
      /segments have different winners, and one endpoint keeps one model: phones: v2 is/
    ) as unknown,
  });
});

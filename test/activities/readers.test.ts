import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { measureQuantiles } from '../../activities/evidence/latency';
import { openLook } from '../../activities/evidence/look';
import type { Look, SharesSince } from '../../activities/evidence/look';
import { createObjectReader } from '../../activities/evidence/objects';
import { comparePairs } from '../../activities/evidence/compared';
import { referenceOf } from '../../activities/evidence/inputs';
import { readGuard } from '../../activities/evidence/read-guard';
import { latencyBoundsMs } from '../../gateway/latency-buckets';
import { planEveryGuard } from '../../guards';
import type { Evidence } from '../../guards/types';
import type { GuardSpec, RolloutSpec } from '../../spec/types';
import { specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import {
  countingGateway,
  makeBuckets,
  predicted,
  writeCapture,
  writeEvents,
  writeExposures,
  writeLabels,
} from '../support/evidence';
import type { Prediction } from '../support/evidence';
import { aGuard } from '../support/guard-specs';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Evidence is of a time to come, so that whatever is written now has arrived in time. */
const BASE_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 2 * HOUR_MS;
const ENDPOINT = 'read';
const PAIR = { candidate: 'v2', incumbent: 'v1' };

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['counts', 'capture', 'labels', 'events', 'exposures']);
});
afterAll(() => world.stop());

interface Looking {
  readonly nowMs: number;
  readonly changes?: Partial<RolloutSpec>;
  readonly shares?: readonly SharesSince[];
}

function lookAt(evidence: string, { nowMs, changes, shares = [] }: Looking): Promise<Look> {
  const spec = specFor(
    ENDPOINT,
    { name: 'v2' },
    {
      counts: { from: 'gateway', uri: `s3://counts/${evidence}` },
      capture: { to: `s3://capture/${evidence}`, samplingPct: 100, contentTypes: ['application/json'], lagMs: 10_000 },
      groundTruth: { from: `s3://labels/${evidence}`, maturityMs: MINUTE_MS },
      events: { sale: { from: `s3://events/${evidence}`, windowMs: 5 * MINUTE_MS, unit: 'request' } },
      ...changes,
    }
  );
  const sources = { objects: createObjectReader(world.aws.s3), cloudwatch: world.aws.cloudwatch };
  const about = { rollout: 'r' };
  return openLook(sources, { spec, variants: ['v2', 'v1'], nowMs, countsFromMs: BASE_MS, shares, about });
}

/** Evidence of the ticks that have closed since `BASE_MS`. */
async function read(look: Look, guard: GuardSpec): Promise<readonly Evidence[]> {
  const [plan = null] = planEveryGuard({
    guards: [guard],
    budget: look.spec.budget,
    horizonTicks: 10,
    incumbent: { [guard.kind]: { n: 100, bad: 10 } },
    dispersion: {},
    latencyBoundsMs,
  });
  const late = { openMs: BASE_MS, seenMs: 0 };
  const reading = await readGuard(look, { guard, plan, pair: PAIR, sinceMs: BASE_MS, late });
  return reading.ticks(BASE_MS, PAIR).map(({ evidence }) => evidence);
}

function gatewayOf(evidence: string): ReturnType<typeof countingGateway> {
  return countingGateway(world, { uri: `s3://counts/${evidence}`, endpoint: ENDPOINT, gateway: 'g', startMs: BASE_MS });
}

async function captured(evidence: string, variant: string, predictions: readonly Prediction[]): Promise<void> {
  await writeCapture(world, { to: `s3://capture/${evidence}`, endpoint: ENDPOINT, variant }, predictions);
}

const answer = (id: string, output: string, atMs = BASE_MS + 10_000): Prediction => ({ id, atMs, output });
const scored = (score: number | null): string => JSON.stringify({ score });

describe('latency from a gateway', () => {
  test('is counted above bounds of its buckets, and the incumbent’s quantiles are such bounds, too', async () => {
    const gateway = gatewayOf('latency');
    gateway.record({ variant: 'v1', atMs: BASE_MS + 1_000, n: 90, latencyMs: 9 });
    gateway.record({ variant: 'v1', atMs: BASE_MS + 1_000, n: 10, latencyMs: 40 });
    gateway.record({ variant: 'v2', atMs: BASE_MS + 1_000, n: 5, latencyMs: 11 });
    gateway.record({ variant: 'v2', atMs: BASE_MS + 1_000, n: 2, latencyMs: 13 });
    await gateway.flush(BASE_MS + MINUTE_MS);
    const look = await lookAt('latency', { nowMs: BASE_MS + MINUTE_MS });
    const quantiles = await measureQuantiles(look, { variant: 'v1', quantiles: [0.5, 0.99], fromMs: BASE_MS });
    expect(quantiles).toEqual([9.09, 40.2]);
    const guard = aGuard({ kind: 'latency', incumbent: { p50: 9.09, p99: 40.2 } });
    expect(await read(look, guard)).toEqual([
      {
        kind: 'latency',
        key: new Date(BASE_MS + MINUTE_MS).toISOString(),
        // Above 9.09, 11, 40.2 and 48.7 ms: the margin of 1.25 ends at the last bound within it.
        candidate: { n: 7, above: [7, 2, 0, 0] },
        incumbent: { n: 100, above: [10, 10, 0, 0] },
      },
    ]);
    // A margin of a tenth has bounds of its own within it.
    const narrow = aGuard({ kind: 'latency', incumbent: { p50: 10.5, p99: 40.2 }, promoteWithin: { ratio: 1.1 } });
    expect(await read(look, narrow)).toMatchObject([{ candidate: { above: [7, 2, 0, 0] } }]);
  });
});

test('the split is compared with the shares that held throughout a tick; a tick in which they changed says nothing', async () => {
  const gateway = gatewayOf('split');
  for (const minute of [0, 1, 2]) {
    gateway.record({ variant: 'v1', atMs: BASE_MS + minute * MINUTE_MS, n: 9 });
    gateway.record({ variant: 'v2', atMs: BASE_MS + minute * MINUTE_MS, n: 1 });
  }
  await gateway.flush(BASE_MS + 3 * MINUTE_MS);
  const shares = [
    { sinceMs: BASE_MS, sharesPct: { v1: 90, v2: 10 } },
    { sinceMs: BASE_MS + 1.2 * MINUTE_MS, sharesPct: null },
    // A third arm has the rest: the pair is looked at by itself.
    { sinceMs: BASE_MS + 1.8 * MINUTE_MS, sharesPct: { v1: 60, v2: 20, v3: 20 } },
  ];
  const look = await lookAt('split', { nowMs: BASE_MS + 3 * MINUTE_MS, shares });
  expect(await read(look, aGuard({ kind: 'split' }))).toMatchObject([
    { kind: 'split', candidate: 1, incumbent: 9, sharePct: 10 },
    { sharePct: 0 },
    { sharePct: 25 },
  ]);
});

test('capture is compared with the calls that a model answered; a record that came twice counts once', async () => {
  const gateway = gatewayOf('loss');
  gateway.record({ variant: 'v1', atMs: BASE_MS + 1_000, n: 3 });
  gateway.record({ variant: 'v2', atMs: BASE_MS + 1_000, n: 4 });
  gateway.record({ variant: 'v2', atMs: BASE_MS + 1_000, n: 2, status: 500 });
  await gateway.flush(BASE_MS + 2 * MINUTE_MS);
  await captured(
    'loss',
    'v1',
    ['a', 'b', 'c'].map((id) => answer(id, '{}'))
  );
  await captured(
    'loss',
    'v2',
    ['d', 'd', 'e'].map((id) => answer(id, '{}'))
  );
  const guard = aGuard({ kind: 'captureLoss' });
  // Ten seconds after the tick its records are in S3, or lost.
  expect(await read(await lookAt('loss', { nowMs: BASE_MS + MINUTE_MS + 9_000 }), guard)).toEqual([]);
  expect(await read(await lookAt('loss', { nowMs: BASE_MS + MINUTE_MS + 10_000 }), guard)).toMatchObject([
    { kind: 'coverage', candidate: { due: 4, got: 2 }, incumbent: { due: 3, got: 3 }, sampling: 1 },
  ]);
});

test('answers are counted by label for the drift between the arms; numbers by their first digits', async () => {
  await captured('drift', 'v1', [answer('a', predicted('good')), answer('b', predicted('good'))]);
  await captured('drift', 'v2', [
    answer('c', predicted('bad')),
    answer('d', '<html>'),
    answer('e', predicted('0.4567')),
  ]);
  const look = await lookAt('drift', { nowMs: BASE_MS + MINUTE_MS + 10_000 });
  const guard = aGuard({ kind: 'outputDrift', threshold: 0.1 });
  expect(await read(look, guard)).toMatchObject([
    { kind: 'labels', candidate: { bad: 1, '(unreadable)': 1, '0.46': 1 }, incumbent: { good: 2 } },
  ]);
  // What has no order has no cumulative share.
  const ordered = aGuard({ kind: 'outputDrift', threshold: 0.1, distance: 'kolmogorovSmirnov' });
  expect(await read(look, ordered)).toMatchObject([{ candidate: { '0.46': 1 }, incumbent: {} }]);
});

test('a facet of the request sorts the answers, with labels those that came in time; requests of all arms fall into bins of before', async () => {
  const about = (group: string, age: number) => JSON.stringify({ group, age });
  const asked = (id: string, said: string, input: string) => ({ ...answer(id, predicted(said)), input });
  await captured('facets', 'v1', [asked('a', 'good', about('x', 20)), asked('b', 'good', about('y', 30))]);
  await captured('facets', 'v2', [
    asked('c', 'bad', about('x', 40)),
    asked('d', 'good', about('y', 50)),
    asked('e', 'good', '{}'),
  ]);
  await writeLabels(world, { from: 's3://labels/facets', hourMs: BASE_MS, name: 'a' }, { c: 'good', d: 'good' });
  const look = await lookAt('facets', { nowMs: BASE_MS + 3 * MINUTE_MS });
  const schema = { ...look.spec.schema, facets: { group: '$.group' } };
  const own = { ...look, spec: { ...look.spec, schema } };
  const bias = { kind: 'bias', facet: 'group', threshold: 0.1 } as const;
  const [first] = await read(own, aGuard(bias));
  expect(first).toMatchObject({
    candidate: { x: { bad: 1 }, y: { good: 1 } },
    incumbent: { x: { good: 1 }, y: { good: 1 } },
  });
  const [labelled] = await read(own, aGuard({ ...bias, metric: 'RD', positive: 'good' }));
  expect(labelled).toMatchObject({ candidate: { x: { fn: 1 }, y: { tp: 1 } }, incumbent: {} });
  const reference = referenceOf([about('x', 25), about('y', 35), about('x', 45)], ['$.age', '$.group']);
  const drift = aGuard({ kind: 'inputDrift', threshold: 0.1 });
  const [plan] = planEveryGuard({
    ...{ guards: [drift], horizonTicks: 60, incumbent: {}, dispersion: {}, inputs: { inputDrift: reference } },
    budget: { falseRollback: 0.01, falsePromotion: 0.05, falseWinner: 0.05 },
  });
  const question = { guard: drift, plan: plan ?? null, pair: { candidate: 'v2', incumbent: 'v1' } };
  const reading = await readGuard(own, { ...question, sinceMs: BASE_MS, late: { seenMs: 0, openMs: 0 } });
  const words = reference.map((feature) => (feature.kind === 'word' ? feature.words : feature.kind));
  expect(words).toEqual([
    ['25', '35', '45'],
    ['x', 'y'],
  ]);
  // What was not there before, and a request without the feature, are the last bin.
  expect(reading.ticks(BASE_MS, question.pair)[0]?.evidence).toMatchObject({
    counts: [
      [0, 0, 0, 5],
      [2, 2, 1],
    ],
  });
});

describe('two answers to one request', () => {
  test('are discordant when only one of them is right, and count when their label came in time', async () => {
    const ids = ['both', 'worse', 'better', 'unlabelled', 'alone'];
    await captured(
      'pairs',
      'v1',
      ids.map((id) => answer(id, predicted(id === 'better' ? 'bad' : 'good')))
    );
    const copies = ids.filter((id) => id !== 'alone');
    await captured(
      'pairs',
      'v2',
      copies.map((id) => answer(id, predicted(id === 'worse' ? 'bad' : 'good')))
    );
    const labels = { both: 'good', worse: 'good', better: 'good', alone: 'good' };
    await writeLabels(world, { from: 's3://labels/pairs', hourMs: BASE_MS, name: 'a' }, labels);
    const look = await lookAt('pairs', { nowMs: BASE_MS + 3 * MINUTE_MS });
    const [first] = await read(look, aGuard({ kind: 'shadow' }));
    expect(first).toMatchObject({ candidate: { n: 3, bad: 1 }, incumbent: { n: 3, bad: 1 } });
  });

  test('are compared by score; a score that only the candidate fails to give is its worst', async () => {
    await captured('scores', 'v1', [answer('a', scored(0.5)), answer('b', scored(0.5)), answer('c', scored(null))]);
    await captured('scores', 'v2', [answer('a', scored(0)), answer('b', scored(null)), answer('c', scored(null))]);
    const look = await lookAt('scores', { nowMs: BASE_MS + 3 * MINUTE_MS });
    const written = {
      value: '$.score',
      higherIs: 'better',
      promoteWithin: { difference: 0.1 },
      points: [-1, -0.5, 0, 1],
    };
    const [first] = await read(look, aGuard({ kind: 'shadowScore', ...written }));
    expect(first).toMatchObject({ kind: 'differences', counts: [1, 1, 0, 0] });
  });
});

test('answers of both variants are compared over all and by facet, each instant once, whether or not labels come', async () => {
  const asked = (id: string, said: string, category: string): Prediction => ({
    ...answer(id, predicted(said)),
    input: JSON.stringify({ category }),
  });
  const requests = [
    ['a', 'phones'],
    ['b', 'phones'],
    ['c', 'books'],
    ['d', 'books'],
  ] as const;
  await captured(
    'facets',
    'v1',
    requests.map(([id, category]) => asked(id, 'good', category))
  );
  await captured(
    'facets',
    'v2',
    requests.map(([id, category]) => asked(id, id === 'a' ? 'bad' : 'good', category))
  );
  const changes = { schema: { prediction: '$.predictions[0].label', facets: { category: '$.category' } } };
  const look = await lookAt('facets', { nowMs: BASE_MS + 5 * MINUTE_MS, changes });
  const range = { pair: PAIR, fromMs: BASE_MS, toMs: BASE_MS + 4 * MINUTE_MS };
  const once = await comparePairs(look, { ...range, before: [] });
  expect(once).toEqual([
    { segment: '', pairs: 4, different: 1 },
    { segment: 'category = phones', pairs: 2, different: 1 },
    { segment: 'category = books', pairs: 2, different: 0 },
  ]);
  expect(await comparePairs(look, { ...range, fromMs: range.toMs, before: once })).toEqual(once);
});

describe('business events', () => {
  const guard = aGuard({ kind: 'business', event: 'sale' });
  const perUser = aGuard({ kind: 'business', event: 'sale', unit: 'user' });
  const at = (minutes: number): number => BASE_MS + minutes * MINUTE_MS;

  test('follow requests within the window; late ones and repeated ones do not count', async () => {
    await captured('sales', 'v1', [answer('a', '{}'), answer('b', '{}')]);
    await captured(
      'sales',
      'v2',
      ['c', 'd', 'e', 'f'].map((id) => answer(id, '{}'))
    );
    const file = { from: 's3://events/sales', event: 'sale', endpoint: ENDPOINT, name: 'x' };
    await writeEvents(world, file, [
      { inferenceId: 'a', atMs: at(2), value: 20 },
      { inferenceId: 'c', atMs: at(2), value: 5, eventId: 'once' },
      { inferenceId: 'c', atMs: at(2), value: 5, eventId: 'once' },
      { inferenceId: 'd', atMs: at(6) },
      { inferenceId: 'e', atMs: at(2), receivedMs: at(8) },
      { inferenceId: 'stranger', atMs: at(2) },
    ]);
    expect(await read(await lookAt('sales', { nowMs: at(7) - 1 }), guard)).toEqual([]);
    const look = await lookAt('sales', { nowMs: at(7) });
    expect(await read(look, guard)).toMatchObject([
      { unit: 'request', candidate: { n: 4, bad: 3 }, incumbent: { n: 2, bad: 1 } },
    ]);
    const mean = { kind: 'mean', event: 'sale', higherIs: 'better', promoteWithin: { difference: 1 } } as const;
    expect(await read(look, aGuard(mean))).toMatchObject([
      { kind: 'moments', candidate: { n: 4, sum: 5, squares: 25 }, incumbent: { n: 2, sum: 20, squares: 400 } },
    ]);
    const shares = [{ sinceMs: BASE_MS, sharesPct: { v1: 60, v2: 40 } }];
    const bounded = aGuard({ ...mean, points: [0, 5, 10] });
    expect(await read(await lookAt('sales', { nowMs: at(7), shares }), bounded)).toMatchObject([
      { kind: 'histogram', candidate: [3, 1, 0], incumbent: [1, 0, 1], sharePct: 40 },
    ]);
  });

  test('of users count once a user and window, on the arm that answered first, whoever calls more often', async () => {
    const served = (userId: string, variant: string, minutes: number) => ({
      inferenceId: `${userId}-${minutes}`,
      userId,
      variant,
      atMs: at(minutes),
    });
    await writeExposures(world, { from: 's3://exposures/users', endpoint: ENDPOINT }, [
      served('ann', 'v2', 0.1),
      served('ann', 'v2', 0.2),
      served('ann', 'v1', 0.3),
      served('bo', 'v1', 0.1),
      served('cy', 'v2', 0.4),
    ]);
    const file = { from: 's3://events/users', event: 'sale', endpoint: ENDPOINT, name: 'x' };
    // One names the user, one only the call that it followed.
    await writeEvents(world, file, [
      { userId: 'ann', atMs: at(3) },
      { inferenceId: 'bo-0.1', atMs: at(1) },
    ]);
    const changes: Partial<RolloutSpec> = {
      exposures: { from: 's3://exposures/users' },
      events: { sale: { from: 's3://events/users', windowMs: 5 * MINUTE_MS, unit: 'user' } },
    };
    const look = await lookAt('users', { nowMs: at(7), changes });
    expect(await read(look, perUser)).toMatchObject([
      { unit: 'user', candidate: { n: 2, bad: 1 }, incumbent: { n: 1, bad: 0 } },
    ]);
  });

  test('of users are told from the captured requests where no gateway writes exposures', async () => {
    const asked = (id: string, userId: string): Prediction => ({
      ...answer(id, '{}'),
      input: JSON.stringify({ userId }),
    });
    await captured('asked', 'v2', [asked('a', 'ann'), asked('b', 'ann'), asked('c', 'bo')]);
    const changes: Partial<RolloutSpec> = {
      schema: { user: '$.userId' },
      events: { sale: { from: 's3://events/asked', windowMs: 5 * MINUTE_MS, unit: 'user' } },
    };
    const look = await lookAt('asked', { nowMs: at(7), changes });
    expect(await read(look, perUser)).toMatchObject([{ candidate: { n: 2, bad: 2 } }]);
  });
});

test('a value in the answer has a mean; an answer without it counts as the worst where values have bounds', async () => {
  await captured('means', 'v1', [answer('a', scored(4))]);
  await captured('means', 'v2', [answer('b', scored(2)), answer('c', '<html>')]);
  const look = await lookAt('means', { nowMs: BASE_MS + MINUTE_MS + 10_000 });
  const mean = { kind: 'mean', value: '$.score', higherIs: 'better', promoteWithin: { difference: 1 } } as const;
  expect(await read(look, aGuard({ ...mean, points: [1, 2, 4] }))).toMatchObject([
    { candidate: [1, 1, 0], incumbent: [0, 0, 1] },
  ]);
  expect(await read(look, aGuard(mean))).toMatchObject([{ candidate: { n: 1, sum: 2 }, incumbent: { n: 1, sum: 4 } }]);
});

test('labels of each arm are counted against its predictions, cohort by cohort', async () => {
  await captured('labels', 'v1', [answer('a', predicted('good')), answer('b', predicted('good'))]);
  await captured('labels', 'v2', [answer('c', predicted('good')), answer('d', predicted('good'))]);
  await writeLabels(
    world,
    { from: 's3://labels/labels', hourMs: BASE_MS, name: 'a' },
    { a: 'good', b: 'good', c: 'bad' }
  );
  const look = await lookAt('labels', { nowMs: BASE_MS + 2 * MINUTE_MS });
  expect(await read(look, aGuard({ kind: 'labelLoss' }))).toMatchObject([
    { kind: 'coverage', candidate: { due: 2, got: 1 }, incumbent: { due: 2, got: 2 }, sampling: 1 },
  ]);
});

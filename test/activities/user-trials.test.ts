import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openLook } from '../../activities/evidence/look';
import type { Look, SharesSince } from '../../activities/evidence/look';
import { createObjectReader } from '../../activities/evidence/objects';
import { readGuard } from '../../activities/evidence/read-guard';
import { windowOf } from '../../activities/evidence/user-trials';
import type { Evidence } from '../../guards/types';
import type { GuardSpec } from '../../spec/types';
import { specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { makeBuckets, predicted, writeCapture, writeExposures, writeLabels } from '../support/evidence';
import { aGuard } from '../support/guard-specs';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Evidence is of a time to come, so that whatever is written now has arrived in time. */
const BASE_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 2 * HOUR_MS;
const ENDPOINT = 'users';
const PAIR = { candidate: 'v2', incumbent: 'v1' };
const SHARES: readonly SharesSince[] = [{ sinceMs: BASE_MS, sharesPct: { v1: 50, v2: 50 } }];

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['capture', 'labels', 'exposures']);
});
afterAll(() => world.stop());

function lookAt(evidence: string, { nowMs, shares = SHARES }: { nowMs: number; shares?: Look['shares'] }) {
  const spec = specFor(
    ENDPOINT,
    { name: 'v2' },
    {
      routing: { by: 'gateway', to: 's3://control', expiresMs: HOUR_MS },
      exposures: { from: `s3://exposures/${evidence}` },
      counts: { from: 'gateway', uri: `s3://exposures/counts-${evidence}` },
      capture: { to: `s3://capture/${evidence}`, samplingPct: 100, contentTypes: ['application/json'], lagMs: 10_000 },
      groundTruth: { from: `s3://labels/${evidence}`, maturityMs: MINUTE_MS },
    }
  );
  const sources = { objects: createObjectReader(world.aws.s3), cloudwatch: world.aws.cloudwatch };
  const about = { rollout: 'r' };
  return openLook(sources, { spec, variants: ['v2', 'v1'], nowMs, countsFromMs: BASE_MS, shares, about });
}

async function read(look: Look, guard: GuardSpec): Promise<readonly Evidence[]> {
  const late = { openMs: BASE_MS, seenMs: 0 };
  const reading = await readGuard(look, { guard, plan: null, pair: PAIR, sinceMs: BASE_MS, late });
  return reading.ticks(BASE_MS, PAIR).map(({ evidence }) => evidence);
}

/** Names of users whose window of an hour turns in the minute that begins then, or in none of the next ten. */
function users(turns: number | 'never'): readonly string[] {
  const window = (who: string, minute: number) =>
    windowOf({ shares: SHARES }, { who, atMs: BASE_MS + minute * MINUTE_MS, windowMs: HOUR_MS });
  const all = Array.from({ length: 2_000 }, (_, i) => `u${i}`);
  return all.filter((who) =>
    turns === 'never' ? window(who, 0) === window(who, 10) : window(who, turns) !== window(who, turns + 1)
  );
}

const STAYS = users('never');
const [ANA = '', BO = '', CY = '', DEE = ''] = STAYS;
const [TURNS = ''] = users(1);

const call = (variant: string, userId: string | null, minute: number, status = 200) => ({
  inferenceId: `${variant} ${userId ?? 'nobody'} ${minute} ${status}`,
  ...(userId !== null && { userId }),
  variant,
  status,
  atMs: BASE_MS + minute * MINUTE_MS,
});

const errorsByUser = { ...aGuard({ kind: 'errors' }), users: { windowMs: HOUR_MS } };
const written = (evidence: string, calls: readonly ReturnType<typeof call>[]) =>
  writeExposures(world, { from: `s3://exposures/${evidence}`, endpoint: ENDPOINT }, calls);

describe('errors where a gateway draws users', () => {
  test('count a user once a window, by all calls of the first tick; whoever gives no name is drawn, and counted, call by call', async () => {
    await written('once', [
      call('v2', ANA, 0.1),
      call('v2', ANA, 0.2, 500),
      call('v2', ANA, 0.3, 500),
      call('v2', ANA, 1.1, 500),
      call('v1', BO, 0.1),
      call('v1', BO, 1.2, 500),
      call('v1', TURNS, 0.4),
      call('v1', TURNS, 2.1, 500),
      call('v1', null, 1.5, 404),
      call('v1', null, 1.6, 503),
    ]);
    const look = await lookAt('once', { nowMs: BASE_MS + 3.5 * MINUTE_MS });
    expect(await read(look, errorsByUser)).toMatchObject([
      { unit: 'user', candidate: { n: 1, bad: 1 }, incumbent: { n: 2, bad: 0 } },
      { candidate: { n: 0, bad: 0 }, incumbent: { n: 2, bad: 1 } },
      { candidate: { n: 0, bad: 0 }, incumbent: { n: 1, bad: 1 } },
    ]);
  });

  test('everybody counts anew, on both arms alike, once shares were set', async () => {
    await written('moved', [call('v1', ANA, 0.1), call('v1', BO, 0.1), call('v2', ANA, 1.5), call('v1', BO, 1.5)]);
    const shares = [...SHARES, { sinceMs: BASE_MS + MINUTE_MS, sharesPct: { v1: 20, v2: 80 } }];
    const look = await lookAt('moved', { nowMs: BASE_MS + 2.5 * MINUTE_MS, shares });
    expect(await read(look, errorsByUser)).toMatchObject([
      { candidate: { n: 0 }, incumbent: { n: 2 } },
      { candidate: { n: 1 }, incumbent: { n: 1 } },
    ]);
  });
});

test('quality counts the first labelled answer of a user and window', async () => {
  const asked = [
    ['a1', ANA, 'v2', 'good', 'bad'],
    ['a2', ANA, 'v2', 'good', 'good'],
    ['b1', BO, 'v1', 'good', null],
    ['b2', BO, 'v1', 'good', 'good'],
    ['c1', CY, 'v1', 'bad', 'bad'],
  ] as const;
  await written(
    'right',
    asked.map(([inferenceId, userId, variant], i) => ({ ...call(variant, userId, 0.1 + i / 100), inferenceId }))
  );
  for (const variant of ['v1', 'v2']) {
    const own = asked.flatMap(([id, , of, said], i) =>
      of === variant ? [{ id, atMs: BASE_MS + 1_000 + i * 1_000, output: predicted(said) }] : []
    );
    await writeCapture(world, { to: 's3://capture/right', endpoint: ENDPOINT, variant }, own);
  }
  const labels = Object.fromEntries(asked.flatMap(([id, , , , label]) => (label === null ? [] : [[id, label]])));
  await writeLabels(world, { from: 's3://labels/right', hourMs: BASE_MS, name: 'l' }, labels);
  const look = await lookAt('right', { nowMs: BASE_MS + 2 * MINUTE_MS });
  const guard = { ...aGuard({ kind: 'quality' }), users: { windowMs: HOUR_MS } };
  expect(await read(look, guard)).toMatchObject([
    { unit: 'user', candidate: { n: 1, bad: 1 }, incumbent: { n: 2, bad: 0 } },
  ]);
});

test('the split counts a user once in the rollout, where he was first drawn between shares', async () => {
  const shares: readonly SharesSince[] = [
    { sinceMs: BASE_MS - MINUTE_MS, sharesPct: { v1: 100, v2: 0 } },
    { sinceMs: BASE_MS, sharesPct: { v1: 75, v2: 25 } },
    { sinceMs: BASE_MS + MINUTE_MS, sharesPct: { v1: 50, v2: 50 } },
  ];
  await written('split', [
    // Everybody was on the incumbent before there was a choice: no draw.
    ...[ANA, BO].map((who) => call('v1', who, -0.5)),
    call('v2', ANA, 0.1),
    call('v2', ANA, 0.2),
    call('v1', BO, 0.3),
    call('v1', CY, 0.3),
    // Moved by the second step, which says nothing new about him.
    call('v2', CY, 1.3),
    call('v2', DEE, 1.3),
  ]);
  const look = await lookAt('split', { nowMs: BASE_MS + 2.5 * MINUTE_MS, shares });
  expect(await read(look, { ...aGuard({ kind: 'split' }), unit: 'user' } as GuardSpec)).toMatchObject([
    { unit: 'user', candidate: 1, incumbent: 2, sharePct: 25 },
    { candidate: 1, incumbent: 0, sharePct: 50 },
  ]);
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decideOn } from '../../activities/judge-guards';
import type { LookRequest, PlannedContext } from '../../activities/types';
import { currentVerdict, planEveryGuard, startGuard } from '../../guards';
import type { LookResult } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import { contextFor, deployFirst, failureOf, specFor, splitAt, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { countingGateway, makeBuckets, predicted, writeCapture, writeLabels } from '../support/evidence';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Evidence is of a time to come, so that whatever is written now has arrived in time. */
const BASE_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 2 * HOUR_MS;
const ENDPOINT = 'judged';
const QUALITY_ONLY = specFor(ENDPOINT, { name: 'v2' }).guards.filter(({ kind }) => kind === 'quality');

let world: ActivityWorld;
let incumbent: NonNullable<PlannedContext['incumbent']>;

/** One endpoint for all tests: v1 beside v2 at 5 %. Each test has evidence of its own in S3. */
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['counts', 'capture', 'labels']);
  incumbent = await deployFirst(world, ENDPOINT);
  const context = contextFor(specFor(ENDPOINT, { name: 'v2' }), 2, incumbent);
  const configName = context.names.split;
  await world.activities.deploy({ ...context, to: 'split' });
  await world.activities.awaitEndpoint({ endpoint: ENDPOINT, configName, sharesPct: null });
  await setShare(5);
});
afterAll(() => world.stop());

async function setShare(sharePct: number): Promise<void> {
  const context = contextFor(specFor(ENDPOINT, { name: 'v2' }), 2, incumbent);
  await world.activities.shiftTraffic({ ...context, layout: splitAt(sharePct) });
  const configName = context.names.split;
  await world.activities.awaitEndpoint({
    endpoint: ENDPOINT,
    configName,
    sharesPct: { v1: 100 - sharePct, v2: sharePct },
  });
}

/** A first look at evidence that begins at `BASE_MS`. */
function firstLook(evidence: string, changes: Partial<RolloutSpec> = {}): LookRequest {
  const spec = specFor(
    ENDPOINT,
    { name: 'v2' },
    {
      counts: { from: 'gateway', uri: `s3://counts/${evidence}` },
      capture: { to: `s3://capture/${evidence}`, samplingPct: 100, contentTypes: ['application/json'] },
      groundTruth: { from: `s3://labels/${evidence}`, maturityMs: MINUTE_MS },
      ...changes,
    }
  );
  const guards = planEveryGuard({
    dispersion: {},
    guards: spec.guards,
    budget: spec.budget,
    horizonTicks: 100,
    incumbent: { errors: { n: 1_000, bad: 0 }, quality: { n: 1_000, bad: 200 } },
  });
  const context = contextFor(spec, 2, incumbent);
  return {
    ...context,
    plan: { ...context.plan, guards },
    layout: splitAt(5),
    bandit: null,
    holding: null,
    shares: [],
    guards: guards.map((plan, guard) => {
      const state = startGuard(plan);
      return { arm: 'v2', guard, state, verdict: currentVerdict(plan, state), throughMs: BASE_MS };
    }),
    traffic: { requests: {}, lastLook: null, pairs: 0, compared: [], throughMs: BASE_MS },
  };
}

function look(request: LookRequest, nowMs: number): Promise<LookResult> {
  return world.activitiesAt(() => nowMs).judge(request);
}

function countsOf(result: LookResult, guard: number): unknown {
  const { candidate, incumbent: other, ticks } = result.guards[guard]?.verdict.numbers ?? {};
  return { ticks, candidate, incumbent: other };
}

function gatewayOf(evidence: string, gateway = 'g1'): ReturnType<typeof countingGateway> {
  return countingGateway(world, { uri: `s3://counts/${evidence}`, endpoint: ENDPOINT, gateway, startMs: BASE_MS });
}

describe('counts of the gateway', () => {
  test('each closed tick is counted once, by its cursor, however often and late one looks', async () => {
    const gateway = gatewayOf('cursor');
    gateway.record({ variant: 'v1', atMs: BASE_MS + 10_000, n: 95 });
    gateway.record({ variant: 'v2', atMs: BASE_MS + 20_000, n: 5 });
    gateway.record({ variant: 'v1', atMs: BASE_MS + 70_000, n: 19, status: 503 });
    gateway.record({ variant: 'v2', atMs: BASE_MS + 70_000, n: 1 });
    await gateway.flush(BASE_MS + MINUTE_MS + 5_000);

    const request = firstLook('cursor');
    const once = await look(request, BASE_MS + MINUTE_MS + 5_000);
    expect(countsOf(once, 0)).toEqual({ ticks: 1, candidate: { n: 5, bad: 0 }, incumbent: { n: 95, bad: 0 } });
    expect(once.traffic).toEqual({
      requests: { v1: 95, v2: 5 },
      lastLook: { v1: 95, v2: 5 },
      pairs: 0,
      compared: [],
      throughMs: BASE_MS + MINUTE_MS,
    });
    const again = await look({ ...request, ...once }, BASE_MS + MINUTE_MS + 6_000);
    expect(again.guards).toEqual(once.guards);
    expect(again.traffic).toEqual(once.traffic);
    await gateway.flush(BASE_MS + 2 * MINUTE_MS);
    const both = { ticks: 2, candidate: { n: 6, bad: 0 }, incumbent: { n: 114, bad: 19 } };
    const later = await look({ ...request, ...once }, BASE_MS + 2 * MINUTE_MS + 1_000);
    expect(countsOf(later, 0)).toEqual(both);
    // A look that was lost with its worker is repeated, and one long look finds the same as two.
    expect(countsOf(await look(request, BASE_MS + 2 * MINUTE_MS + 1_000), 0)).toEqual(both);
    expect(later.traffic).toMatchObject({ requests: { v1: 114, v2: 6 } });
  });

  test('calls that reached no known variant, and other variants, are no evidence', async () => {
    const gateway = gatewayOf('unattributed');
    gateway.record({ variant: null, atMs: BASE_MS + 1_000, n: 50, status: 503 });
    gateway.record({ variant: 'v0', atMs: BASE_MS + 1_000, n: 50, status: 500 });
    gateway.record({ variant: 'v2', atMs: BASE_MS + 1_000, n: 2, status: 500 });
    await gateway.close(BASE_MS + MINUTE_MS);
    const result = await look(firstLook('unattributed'), BASE_MS + 2 * MINUTE_MS);
    expect(countsOf(result, 0)).toMatchObject({ candidate: { n: 2, bad: 2 }, incumbent: { n: 0, bad: 0 } });
  });

  test('of all gateways add up, and a tick waits for the slowest of them', async () => {
    const [quick, slow] = [gatewayOf('two', 'quick'), gatewayOf('two', 'slow')];
    for (const gateway of [quick, slow]) gateway.record({ variant: 'v1', atMs: BASE_MS + 1_000, n: 10 });
    await quick.flush(BASE_MS + MINUTE_MS);
    await slow.flush(BASE_MS + MINUTE_MS - 2_000);
    const waiting = await look(firstLook('two'), BASE_MS + MINUTE_MS + 1_000);
    expect(waiting.guards.map(({ throughMs }) => throughMs)).toEqual([BASE_MS, BASE_MS]);
    await slow.flush(BASE_MS + MINUTE_MS);
    const both = await look(firstLook('two'), BASE_MS + MINUTE_MS + 1_000);
    expect(countsOf(both, 0)).toMatchObject({ ticks: 1, incumbent: { n: 20 } });
  });

  test('of a gateway that fell silent are waited for a quarter of a minute, and then it holds up nobody any more', async () => {
    const [alive, silent] = [gatewayOf('silent', 'alive'), gatewayOf('silent', 'silent')];
    for (const gateway of [alive, silent]) gateway.record({ variant: 'v1', atMs: BASE_MS + 1_000, n: 10 });
    await silent.flush(BASE_MS + MINUTE_MS - 2_000);
    await alive.flush(BASE_MS + MINUTE_MS + 14_000);
    const patient = await look(firstLook('silent'), BASE_MS + MINUTE_MS + 12_000);
    expect(patient.traffic.throughMs).toBe(BASE_MS);
    const givenUp = await look(firstLook('silent'), BASE_MS + MINUTE_MS + 14_000);
    expect(countsOf(givenUp, 0)).toMatchObject({ ticks: 1, incumbent: { n: 20 } });
    await alive.flush(BASE_MS + 2 * MINUTE_MS);
    const prompt = await look(firstLook('silent'), BASE_MS + 2 * MINUTE_MS + 500);
    expect(prompt.traffic.throughMs).toBe(BASE_MS + 2 * MINUTE_MS);
  });

  test('without any, ticks still pass and decide nothing', async () => {
    const result = await look(firstLook('nothing'), BASE_MS + 10 * MINUTE_MS);
    expect(result.decisions.v2?.kind).toBe('undecided');
    expect(result.traffic).toMatchObject({ requests: { v2: 0 }, lastLook: null });
  });

  test('that cannot be read stop the look and name the object', async () => {
    await world.put(`s3://counts/broken/${ENDPOINT}/${folder(BASE_MS)}/00-00-000_x.jsonl`, '{"version":2}\n');
    const { type, text } = await failureOf(look(firstLook('broken'), BASE_MS + MINUTE_MS));
    expect(type).toBe('InvalidRequest');
    expect(text).toMatch(/^s3:\/\/counts\/broken\/.*_x\.jsonl cannot be read: Not a counts document/);
  });
});

describe('captured predictions and labels', () => {
  const predictions = (variant: string, wrong: number, right: number) =>
    Array.from({ length: wrong + right }, (_, i) => ({
      id: `${variant}-${i}`,
      atMs: BASE_MS + 30_000,
      output: predicted(i < wrong ? 'bad' : 'good'),
    }));

  test('are joined by inference id and judged when they are mature, not before', async () => {
    const evidence = 'mature';
    for (const [variant, wrong, right] of [
      ['v1', 2, 8],
      ['v2', 1, 3],
    ] as const) {
      const answers = predictions(variant, wrong, right);
      await writeCapture(world, { to: `s3://capture/${evidence}`, endpoint: ENDPOINT, variant }, answers);
      const labels = Object.fromEntries(answers.map(({ id }) => [id, 'good']));
      await writeLabels(world, { from: `s3://labels/${evidence}`, hourMs: BASE_MS, name: variant }, labels);
    }
    const request = firstLook(evidence, { guards: QUALITY_ONLY });
    const early = await look(request, BASE_MS + 2 * MINUTE_MS - 1);
    expect(countsOf(early, 0)).toMatchObject({ ticks: 0 });
    const ripe = await look(request, BASE_MS + 2 * MINUTE_MS);
    expect(countsOf(ripe, 0)).toEqual({ ticks: 1, candidate: { n: 4, bad: 1 }, incumbent: { n: 10, bad: 2 } });
    expect(countsOf(await look({ ...request, ...ripe }, BASE_MS + 2 * MINUTE_MS + 1), 0)).toEqual(countsOf(ripe, 0));
  });

  test('without a label do not count; an answer without a readable label is wrong; a probe is neither', async () => {
    const evidence = 'partial';
    const file = { to: `s3://capture/${evidence}`, endpoint: ENDPOINT, variant: 'v2' };
    const atMs = BASE_MS + 1_000;
    await writeCapture(world, file, [
      { id: 'labelled', atMs, output: predicted('good') },
      { id: 'unlabelled', atMs, output: predicted('good') },
      { id: 'unreadable', atMs, output: '<html>' },
      { id: 'probe', atMs, output: predicted('bad'), probe: true },
    ]);
    await writeLabels(
      world,
      { from: `s3://labels/${evidence}`, hourMs: BASE_MS, name: 'a' },
      { labelled: 'good', unreadable: 'good', probe: 'good', stranger: 'good' }
    );
    const result = await look(firstLook(evidence, { guards: QUALITY_ONLY }), BASE_MS + 2 * MINUTE_MS);
    expect(countsOf(result, 0)).toMatchObject({ candidate: { n: 2, bad: 1 } });
  });

  test('whose label comes after maturity are dropped: they never count later', async () => {
    const evidence = 'late';
    // Two hours ago: the label that arrives now is an hour and more too late.
    const pastMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 2 * HOUR_MS;
    const file = { to: `s3://capture/${evidence}`, endpoint: ENDPOINT, variant: 'v2' };
    await writeCapture(world, file, [{ id: 'late', atMs: pastMs + 1_000, output: predicted('bad') }]);
    await writeLabels(world, { from: `s3://labels/${evidence}`, hourMs: Date.now(), name: 'a' }, { late: 'good' });
    const request = firstLook(evidence, { guards: QUALITY_ONLY });
    const guards = request.guards.map((track) => ({ ...track, throughMs: pastMs }));
    const result = await look({ ...request, guards }, Date.now() + MINUTE_MS);
    expect(countsOf(result, 0)).toMatchObject({ candidate: { n: 0, bad: 0 } });
    expect(result.guards[0]?.late).toMatchObject({ candidate: 1, incumbent: 0 });
    expect(result.guards[0]?.verdict.reason).toMatch(
      /; 1 of the candidate's labels and 0 of the incumbent's came too late and were dropped$/
    );
    const again = await look({ ...request, ...result }, Date.now() + 2 * MINUTE_MS);
    expect(again.guards[0]?.late).toMatchObject({ candidate: 1, incumbent: 0 });
    const inTime = { from: `s3://labels/${evidence}`, maturityMs: 4 * HOUR_MS };
    const patient = await look(
      { ...request, guards, spec: { ...request.spec, groundTruth: inTime } },
      pastMs + MINUTE_MS + 4 * HOUR_MS
    );
    expect(countsOf(patient, 0)).toMatchObject({ candidate: { n: 1, bad: 1 } });
  });
});

describe('a guard whose evidence cannot be read', () => {
  test('says error and reads the same ticks again, while the others judge on; nobody is promoted meanwhile', async () => {
    const evidence = 'half';
    const gateway = gatewayOf(evidence);
    gateway.record({ variant: 'v1', atMs: BASE_MS + 1_000, n: 900 });
    gateway.record({ variant: 'v2', atMs: BASE_MS + 1_000, n: 900 });
    await gateway.flush(BASE_MS + 3 * MINUTE_MS);
    await world.put(`s3://capture/${evidence}/${ENDPOINT}/v2/${folder(BASE_MS)}/00-00-000-x.jsonl`, 'half a rec');
    const result = await look(firstLook(evidence), BASE_MS + 3 * MINUTE_MS);
    expect(result.guards.map(({ verdict }) => verdict.kind)).toEqual(['pass', 'error']);
    expect(result.guards[1]?.verdict.reason).toMatch(/^quality: s3:\/\/capture\/half\/.*x\.jsonl cannot be read: /);
    expect(result.guards.map(({ throughMs }) => throughMs)).toEqual([BASE_MS + 3 * MINUTE_MS, BASE_MS]);
    expect(result.decisions['v2']?.kind).toBe('undecided');
    // A guard that passed before and cannot be looked at now is no reason to promote.
    const [plan, track] = [firstLook(evidence).plan.guards[0], result.guards[0]];
    if (plan === undefined || track === undefined) throw new Error('there is an errors guard');
    expect(decideOn([{ plan, track }]).kind).toBe('promote');
    const unread = { ...track, verdict: { ...track.verdict, kind: 'error' as const } };
    expect(decideOn([{ plan, track: unread }]).kind).toBe('undecided');
  });
});

describe('an endpoint that is not as it was left', () => {
  test('with other weights stops the look and says what was found', async () => {
    await setShare(30);
    const { type, text } = await failureOf(look(firstLook('nothing'), BASE_MS));
    await setShare(5);
    expect(type).toBe('OutsideChange');
    expect(text).toBe('v1 has 70.00 % of the weight on judged, not 95 %: somebody changed it.');
  });

  test('before the first shift is only looked at: there is no evidence to open yet', async () => {
    await setShare(0);
    const request = firstLook('nothing');
    const dark: LookRequest = {
      ...request,
      layout: splitAt(0),
      guards: request.guards.map((track) => ({ ...track, throughMs: 0 })),
      traffic: { ...request.traffic, throughMs: 0 },
    };
    const result = await look(dark, BASE_MS);
    await setShare(5);
    expect(result).toMatchObject({
      guards: dark.guards,
      traffic: dark.traffic,
      decisions: { v2: { kind: 'undecided' } },
    });
  });

  test('that went back to the incumbent’s config by itself is a silent rollback', async () => {
    const context = contextFor(specFor(ENDPOINT, { name: 'v2' }), 2, incumbent);
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
    const { type, text } = await failureOf(look(firstLook('nothing'), BASE_MS));
    expect(type).toBe('SilentRollback');
    expect(text).toContain('Endpoint judged is on config judged-v1-r1, not on judged-v2-r2-split');
  });
});

function folder(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 13).replace('T', '/').replaceAll('-', '/');
}

import { SageMakerRuntime } from '@aws-sdk/client-sagemaker-runtime';
import { PutMetricAlarmCommand, PutMetricDataCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { alarmTreatment } from '../../activities/evidence/alarm';
import { readCounts } from '../../activities/evidence/counts';
import { measureQuantiles } from '../../activities/evidence/latency';
import { openLook } from '../../activities/evidence/look';
import { createObjectReader } from '../../activities/evidence/objects';
import { readGuard } from '../../activities/evidence/read-guard';
import { planEveryGuard } from '../../guards';
import type { GuardSpec } from '../../spec/types';
import { makeBuckets } from '../support/evidence';
import { deployFirst, specFor, startWorld } from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { aGuard } from '../support/guard-specs';

const MINUTE_MS = 60_000;
let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const SOURCES = (): Parameters<typeof openLook>[0] => ({
  objects: createObjectReader(world.aws.s3),
  cloudwatch: world.aws.cloudwatch,
});

/** Ten calls at the sandbox's present minute, evenly drawn, of which CloudWatch knows when this returns. */
async function callTenTimes(endpoint: string): Promise<void> {
  const { sandbox } = world;
  const runtime = new SageMakerRuntime({
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const calls = Array.from({ length: 10 }, (_, i) => {
    const Body = JSON.stringify({ truth: 'good', draw: i / 10 });
    const call = runtime.invokeEndpoint({ EndpointName: endpoint, ContentType: 'application/json', Body });
    return call.catch((error: unknown) => expect(error).toMatchObject({ name: 'ModelError' }));
  });
  await Promise.all(calls);
  await fetch(`${sandbox.url}/_sandbox/flush`, { method: 'POST' });
  runtime.destroy();
}

/** The start of a minute that no other test has used, where the sandbox's clock now stands. */
function freshMinute(): number {
  const minute = Math.ceil(world.sandbox.clock.now() / MINUTE_MS) * MINUTE_MS;
  world.sandbox.clock.set(minute + 1_000);
  return minute;
}

test('CloudWatch’s minutes become ticks two minutes later: calls and errors of each variant, exactly', async () => {
  await makeBuckets(world, ['capture']);
  await deployFirst(world, 'measured', { env: { ERRORS: '0.2' } });
  const minute = freshMinute();
  await callTenTimes('measured');

  const reading = (nowMs: number): ReturnType<typeof readCounts> =>
    readCounts(SOURCES(), {
      spec: specFor('measured', { name: 'v2' }, { counts: { from: 'cloudwatch' } }),
      variants: ['v2', 'v1'],
      fromMs: minute,
      nowMs,
    });
  const tick = { startMs: minute, endMs: minute + MINUTE_MS };
  expect((await reading(minute + 3 * MINUTE_MS - 1)).closedMs).toBe(minute);
  const { closedMs, totals } = await reading(minute + 3 * MINUTE_MS);
  expect(closedMs).toBe(minute + MINUTE_MS);
  expect(totals(tick).get('v1')).toEqual({ requests: 10, errors4xx: 0, errors5xx: 2 });
  expect(totals(tick).get('v2')).toEqual({ requests: 0, errors4xx: 0, errors5xx: 0 });
});

/** Evidence of the one guard about `v2` (which never served) and `v1`, as of `nowMs`. */
async function evidenceOf(
  guard: GuardSpec,
  at: { readonly endpoint: string; readonly fromMs: number; readonly nowMs: number; readonly sources?: typeof SOURCES }
): Promise<readonly unknown[]> {
  const { endpoint, fromMs, nowMs, sources = SOURCES } = at;
  const spec = specFor(endpoint, { name: 'v2' }, { counts: { from: 'cloudwatch' }, guards: [guard] });
  const [plan = null] = planEveryGuard({
    guards: [guard],
    budget: spec.budget,
    horizonTicks: 10,
    incumbent: {},
    dispersion: {},
  });
  const look = await openLook(sources(), {
    spec,
    variants: ['v2', 'v1'],
    nowMs,
    countsFromMs: fromMs,
    shares: [],
    about: { rollout: 'r' },
  });
  const pair = { candidate: 'v2', incumbent: 'v1' };
  const late = { openMs: fromMs, seenMs: 0 };
  const reading = await readGuard(look, { guard, plan, pair, sinceMs: fromMs, late });
  return reading.ticks(fromMs, pair).map(({ evidence }) => evidence);
}

describe('latency', () => {
  const ENDPOINT = 'timed';
  let minute = 0;
  let guard: GuardSpec;
  let quantiles: readonly number[] = [];
  /** Of ten answers five are slower than the fifth and one is slower than the ninth, however long they took. */
  const counted = {
    candidate: { n: 0, above: [0, 0, 0, 0] },
    incumbent: { n: 10, above: expect.arrayContaining([5, 1]) },
  };
  beforeAll(async () => {
    await deployFirst(world, ENDPOINT);
    minute = freshMinute();
    await callTenTimes(ENDPOINT);
    const spec = specFor(ENDPOINT, { name: 'v2' }, { counts: { from: 'cloudwatch' } });
    const at = { nowMs: minute + 3 * MINUTE_MS, countsFromMs: minute, shares: [], about: { rollout: 'r' } };
    const look = await openLook(SOURCES(), { spec, variants: ['v1'], ...at });
    const measured = { quantiles: [0.5, 0.9], fromMs: minute };
    quantiles = (await measureQuantiles(look, { variant: 'v1', ...measured })) ?? [];
    const [p50, p90] = quantiles;
    guard = aGuard({ kind: 'latency', incumbent: { p50, p90 }, promoteWithin: { ratio: 1000 } });
    expect(await measureQuantiles(look, { variant: 'v9', ...measured })).toBeNull();
  });

  test('is counted above absolute bounds in microseconds, exactly', async () => {
    expect(quantiles).toHaveLength(2);
    expect(
      await evidenceOf(guard, { endpoint: ENDPOINT, fromMs: minute, nowMs: minute + 3 * MINUTE_MS })
    ).toMatchObject([counted]);
  });

  test('falls back on percentile ranks where CloudWatch refuses trimmed counts, with the same numbers', async () => {
    const asked: string[] = [];
    const refusing = world.aws.cloudwatch;
    const send = refusing.send.bind(refusing) as (command: unknown) => Promise<unknown>;
    const cloudwatch = {
      send: (command: { readonly input: { readonly MetricDataQueries?: readonly MetricDataQuery[] } }) => {
        const stats = command.input.MetricDataQueries?.map(({ MetricStat }) => MetricStat?.Stat ?? '') ?? [];
        asked.push(...stats);
        if (!stats.some((stat) => stat.startsWith('TC('))) return send(command);
        throw Object.assign(new Error('The value TC(:40000) for parameter Stat is not supported.'), {
          name: 'ValidationError',
        });
      },
    } as unknown as ReturnType<typeof SOURCES>['cloudwatch'];
    const sources = (): ReturnType<typeof SOURCES> => ({ ...SOURCES(), cloudwatch });
    const at = { endpoint: ENDPOINT, fromMs: minute, nowMs: minute + 3 * MINUTE_MS, sources };
    expect(await evidenceOf(guard, at)).toMatchObject([counted]);
    const bound = Math.round((quantiles[0] ?? 0) * 1_000);
    expect(asked).toEqual(expect.arrayContaining([`TC(:${bound})`, `PR(:${bound})`]));
  });
});

test('any metric is a value a tick; a tick without data has none, which is not zero', async () => {
  const minute = freshMinute();
  const MetricData = [{ MetricName: 'Depth', Value: 7, Timestamp: new Date(minute + 30_000) }];
  await world.aws.cloudwatch.send(new PutMetricDataCommand({ Namespace: 'App', MetricData }));
  const guard = aGuard({ kind: 'threshold', metric: 'Depth', namespace: 'App', dimensions: {}, above: 5 });
  const at = { endpoint: 'measured', fromMs: minute, nowMs: minute + 4 * MINUTE_MS };
  expect(await evidenceOf(guard, at)).toMatchObject([
    { kind: 'value', value: 7 },
    { kind: 'value', value: null },
  ]);
});

describe('an alarm', () => {
  const alarm = async (name: string): Promise<void> => {
    await world.aws.cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: name,
        Namespace: 'App',
        MetricName: `${name}-metric`,
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: 'GreaterThanThreshold',
        // Missing data leaves the state as it is, so that it is what the test set.
        TreatMissingData: 'ignore',
      })
    );
  };
  const state = (name: string, StateValue: 'OK' | 'ALARM'): Promise<unknown> =>
    world.aws.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: name, StateValue, StateReason: 'a test' }));

  test('is asked with the data that it goes by: OK on no data is told from OK', async () => {
    const minute = freshMinute();
    await alarm('fed');
    await alarm('starved');
    await state('fed', 'ALARM');
    await state('starved', 'OK');
    const MetricData = [{ MetricName: 'fed-metric', Value: 9, Timestamp: new Date(minute + 500) }];
    await world.aws.cloudwatch.send(new PutMetricDataCommand({ Namespace: 'App', MetricData }));
    const at = { endpoint: 'measured', fromMs: minute - MINUTE_MS, nowMs: minute + 1_000 };
    const about = (name: string): Promise<readonly unknown[]> => evidenceOf(aGuard({ kind: 'alarm', name }), at);
    expect(await about('fed')).toMatchObject([{ kind: 'alarm', state: 'ALARM', dataPoints: 1 }]);
    expect(await about('starved')).toMatchObject([{ state: 'OK', dataPoints: 0 }]);
    expect(await about('gone')).toMatchObject([{ state: 'INSUFFICIENT_DATA', dataPoints: null }]);
    // One look, one answer: it counts for the last tick that is over, and not again within the same one.
    expect(await evidenceOf(aGuard({ kind: 'alarm', name: 'fed' }), { ...at, fromMs: minute })).toEqual([]);
    expect(await alarmTreatment(world.aws.cloudwatch, 'fed')).toBe('ignore');
    expect(await alarmTreatment(world.aws.cloudwatch, 'gone')).toBeNull();
  });
});

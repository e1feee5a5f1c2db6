import {
  CloudWatchServiceException,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  TagResourceCommand,
  UntagResourceCommand,
  type ComparisonOperator,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloudWatch, type AlarmChange } from '../../sandbox/cloudwatch';
import { judge, TREATMENTS, type Point } from '../../sandbox/cloudwatch/alarms/judge';
import { NOON, startCloudWatch, type CloudWatchFixture } from '../support/cloudwatch';

const POINTS: Readonly<Record<string, Point>> = { '0': 'ok', X: 'breaching', '-': 'missing' };
const pointsOf = (text: string): readonly Point[] => text.split(' ').map((char) => POINTS[char] ?? 'missing');

describe('M of N', () => {
  // Both tables stand so in "How alarm state is evaluated when data is missing" of the user guide.
  test.each([
    ['0 - X - X', 3, 'OK', 'OK', 'OK', 'OK'],
    ['0 - - - -', 3, 'OK', 'OK', 'OK', 'OK'],
    ['- - - - -', 3, 'INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK'],
    ['0 X X - X', 3, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- - X - -', 3, 'ALARM', 'retain', 'ALARM', 'OK'],
    ['0 - X - X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 - X - -', 2, 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - 0', 2, 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - X -', 2, 'ALARM', 'retain', 'ALARM', 'OK'],
    ['X X 0 0 0', 1, 'OK', 'OK', 'OK', 'OK'],
    ['0 0 0 0 X', 1, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ])('of %s with %d of 3', (text, datapointsToAlarm, ...expected) => {
    const found = TREATMENTS.map((treatment) =>
      judge(pointsOf(text), { evaluationPeriods: 3, datapointsToAlarm, treatment })
    );
    expect(found).toEqual(expected);
  });

  test.each(['- - - - X', '- - - X -'])('does not alarm too early on %s with 3 of 3', (text) => {
    expect(judge(pointsOf(text), { evaluationPeriods: 3, datapointsToAlarm: 3, treatment: 'missing' })).not.toBe(
      'ALARM'
    );
  });

  test('never leaves ALARM out for worse data, and ignores treatment when nothing is missing', () => {
    const point = fc.constantFrom<Point>('ok', 'breaching', 'missing');
    const rule = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(...TREATMENTS))
      .map(([n, m, treatment]) => ({ evaluationPeriods: n, datapointsToAlarm: Math.min(n, m), treatment }));
    fc.assert(
      fc.property(rule, fc.array(point, { minLength: 7, maxLength: 7 }), fc.nat(6), (given, all, at) => {
        const points = all.slice(-(given.evaluationPeriods + 2));
        if (judge(points, given) === 'ALARM' && points[at] === 'ok') {
          const worse = points.map((value, index): Point => (index === at ? 'breaching' : value));
          expect(judge(worse, given)).toBe('ALARM');
        }
        if (!points.includes('missing')) {
          const outcomes = TREATMENTS.map((treatment) => judge(points, { ...given, treatment }));
          expect(new Set(outcomes).size).toBe(1);
        }
      })
    );
  });
});

describe('an alarm', () => {
  let fixture: CloudWatchFixture;

  beforeEach(async () => {
    fixture = await startCloudWatch();
  });

  afterEach(async () => {
    expect(fixture.host.failures).toEqual([]);
    await fixture.close();
  });

  const base = {
    AlarmName: 'a',
    Namespace: 'AWS/SageMaker',
    MetricName: 'Invocation5XXErrors',
    Dimensions: [{ Name: 'VariantName', Value: 'v' }],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold',
  } as const;

  const putAlarm = (more: Partial<PutMetricAlarmCommandInput> = {}) =>
    fixture.client.send(new PutMetricAlarmCommand({ ...base, Dimensions: [...base.Dimensions], ...more }));

  /** Puts samples into the minute that begins at NOON + `minute` minutes. */
  function put(minute: number, ...values: readonly number[]): void {
    for (const value of values) {
      fixture.cloudWatch.sink.put({
        namespace: base.Namespace,
        name: base.MetricName,
        dimensions: { VariantName: 'v' },
        value,
        unit: 'None',
        atMs: NOON + minute * 60_000 + 1_000,
      });
    }
  }

  /** Evaluates when `minute` minutes have passed since NOON. */
  function stateAt(minute: number, name = 'a'): string | undefined {
    fixture.clock.set(NOON + minute * 60_000);
    fixture.cloudWatch.alarms.evaluate();
    return fixture.cloudWatch.alarmState(name);
  }

  async function refusal(call: Promise<unknown>): Promise<string> {
    const error: unknown = await call.catch((cause: unknown) => cause);
    return error instanceof CloudWatchServiceException
      ? `${error.name}: ${error.message}`
      : `not refused: ${String(error)}`;
  }

  test('starts without data, fires when the window is over, and recovers', async () => {
    await putAlarm();
    expect(stateAt(0)).toBe('INSUFFICIENT_DATA');
    put(0, 3, 3);
    expect(stateAt(0.9)).toBe('INSUFFICIENT_DATA');
    expect(stateAt(1)).toBe('ALARM');
    put(1, 5);
    expect(stateAt(2)).toBe('OK');
    // The guide's evaluation range is longer than the evaluation periods: the last point lives on for a while.
    expect(stateAt(4)).toBe('OK');
    expect(stateAt(5)).toBe('INSUFFICIENT_DATA');
  });

  test.each<[ComparisonOperator, string, string, string]>([
    ['GreaterThanThreshold', 'OK', 'OK', 'ALARM'],
    ['GreaterThanOrEqualToThreshold', 'OK', 'ALARM', 'ALARM'],
    ['LessThanThreshold', 'ALARM', 'OK', 'OK'],
    ['LessThanOrEqualToThreshold', 'ALARM', 'ALARM', 'OK'],
  ])('compares by %s', async (ComparisonOperator, below, equal, above) => {
    await putAlarm({ ComparisonOperator });
    put(0, 4);
    put(1, 5);
    put(2, 6);
    expect([stateAt(1), stateAt(2), stateAt(3)]).toEqual([below, equal, above]);
  });

  test('counts M of N over its windows and treats missing data as it was told', async () => {
    await putAlarm({ AlarmName: 'm', EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    await putAlarm({ AlarmName: 'b', EvaluationPeriods: 3, TreatMissingData: 'breaching' });
    await putAlarm({ AlarmName: 'n', EvaluationPeriods: 3, TreatMissingData: 'notBreaching' });
    await putAlarm({ AlarmName: 'i', EvaluationPeriods: 3, TreatMissingData: 'ignore' });
    put(0, 9);
    put(1, 1);
    put(2, 9);
    expect(['m', 'b', 'n', 'i'].map((name) => stateAt(3, name))).toEqual(['ALARM', 'OK', 'OK', 'OK']);
    expect(['m', 'b', 'n', 'i'].map((name) => stateAt(20, name))).toEqual(['INSUFFICIENT_DATA', 'ALARM', 'OK', 'OK']);
  });

  test('watches a percentile, and leaves it alone when the samples are too few', async () => {
    const latency = { Statistic: undefined, ExtendedStatistic: 'p90', Threshold: 100 };
    await putAlarm({ ...latency, AlarmName: 'p' });
    await putAlarm({ ...latency, AlarmName: 'few', EvaluateLowSampleCountPercentile: 'ignore' });
    put(0, ...Array.from({ length: 20 }, (_, at) => (at < 17 ? 50 : 500)));
    expect([stateAt(1, 'p'), stateAt(1, 'few')]).toEqual(['ALARM', 'INSUFFICIENT_DATA']);
    put(1, ...Array.from({ length: 200 }, (_, at) => (at < 170 ? 50 : 500)));
    expect([stateAt(2, 'p'), stateAt(2, 'few')]).toEqual(['ALARM', 'ALARM']);
    put(2, ...Array.from({ length: 200 }, (_, at) => (at < 185 ? 50 : 500)));
    expect([stateAt(3, 'p'), stateAt(3, 'few')]).toEqual(['OK', 'OK']);
  });

  test('watches an expression over several metrics', async () => {
    const { AlarmName, EvaluationPeriods, Threshold, ComparisonOperator, Namespace, Dimensions } = base;
    const stat = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { Namespace, MetricName, Dimensions: [...Dimensions] }, Period: 60, Stat: 'Sum' },
    });
    await fixture.client.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName, EvaluationPeriods, Threshold, ComparisonOperator },
        Metrics: [
          stat('errors', base.MetricName),
          stat('calls', 'Invocations'),
          { Id: 'rate', Expression: '100 * FILL(errors, 0) / calls', Label: 'Error rate' },
        ],
      })
    );
    const calls = (minute: number, value: number) =>
      fixture.cloudWatch.sink.put({
        ...{ namespace: Namespace, name: 'Invocations', dimensions: { VariantName: 'v' }, unit: 'None' },
        ...{ value, atMs: NOON + minute * 60_000 },
      });
    calls(0, 100);
    expect(stateAt(1)).toBe('OK');
    calls(1, 100);
    put(1, 6);
    expect(stateAt(2)).toBe('ALARM');
    const [alarm] = (await fixture.client.send(new DescribeAlarmsCommand({}))).MetricAlarms ?? [];
    expect(alarm?.Metrics?.map(({ Id }) => Id)).toEqual(['errors', 'calls', 'rate']);
    expect(alarm?.StateReason).toContain('[6 (01/03/26 12:01:00)] was greater than the threshold (5)');
  });

  test('of ten seconds is decided every ten seconds', async () => {
    await putAlarm({ Period: 10 });
    put(0, 9);
    expect(stateAt(10 / 60)).toBe('ALARM');
  });

  test('combines others by a rule, at every depth', async () => {
    await putAlarm({ AlarmName: 'x' });
    await putAlarm({ AlarmName: 'y y', Threshold: 50 });
    const composite = (AlarmName: string, AlarmRule: string) =>
      fixture.client.send(new PutCompositeAlarmCommand({ AlarmName, AlarmRule }));
    await composite('b', 'ALARM(x) AND NOT ALARM("y y")');
    await composite(
      'a',
      `OK("b") OR (ALARM('x') AND FALSE) OR INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:123456789012:alarm:x)`
    );
    put(0, 20);
    expect([stateAt(1, 'b'), stateAt(1, 'a')]).toEqual(['ALARM', 'OK']);
    put(1, 60);
    expect([stateAt(2, 'b'), stateAt(2, 'a')]).toEqual(['OK', 'ALARM']);
    expect(await refusal(composite('c', 'ALARM(nobody)'))).toMatch(/^Validation.*alarms \[nobody\]/);
    for (const wrong of ['ALARM(', 'x', 'ALARM(x) ALARM(x)', 'AND', '', 'NOT', 'ALARM(x) XOR OK(x)']) {
      expect(await refusal(composite('c', wrong))).toMatch(/^(Validation|MissingRequired)/);
    }
    expect(await refusal(fixture.client.send(new DeleteAlarmsCommand({ AlarmNames: ['x'] })))).toMatch(
      /depending on it: /
    );
    const children = await fixture.client.send(new DescribeAlarmsCommand({ ChildrenOfAlarmName: 'b' }));
    expect(children.MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(['x', 'y y']);
    const parents = await fixture.client.send(new DescribeAlarmsCommand({ ParentsOfAlarmName: 'b' }));
    expect(parents.CompositeAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(['a']);
    await fixture.client.send(new DeleteAlarmsCommand({ AlarmNames: ['x', 'y y', 'a', 'b', 'nobody'] }));
    expect(fixture.cloudWatch.alarms.stateOf(['x', 'a'])).toEqual(new Map());
  });

  test('tells its changes to listeners with the actions of the new state, unless these are switched off', async () => {
    const heard: AlarmChange[] = [];
    const stop = fixture.cloudWatch.alarms.onStateChange((change) => heard.push(change));
    const AlarmActions = ['arn:aws:autoscaling:us-east-1:1:policy/up'];
    await putAlarm({ AlarmActions });
    put(0, 9);
    stateAt(1);
    expect(heard).toMatchObject([{ name: 'a', from: 'INSUFFICIENT_DATA', to: 'ALARM', actions: AlarmActions }]);
    await fixture.client.send(new DisableAlarmActionsCommand({ AlarmNames: ['a'] }));
    await fixture.client.send(new SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'OK', StateReason: 'by hand' }));
    stateAt(1);
    expect(heard.map(({ to, actions }) => [to, actions])).toEqual([
      ['ALARM', AlarmActions],
      ['OK', []],
      ['ALARM', []],
    ]);
    await fixture.client.send(new EnableAlarmActionsCommand({ AlarmNames: ['a'] }));
    stop();
    stateAt(20);
    expect(heard).toHaveLength(3);
  });

  test('keeps its state over an update, and its history over its deletion', async () => {
    await putAlarm();
    put(0, 9);
    stateAt(1);
    await putAlarm({ Threshold: 100 });
    expect(fixture.cloudWatch.alarmState('a')).toBe('ALARM');
    expect(stateAt(1)).toBe('OK');
    await fixture.client.send(new DeleteAlarmsCommand({ AlarmNames: ['a'] }));
    const history = await fixture.client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: 'a', ScanBy: 'TimestampAscending' })
    );
    expect(history.AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm "a" created',
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
      'Alarm "a" updated',
      'Alarm updated from ALARM to OK',
      'Alarm "a" deleted',
    ]);
    const page = await fixture.client.send(
      new DescribeAlarmHistoryCommand({ HistoryItemType: 'StateUpdate', MaxRecords: 1 })
    );
    expect(page.AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm updated from ALARM to OK',
    ]);
    expect(page.NextToken).toBeDefined();
  });

  test('is described by name, prefix, state, action and metric, page by page', async () => {
    for (const AlarmName of ['api-1', 'api-2', 'db-1'])
      await putAlarm({ AlarmName, AlarmActions: [`arn:aws:sns:x:1:${AlarmName}`] });
    const names = async (more: object) => {
      const { MetricAlarms } = await fixture.client.send(new DescribeAlarmsCommand(more));
      return MetricAlarms?.map(({ AlarmName }) => AlarmName);
    };
    await fixture.client.send(new SetAlarmStateCommand({ AlarmName: 'db-1', StateValue: 'ALARM', StateReason: 'r' }));
    expect(await names({ AlarmNames: ['db-1', 'none'] })).toEqual(['db-1']);
    expect(await names({ AlarmNamePrefix: 'api' })).toEqual(['api-1', 'api-2']);
    expect(await names({ StateValue: 'ALARM' })).toEqual(['db-1']);
    expect(await names({ ActionPrefix: 'arn:aws:sns:x:1:api-2' })).toEqual(['api-2']);
    expect(await names({ AlarmTypes: ['CompositeAlarm'] })).toEqual([]);
    const first = await fixture.client.send(new DescribeAlarmsCommand({ MaxRecords: 2 }));
    expect(await names({ MaxRecords: 2, NextToken: first.NextToken })).toEqual(['db-1']);
    const { Namespace, MetricName, Dimensions } = base;
    const forMetric = (more: object) =>
      fixture.client.send(
        new DescribeAlarmsForMetricCommand({ Namespace, MetricName, Dimensions: [...Dimensions], ...more })
      );
    expect((await forMetric({ Period: 60 })).MetricAlarms).toHaveLength(3);
    expect((await forMetric({ Dimensions: [] })).MetricAlarms).toEqual([]);
  });

  test('carries tags', async () => {
    await putAlarm({ Tags: [{ Key: 'team', Value: 'ml' }] });
    const [alarm] = (await fixture.client.send(new DescribeAlarmsCommand({}))).MetricAlarms ?? [];
    const ResourceARN = alarm?.AlarmArn;
    await fixture.client.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: 'stage', Value: 'prod' }] }));
    await fixture.client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ['team'] }));
    const { Tags } = await fixture.client.send(new ListTagsForResourceCommand({ ResourceARN }));
    expect(Tags).toEqual([{ Key: 'stage', Value: 'prod' }]);
  });

  test.each<[string, Partial<PutMetricAlarmCommandInput>, RegExp]>([
    ['without a name', { AlarmName: undefined }, /AlarmName is required/],
    ['without a threshold', { Threshold: undefined }, /Threshold is required/],
    ['of 45 seconds', { Period: 45 }, /Period must be 10, 20, 30 or a multiple of 60/],
    ['of no periods', { EvaluationPeriods: 0 }, /greater than or equal to 1/],
    ['of more than a day', { Period: 3000, EvaluationPeriods: 30 }, /more than a day/],
    ['of more datapoints than periods', { DatapointsToAlarm: 2 }, /less than or equal to EvaluationPeriods/],
    ['of an unknown comparison', { ComparisonOperator: 'Above' as ComparisonOperator }, /enum value set/],
    [
      'of anomalies',
      { ComparisonOperator: 'GreaterThanUpperThreshold' },
      /anomaly detection, which is not implemented/,
    ],
    ['of two statistics', { ExtendedStatistic: 'p90' }, /Exactly one of Statistic/],
    ['of an unknown statistic', { Statistic: undefined, ExtendedStatistic: 'p900' }, /not supported/],
    ['of unknown treatment', { TreatMissingData: 'guess' }, /Option guess is not supported for TreatMissingData/],
    ['of metric and metrics', { Metrics: [] }, /exclude each other/],
    ['with a broken ARN', { AlarmActions: ['topic'] }, /Invalid arn syntax/],
  ])('%s is refused and not made', async (_name, more, message) => {
    expect(await refusal(putAlarm(more))).toMatch(message);
    expect((await fixture.client.send(new DescribeAlarmsCommand({}))).MetricAlarms).toEqual([]);
  });

  test('set by hand falls back at the next evaluation', async () => {
    await putAlarm();
    put(0, 9);
    expect(stateAt(1)).toBe('ALARM');
    const set = (StateReasonData?: string) =>
      fixture.client.send(
        new SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'OK', StateReason: 'drill', StateReasonData })
      );
    expect(await refusal(set('{broken'))).toMatch(/InvalidFormatFault/);
    await set('{"drill":true}');
    expect(fixture.cloudWatch.alarmState('a')).toBe('OK');
    expect(stateAt(1)).toBe('ALARM');
    expect(
      await refusal(
        fixture.client.send(new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'r' }))
      )
    ).toMatch(/ResourceNotFound/);
  });

  test('on data put through the API fires as well', async () => {
    await putAlarm();
    const { Namespace, MetricName, Dimensions } = base;
    const MetricData = [{ MetricName, Dimensions: [...Dimensions], Values: [1, 2], Counts: [2, 3] }];
    await fixture.client.send(new PutMetricDataCommand({ Namespace, MetricData }));
    expect(stateAt(1)).toBe('ALARM');
  });
});

describe('evaluation by itself', () => {
  test('happens every ten seconds of provider time for short periods, every minute for others, until closed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sandbox-cloudwatch-'));
    const waits: { readonly ms: number; readonly wake: () => void }[] = [];
    let nowMs = NOON;
    const clock = {
      now: () => nowMs,
      wait: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          waits.push({ ms, wake: resolve });
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    };
    const tick = async (): Promise<void> => {
      const wait = waits.shift();
      expect(wait?.ms).toBe(10_000);
      nowMs += 10_000;
      wait?.wake();
      while (waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    const cloudWatch = createCloudWatch({ dir, clock });
    try {
      const common = { Namespace: 'N', MetricName: 'm', Statistic: 'Sum', EvaluationPeriods: 1, Threshold: 5 } as const;
      cloudWatch.alarms.put({ ...common, AlarmName: 'short', Period: 10, ComparisonOperator: 'GreaterThanThreshold' });
      cloudWatch.alarms.put({ ...common, AlarmName: 'long', Period: 60, ComparisonOperator: 'GreaterThanThreshold' });
      cloudWatch.sink.put({ namespace: 'N', name: 'm', dimensions: {}, value: 9, unit: 'None', atMs: NOON });
      await tick();
      expect(cloudWatch.alarms.stateOf(['short', 'long', 'none'])).toEqual(
        new Map([
          ['short', 'ALARM'],
          ['long', 'INSUFFICIENT_DATA'],
        ])
      );
      for (let at = 1; at < 6; at++) await tick();
      expect(cloudWatch.alarmState('long')).toBe('ALARM');
    } finally {
      await cloudWatch.close();
      await rm(dir, { recursive: true, force: true });
    }
  });
});

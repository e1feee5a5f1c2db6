import {
  CloudWatchServiceException,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutDashboardCommand,
  PutMetricDataCommand,
  paginateGetMetricData,
  type MetricDatum,
  type MetricDataQuery,
  type StandardUnit,
} from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NOON, startCloudWatch, type CloudWatchFixture } from '../support/cloudwatch';

let fixture: CloudWatchFixture;
const Namespace = 'Test';
const Dimensions = [
  { Name: 'VariantName', Value: 'v1' },
  { Name: 'EndpointName', Value: 'e' },
];

beforeEach(async () => {
  fixture = await startCloudWatch();
});

afterEach(async () => {
  expect(fixture.host.failures).toEqual([]);
  await fixture.close();
});

const put = (...MetricData: MetricDatum[]) => fixture.client.send(new PutMetricDataCommand({ Namespace, MetricData }));

/** One sample of the sandbox itself, `atSeconds` after NOON. */
function sink(name: string, value: number, atSeconds: number): void {
  fixture.cloudWatch.sink.put({
    ...{ namespace: Namespace, name, value, unit: 'Count', atMs: NOON + atSeconds * 1000 },
    dimensions: { EndpointName: 'e', VariantName: 'v1' },
  });
}

const query = (Stat: string, Period: number, MetricName = 'm'): MetricDataQuery => ({
  Id: 'q',
  MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat },
});

async function data(asked: MetricDataQuery, from: number, to: number): Promise<(readonly [number, number])[]> {
  const { MetricDataResults } = await fixture.client.send(
    new GetMetricDataCommand({
      MetricDataQueries: [asked],
      StartTime: new Date(NOON + from * 1000),
      EndTime: new Date(NOON + to * 1000),
      ScanBy: 'TimestampAscending',
    })
  );
  const [result] = MetricDataResults ?? [];
  return (result?.Timestamps ?? []).map((at, index) => [(at.getTime() - NOON) / 1000, result?.Values?.[index] ?? NaN]);
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((cause: unknown) => cause);
  return error instanceof CloudWatchServiceException
    ? `${error.name}: ${error.message}`
    : `not refused: ${String(error)}`;
}

describe('metric data', () => {
  test('of the API and of the sandbox itself is one metric, whatever the order of its dimensions', async () => {
    await put(
      { MetricName: 'm', Dimensions, Value: 1, Unit: 'Count' },
      { MetricName: 'm', Dimensions: [...Dimensions].reverse(), Values: [2, 3], Counts: [3, 1], Unit: 'Count' },
      {
        MetricName: 'm',
        Dimensions,
        StatisticValues: { SampleCount: 2, Sum: 9, Minimum: 4, Maximum: 5 },
        Unit: 'Count',
      }
    );
    sink('m', 10, 0);
    const expected: Record<string, number> = { SampleCount: 8, Sum: 29, Minimum: 1, Maximum: 10, Average: 29 / 8 };
    for (const [stat, value] of Object.entries(expected))
      expect(await data(query(stat, 60), 0, 60)).toEqual([[0, value]]);
    // A statistic set hides its samples, so a percentile of this minute cannot be known.
    expect(await data(query('p50', 60), 0, 60)).toEqual([]);
  });

  test('lies in windows that begin at the start, rounded down to its minute', async () => {
    for (const second of [0, 59, 60, 150, 299, 300]) sink('m', 1, second);
    expect(await data(query('Sum', 60), 0, 301)).toEqual([
      [0, 2],
      [60, 1],
      [120, 1],
      [240, 1],
      [300, 1],
    ]);
    expect(await data(query('Sum', 300), 0, 600)).toEqual([
      [0, 5],
      [300, 1],
    ]);
    expect(await data(query('Sum', 300), 61, 361)).toEqual([[60, 4]]);
    expect(await data(query('Sum', 60), 60, 120)).toEqual([[60, 1]]);
    expect(await data(query('Sum', 60), 75, 120)).toEqual([[60, 1]]);
  });

  test('is there by the second while fresh, by the minute later, and for fifteen days', async () => {
    for (let second = 0; second < 60; second++) sink('m', second, second);
    expect(await data(query('Sum', 1), 7, 9)).toEqual([
      [7, 7],
      [8, 8],
    ]);
    expect(await data(query('Maximum', 10), 3, 30)).toEqual([
      [0, 9],
      [10, 19],
      [20, 29],
    ]);
    expect(await data(query('p50', 30), 0, 60)).toEqual([
      [0, 14],
      [30, 44],
    ]);
    fixture.clock.advance(3_600_000);
    expect(await data(query('Sum', 10), 0, 60)).toEqual([]);
    expect(await data(query('p50', 60), 0, 60)).toEqual([[0, 29]]);
    fixture.clock.advance(14 * 86_400_000);
    expect(await data(query('p50', 60), 0, 60)).toEqual([[0, 29]]);
    fixture.clock.advance(86_400_000);
    expect(await data(query('p50', 60), 0, 60)).toEqual([]);
  });

  test('of an earlier time joins what is there already', async () => {
    fixture.clock.advance(7_200_000);
    await put({ MetricName: 'm', Dimensions, Value: 2, Timestamp: new Date(NOON + 5_000), Unit: 'Count' });
    await put({ MetricName: 'm', Dimensions, Value: 4, Timestamp: new Date(NOON + 8_000), Unit: 'Count' });
    expect(await data(query('Average', 60), 0, 60)).toEqual([[0, 3]]);
  });

  test('of a thousand metrics comes compressed', async () => {
    await put(...Array.from({ length: 1000 }, (_, at) => ({ MetricName: `metric-${at}`, Value: at })));
    const names = new Set<string>();
    let NextToken: string | undefined;
    do {
      const page = await fixture.client.send(
        new ListMetricsCommand({ Namespace, ...(NextToken ? { NextToken } : {}) })
      );
      page.Metrics?.forEach(({ MetricName = '' }) => names.add(MetricName));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(names.size).toBe(1000);
  });

  test.each<[string, MetricDatum, RegExp]>([
    ['without a name', { MetricName: '', Value: 1 }, /MetricName is required/],
    ['without a value', { MetricName: 'm' }, /Exactly one of Value, Values and StatisticValues/],
    ['with two kinds of value', { MetricName: 'm', Value: 1, Values: [1] }, /Exactly one of Value/],
    ['that is no number', { MetricName: 'm', Value: NaN }, /NaN/],
    ['that is infinite', { MetricName: 'm', Value: Infinity }, /Infinity/],
    [
      'of three weeks ago',
      { MetricName: 'm', Value: 1, Timestamp: new Date(NOON - 21 * 86_400_000) },
      /past two weeks/,
    ],
    ['of tomorrow', { MetricName: 'm', Value: 1, Timestamp: new Date(NOON + 86_400_000) }, /two hours in the future/],
    ['of an unknown unit', { MetricName: 'm', Value: 1, Unit: 'Furlongs' as StandardUnit }, /Furlongs/],
    ['with too few counts', { MetricName: 'm', Values: [1, 2], Counts: [1] }, /same size/],
    ['with a count of zero', { MetricName: 'm', Values: [1], Counts: [0] }, /greater than 0/],
    ['with a dimension twice', { MetricName: 'm', Value: 1, Dimensions: [...Dimensions, ...Dimensions] }, /twice/],
    [
      'with a set upside down',
      { MetricName: 'm', StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 2, Maximum: 1 } },
      /not exceed/,
    ],
  ])('%s is refused, and all that came with it', async (_name, datum, message) => {
    expect(await refusal(put({ MetricName: 'good', Value: 1 }, datum))).toMatch(message);
    expect((await fixture.client.send(new ListMetricsCommand({}))).Metrics).toEqual([]);
  });
});

describe('GetMetricData', () => {
  test('answers newest first, several queries at once, expressions among them, hidden ones left out', async () => {
    for (const second of [0, 60, 120]) sink('calls', 100, second);
    sink('errors', 7, 60);
    const stat = (Id: string, MetricName: string) => ({ ...query('Sum', 60, MetricName), Id, ReturnData: false });
    const { MetricDataResults } = await fixture.client.send(
      new GetMetricDataCommand({
        StartTime: new Date(NOON),
        EndTime: new Date(NOON + 180_000),
        MetricDataQueries: [
          stat('calls', 'calls'),
          stat('errors', 'errors'),
          { Id: 'rate', Expression: 'FILL(errors, 0) / calls', Label: 'rate' },
          { Id: 'per', Expression: 'calls / PERIOD(calls)' },
          { Id: 'all', Expression: 'METRICS()' },
        ],
      })
    );
    expect(MetricDataResults?.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
      ['rate', 'rate', [0, 0.07, 0]],
      ['per', 'per', [100 / 60, 100 / 60, 100 / 60]],
      ['all', 'calls', [100, 100, 100]],
      ['all', 'errors', [7]],
    ]);
    expect(MetricDataResults?.[0]?.Timestamps?.[0]).toEqual(new Date(NOON + 120_000));
  });

  test('pages through to the same points in any page size', async () => {
    for (let minute = 0; minute < 10; minute++) {
      sink('a', minute, minute * 60);
      if (minute % 3 === 0) sink('b', minute, minute * 60);
    }
    const input = {
      ScanBy: 'TimestampAscending' as const,
      StartTime: new Date(NOON),
      EndTime: new Date(NOON + 600_000),
      MetricDataQueries: [
        { ...query('Sum', 60, 'a'), Id: 'a' },
        { ...query('Sum', 60, 'none'), Id: 'none' },
        { ...query('Sum', 60, 'b'), Id: 'b' },
      ],
    };
    for (const MaxDatapoints of [1, 3, 10, 13, 100]) {
      const found: Record<string, number[]> = {};
      for await (const page of paginateGetMetricData({ client: fixture.client }, { ...input, MaxDatapoints })) {
        const size = page.MetricDataResults?.reduce((sum, { Values }) => sum + (Values?.length ?? 0), 0);
        expect(size).toBeLessThanOrEqual(MaxDatapoints);
        for (const { Id = '', Values = [] } of page.MetricDataResults ?? [])
          found[Id] = [...(found[Id] ?? []), ...Values];
      }
      expect(found).toEqual({ a: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], none: [], b: [0, 3, 6, 9] });
    }
  });

  test.each<[string, MetricDataQuery[], RegExp]>([
    ['an unknown id', [{ Id: 'e', Expression: 'x + 1' }], /ValidationE.*Error in expression 'e'.*'x' is unknown/],
    [
      'a circle',
      [
        { Id: 'a', Expression: 'b + 1' },
        { Id: 'b', Expression: 'a + 1' },
      ],
      /refers to itself/,
    ],
    ['a number as the result', [{ Id: 'e', Expression: '1 + 1' }], /must be a time series/],
    ['an id twice', [query('Sum', 60), query('Sum', 60)], /unique/],
    ['an id in capitals', [{ ...query('Sum', 60), Id: 'Q' }], /does not match/],
    ['a period of 7 s', [query('Sum', 7)], /multiple of 60/],
    ['an unknown statistic', [query('Mode', 60)], /Mode/],
    ['neither metric nor expression', [{ Id: 'e' }], /either MetricStat or Expression/],
    [
      'Metrics Insights',
      [{ Id: 'e', Expression: 'SELECT AVG(x) FROM y' }],
      /Metrics Insights queries are not implemented/,
    ],
  ])('refuses %s', async (_name, MetricDataQueries, message) => {
    const input = { MetricDataQueries, StartTime: new Date(NOON), EndTime: new Date(NOON + 60_000) };
    expect(await refusal(fixture.client.send(new GetMetricDataCommand(input)))).toMatch(message);
  });
});

describe('GetMetricStatistics', () => {
  test('answers basic and extended statistics with their unit, units apart', async () => {
    await put({ MetricName: 'm', Values: [1, 2, 3, 4], Unit: 'Seconds' }, { MetricName: 'm', Value: 9, Unit: 'Bytes' });
    const ask = (more: object) =>
      fixture.client.send(
        new GetMetricStatisticsCommand({
          ...{ Namespace, MetricName: 'm', Period: 60, StartTime: new Date(NOON), EndTime: new Date(NOON + 60_000) },
          ...more,
        })
      );
    const { Datapoints, Label } = await ask({
      Statistics: ['Sum', 'Average'],
      ExtendedStatistics: ['p75', 'TC(1:3)'],
      Unit: 'Seconds',
    });
    expect(Label).toBe('m');
    expect(Datapoints).toEqual([
      {
        Timestamp: new Date(NOON),
        Unit: 'Seconds',
        Sum: 10,
        Average: 2.5,
        ExtendedStatistics: { p75: 3, 'TC(1:3)': 2 },
      },
    ]);
    expect((await ask({ Statistics: ['Sum'] })).Datapoints?.map(({ Unit }) => Unit)).toEqual(['Seconds', 'Bytes']);
    expect(await refusal(ask({}))).toMatch(/MissingRequiredParameter/);
    expect(await refusal(ask({ Statistics: ['Sum'], StartTime: new Date(NOON - 10 * 86_400_000) }))).toMatch(
      /InvalidParameterCombination.*exceeds the limit of 1440/
    );
  });
});

describe('ListMetrics', () => {
  test('filters by namespace, name, dimensions and recent activity', async () => {
    await put(
      { MetricName: 'a', Dimensions, Value: 1 },
      { MetricName: 'b', Value: 1 },
      { MetricName: 'b', Value: 1, Unit: 'Bytes' }
    );
    const list = async (more: object) =>
      (await fixture.client.send(new ListMetricsCommand(more))).Metrics?.map(({ MetricName }) => MetricName);
    expect(await list({})).toEqual(['a', 'b']);
    expect(await list({ Namespace: 'Other' })).toEqual([]);
    expect(await list({ Namespace, MetricName: 'b' })).toEqual(['b']);
    expect(await list({ Dimensions: [{ Name: 'EndpointName' }] })).toEqual(['a']);
    expect(await list({ Dimensions: [{ Name: 'EndpointName', Value: 'other' }] })).toEqual([]);
    fixture.clock.advance(4 * 3_600_000);
    expect(await list({ RecentlyActive: 'PT3H' })).toEqual([]);
    expect(await list({})).toEqual(['a', 'b']);
  });
});

describe('the wire', () => {
  test('names the operation that is not implemented', async () => {
    const call = fixture.client.send(new PutDashboardCommand({ DashboardName: 'd', DashboardBody: '{}' }));
    expect(await refusal(call)).toBe(
      "UnknownOperationException: The sandbox does not implement CloudWatch's PutDashboard."
    );
  });

  test('speaks Query with XML answers', async () => {
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      const response = await fetch(fixture.host.url, { method: 'POST', headers, body: `${body}&Version=2010-08-01` });
      return `${response.status} ${await response.text()}`;
    };
    const datum =
      'MetricData.member.1.MetricName=m&MetricData.member.1.Value=2.5&MetricData.member.1.Dimensions.member.1.Name=d';
    expect(
      await post(`Action=PutMetricData&Namespace=Test&${datum}&MetricData.member.1.Dimensions.member.1.Value=a%26b`)
    ).toMatch(
      /^200 <PutMetricDataResponse xmlns="http:\/\/monitoring\.amazonaws\.com\/doc\/2010-08-01\/"><ResponseMetadata>/
    );
    expect(await post('Action=ListMetrics&Namespace=Test')).toContain(
      '<Metrics><member><Namespace>Test</Namespace><MetricName>m</MetricName><Dimensions><member><Name>d</Name><Value>a&#38;b</Value></member></Dimensions></member></Metrics>'
    );
    expect(await post('Action=SetAlarmState&AlarmName=n&StateValue=OK&StateReason=r')).toMatch(
      /^404 <ErrorResponse.*<Type>Sender<\/Type><Code>ResourceNotFound<\/Code>/
    );
    expect(await post('Action=Nonsense')).toMatch(/^400 .*<Code>InvalidAction<\/Code>/);
    expect(await post(`Action=PutMetricData&Namespace=Test&${datum.replace('2.5', 'x')}`)).toMatch(
      /^400 .*SerializationException/
    );
  });

  test.each([
    '{',
    '[]',
    'null',
    '"text"',
    '{"MetricData":3}',
    '{"Namespace":{}}',
    '{"Namespace":"N","MetricData":[null]}',
    '{"Namespace":"N","MetricData":[{"MetricName":"m","Value":{"a":1}}]}',
    '{"Namespace":"N","MetricData":[{"MetricName":"m","Value":1,"Timestamp":"never"}]}',
    '{"Namespace":"N","MetricData":[{"MetricName":"m","Value":1,"Dimensions":{"Name":"d"}}]}',
    '{"Namespace":"N","MetricData":[{"MetricName":["m"],"Value":1}]}',
  ])('answers a body like %s in shape', async (body) => {
    const headers = {
      'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
      'content-type': 'application/x-amz-json-1.0',
    };
    const response = await fetch(fixture.host.url, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-query-error')).toMatch(/;Sender$/);
    expect(await response.json()).toMatchObject({ __type: expect.stringMatching(/^com\.amazonaws\.cloudwatch#/) });
  });
});

import { describe, expect, test } from '@jest/globals';
import { readRolloutFile } from '../../spec/read';
import { FULL, problemsOf, ROLE, SHORTEST, specOf, told } from './support';

const BASE = { required: true, weight: 1 };
const TALLY = { ...BASE, allowedFailures: 0, windowTicks: null, leastTicks: 1, then: 'rollBack' };
/** The guards of the fullest file after the first two. */
const FURTHER_GUARDS = [
  {
    ...BASE,
    kind: 'latency',
    quantiles: [0.5, 0.99],
    incumbentMs: null,
    promoteWithin: { ratio: 1.5 },
    mode: 'exact',
    weight: 0.5,
  },
  {
    ...BASE,
    kind: 'business',
    event: 'conversion',
    unit: 'user',
    rollbackAt: { oddsRatio: 1.1 },
    promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.2 },
  },
  // What an event is about is what its guards count.
  {
    ...BASE,
    kind: 'goal',
    event: 'conversion',
    unit: 'user',
    rollbackAt: { oddsRatio: 1.3 },
    promoteWithin: null,
    required: false,
  },
  {
    ...BASE,
    kind: 'mean',
    of: { from: 'event', event: 'conversion' },
    higherIs: 'better',
    promoteWithin: { difference: 0.4 },
    unit: 'user',
    points: [0, 10, 100],
    leastN: 50,
  },
  { ...BASE, kind: 'split', alpha: 0.01, leastExpected: 10 },
  { ...BASE, kind: 'captureLoss', alpha: 0.02, tolerated: null, leastDue: 10, required: false },
  { ...BASE, kind: 'labelLoss', alpha: 0.001, tolerated: 0.05, leastDue: 100, required: false },
  { ...TALLY, kind: 'outputDrift', threshold: 0.2, distance: 'jensenShannon', leastN: 50, everyTicks: 5, then: 'hold' },
  {
    ...TALLY,
    kind: 'threshold',
    metric: 'CPUUtilization',
    namespace: '/aws/sagemaker/Endpoints',
    statistic: 'p90',
    dimensions: { EndpointName: 'a' },
    limit: { below: -1.5 },
    allowedFailures: 1,
    windowTicks: 3,
    leastTicks: 2,
  },
  { ...TALLY, kind: 'alarm', name: 'reviews-p99', missingData: 'ignore', then: 'alert', required: false },
  { ...TALLY, kind: 'webhook', url: 'https://check.example.org/v8', timeoutMs: 2_000 },
];

const FULL_BATCH = {
  name: 'nightly',
  schedule: {
    times: { kind: 'cron', expressions: ['30 2 * * 1-5'] },
    timezone: 'Europe/Berlin',
    jitterMs: 300_000,
    overlap: 'bufferOne',
    catchUpWindowMs: 21_600_000,
    pauseOnFailure: false,
  },
  timezone: 'Europe/Berlin',
  dataLagMs: 86_400_000,
  startWithinMs: 300_000,
  withinMs: 14_400_000,
  input: 's3://data/reviews/{date}/',
  output: 's3://out/reviews/{date}',
  model: { kind: 'existing', name: 'reviews-7' },
  challenger: {
    name: 'v9',
    model: { kind: 'source', model: { kind: 'container', container: { image: 'sentiment:9', environment: {} } } },
    prediction: '$.label',
  },
  instance: { type: 'ml.c5.xlarge', count: 2 },
  strategy: 'SingleRecord',
  payloadMb: 2,
  concurrency: 8,
  compression: 'Gzip',
  split: 'Line',
  assemble: 'Line',
  contentType: 'application/json',
  accept: 'application/json',
  filters: { input: '$.review', output: "$['id','SageMakerOutput']", join: 'Input' },
  parts: { bytes: 2 * 1024 ** 3, sliceBytes: 64 * 1024 ** 2, parallel: 4 },
  onBadRecord: 'fail',
  atMostBad: 0.02,
  verify: {
    counts: true,
    drift: { prediction: '$.SageMakerOutput.label', threshold: 0.2, distance: 'jensenShannon', then: 'fail' },
  },
};

describe('a good file', () => {
  test('five lines are enough, and every default is filled in', () => {
    expect(SHORTEST.trim().split('\n')).toHaveLength(5);
    expect(specOf(SHORTEST)).toEqual({
      endpoint: 'product-reviews',
      aws: { role: ROLE, tags: {} },
      capture: {
        to: 's3://capture/reviews',
        samplingPct: 100,
        contentTypes: ['text/csv', 'application/json'],
        lagMs: 300_000,
      },
      schema: {},
      counts: { from: 'cloudwatch' },
      tickMs: 60_000,
      candidates: [
        {
          name: 'v8',
          model: {
            kind: 'container',
            container: { image: 'sentiment:8', artifact: 's3://models/reviews/8/model.tar.gz', environment: {} },
          },
          instance: { type: 'ml.m5.large', count: 1 },
        },
      ],
      baseline: { lookbackMs: 86_400_000, atLeast: 500, atMostMs: 21_600_000 },
      budget: { falseRollback: 0.01, falsePromotion: 0.05, falseWinner: 0.05 },
      guards: [
        {
          kind: 'errors',
          statuses: '5xx',
          rollbackAt: { oddsRatio: 1 },
          promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.5 },
          slo: 0.005,
          required: true,
        },
      ],
      onInconclusive: 'hold',
      stages: [
        {
          kind: 'canary',
          sharePct: 10,
          groups: [],
          until: { kind: 'decided', atMostMs: 86_400_000 },
          onInconclusive: 'hold',
        },
      ],
      routing: { by: 'weights' },
      onNewer: 'reject',
    });
  });

  test('every key is read as it was written', () => {
    expect(specOf(FULL)).toEqual({
      endpoint: 'product-reviews',
      aws: {
        role: 'arn:aws:iam::123456789012:role/other',
        kms: 'alias/reviews',
        vpc: { subnets: ['subnet-1'], securityGroups: ['sg-1'] },
        tags: { team: 'search' },
      },
      capture: { to: 's3://capture/reviews', samplingPct: 50, contentTypes: ['text/csv'], lagMs: 90_000 },
      schema: { prediction: '$.predictions[0].label', user: '0' },
      groundTruth: { from: 's3://labels/reviews', maturityMs: 5_400_000 },
      events: { conversion: { from: 's3://events/reviews', windowMs: 1_200_000, unit: 'user' } },
      exposures: { from: 's3://exposures/reviews' },
      counts: { from: 'gateway', uri: 's3://counts/reviews' },
      tickMs: 2_000,
      candidates: [
        {
          name: 'v8',
          model: {
            kind: 'container',
            container: { image: 'sentiment:8', artifact: 's3://models/8/model.tar.gz', environment: { LOG: 'debug' } },
          },
          instance: { type: 'ml.c5.xlarge', count: 2 },
        },
      ],
      baseline: { lookbackMs: 7_200_000, atLeast: 100, atMostMs: 300_000 },
      budget: { falseRollback: 0.005, falsePromotion: 0.02, falseWinner: 0.03 },
      guards: [
        {
          kind: 'errors',
          statuses: '4xx+5xx',
          rollbackAt: { oddsRatio: 1.2 },
          promoteWithin: { kind: 'absolute', difference: 0.01 },
          required: false,
          weight: 2,
        },
        {
          kind: 'quality',
          metric: 'accuracy',
          rollbackAt: { oddsRatio: 1.1 },
          promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.4 },
          required: true,
        },
        ...FURTHER_GUARDS,
      ],
      onInconclusive: 'ask',
      stages: [
        {
          kind: 'canary',
          sharePct: 2.5,
          groups: [],
          until: { kind: 'requests', requests: 500, atMostMs: 3_600_000 },
          onInconclusive: 'rollBack',
        },
        {
          kind: 'approval',
          approvers: ['ana@example.org', 'bo@example.org'],
          need: 2,
          withinMs: 28_800_000,
          otherwise: 'approve',
          identity: { kind: 'asserted' },
        },
        {
          kind: 'canary',
          sharePct: 50,
          groups: [],
          until: { kind: 'decided', atMostMs: 1_209_600_000 },
          onInconclusive: 'ask',
        },
      ],
      routing: { by: 'weights' },
      onNewer: 'reject',
      batch: [FULL_BATCH],
    });
  });

  test('quality is judged without being asked for as soon as the file says where labels come from', () => {
    const spec = specOf(`${SHORTEST}groundTruth: { from: s3://labels/x, maturity: 1h }\nschema: { prediction: 0 }\n`);
    expect(spec.guards.map(({ kind }) => kind)).toEqual(['errors', 'quality']);
    expect(spec.schema.prediction).toBe('0');
  });

  test('the role in the file wins over the one in the environment', () => {
    expect(told(`${SHORTEST}aws: { role: ${ROLE} }\n`, { SLUICE_ROLE: 'nonsense' })).toEqual([]);
  });

  test('anchors and aliases are followed', () => {
    const text = `${SHORTEST}tick: &minute 60s\nbaseline: { lookback: 1h, atMost: *minute }\n`;
    expect(specOf(text).baseline.atMostMs).toBe(60_000);
  });

  test.each([
    ['Windows line ends', SHORTEST.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${SHORTEST}`],
    [
      'JSON',
      JSON.stringify({
        endpoint: 'e',
        capture: { to: 's3://capture' },
        candidates: [{ name: 'v8', container: { image: 'i' } }],
      }),
    ],
  ])('%s is no mistake', (_, text) => {
    expect(told(text)).toEqual([]);
  });
});

describe('five mistakes', () => {
  const text = `# The release of March
endpont: product-reviews
aws: { role: ${ROLE} }
capture: { to: s3://capture/reviews, sampling: 50 }
tick: 90sec
candidates:
  - name: v8
    container:
      artifact: s3://models/reviews/8/model.tar.gz
stages:
  - canary: { share: 5%, until: { decided: true, atMost: 2h } }
  - approval: { approvers: [ana@example.org, bo@example.org], need: 3 }
`;

  test('are five problems: key, share, duration, missing key and meaning, each in its place', () => {
    expect(told(text)).toEqual([
      '2:1 `endpont` is not a key of the rollout file.',
      '4:48 `capture.sampling` is not a share: it has no % sign.',
      '5:7 `tick` is not a duration.',
      '8:5 `candidates[0].container.image` is missing.',
      '12:69 `stages[1].approval.need` is 3, but only 2 people may approve.',
    ]);
  });

  test('each say what was found, what is allowed, what is nearest and what to do', () => {
    expect(problemsOf(text).map(({ path, found, nearest, remedy }) => ({ path, found, nearest, remedy }))).toEqual([
      { path: 'endpont', found: 'endpont', nearest: 'endpoint', remedy: 'Write `endpoint`.' },
      { path: 'capture.sampling', found: '50', nearest: '50%', remedy: 'Write `50%`.' },
      { path: 'tick', found: '90sec', nearest: '90s', remedy: 'Write `90s`.' },
      {
        path: 'candidates[0].container.image',
        found: 'nothing',
        nearest: undefined,
        remedy: 'Add `image: sentiment:8` to `candidates[0].container`.',
      },
      { path: 'stages[1].approval.need', found: '3', nearest: '2', remedy: 'Write `need: 2`, or name more approvers.' },
    ]);
    expect(problemsOf(text).every(({ allowed }) => allowed.length > 0)).toBe(true);
  });

  test('elsewhere are found although the whole part that a missing key belongs to is missing', () => {
    const text = SHORTEST.replace('product-reviews', 'product_reviews');
    const read = readRolloutFile({ text, fileName: 'f.yaml', environment: {} });
    const places = read.ok ? [] : read.problems.map(({ path, line, column }) => `${path} ${line}:${column}`);
    expect(places).toEqual(['aws.role 1:1', 'endpoint 1:11']);
  });

  test('inside a part whose own key is misspelt are found as well', () => {
    const inner = `endpoint: e
capture: { to: s3://capture }
candidats:
  - name: 8
    contaner: { imag: i, artifact: models }
`;
    expect(told(inner)).toEqual([
      '3:1 `candidats` is not a key of the rollout file.',
      '4:11 `candidates[0].name` is not a name: YAML reads it as a number.',
      '5:5 `contaner` is not a key of `candidates[0]`.',
      '5:17 `imag` is not a key of `candidates[0].container`.',
      '5:36 `candidates[0].container.artifact` is not a model artifact.',
    ]);
  });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { publishMetrics } from '../../activities/monitoring/metrics';
import { runMonitor } from '../../activities/monitoring/run-monitor';
import type { MonitorTask } from '../../activities/monitoring/types';
import type { Json, MonitorKind } from '../../monitors/types';
import { monitorScheduleId } from '../../rollout';
import { captured } from '../monitors/data/files';
import { aMonitor } from '../support/monitored';
import type { TestSandbox } from '../support/sandbox/harness';
import { startTestSandbox } from '../support/sandbox/harness';

const HOUR_MS = 3_600_000;
const NAMES = ['prediction', 'score', 'sex', 'age', 'label'];
const scratchDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-metrics-test-'));
let box: TestSandbox;
let fromMs: number;

beforeAll(async () => {
  box = await startTestSandbox({ speed: 1 });
  fromMs = (Math.floor(box.sandbox.clock.now() / HOUR_MS) - 2) * HOUR_MS;
  await box.s3.createBucket({ Bucket: 'data' });
  const at = new Date(fromMs).toISOString();
  const key = `capture/e/v1/${at.slice(0, 10).replaceAll('-', '/')}/${at.slice(11, 13)}/0.jsonl`;
  const lines = Array.from({ length: 240 }, (_, n) => {
    // No man is ever accepted: the women's share is infinitely many times theirs.
    const [sex, label] = [n % 2 === 0 ? 'f' : 'm', n % 3 === 0 ? 1 : 0];
    const prediction = sex === 'f' && n % 5 !== 0 ? 1 : 0;
    return captured({
      ...{ event: String(n), at: new Date(fromMs + n * 1000).toISOString() },
      ...{ output: `${prediction},${prediction === 1 ? 0.8 : 0.2}`, input: `${sex},${20 + (n % 50)},${label}` },
    });
  });
  await box.s3.putObject({ Bucket: 'data', Key: key, Body: lines.join('\n') });
  const events = Array.from({ length: 60 }, (_, n) => ({
    ...{ eventId: `x${n}`, event: 'sale', inferenceId: String(n * 4), value: 1 },
    at: new Date(fromMs + n * 4_000 + 10_000).toISOString(),
  }));
  const folder = key.split('/').slice(3, 7).join('/');
  const Body = events.map((one) => JSON.stringify(one)).join('\n');
  await box.s3.putObject({ Bucket: 'data', Key: `events/${folder}/0.jsonl`, Body });
});
afterAll(async () => {
  rmSync(scratchDir, { recursive: true, force: true });
  await box.stop();
});

/** Makes a baseline of the hour, judges the same hour against it, and publishes as a run of the monitor does. */
async function published(kind: MonitorKind, options: Readonly<Record<string, Json>>): Promise<void> {
  const deps = {
    aws: { ...box, cloudwatch: box.cloudWatch, close: () => undefined } as never,
    ...{ now: () => box.sandbox.clock.now(), heartbeat: () => undefined, scratchDir },
    // The answer is the age.
    model: { predict: (rows: readonly (readonly string[])[]) => Promise.resolve(rows.map((row) => [Number(row[1])])) },
  };
  const window = { fromMs, toMs: fromMs + HOUR_MS };
  const task = (output: string, baseline: string | null): MonitorTask => ({
    ...{ monitor: kind, options, window, baseline, output: `s3://data/${kind}/${output}` },
    data: { kind: 'captures', to: 's3://data/capture', endpoint: 'e', variants: ['v1'] },
    reading: { names: NAMES },
  });
  const { output: baseline } = await runMonitor(deps, task('baseline', null));
  const outcome = { ...(await runMonitor(deps, task('check', baseline))), window, sha256: 'seen' };
  const monitor = aMonitor({ kind, name: kind, options });
  await publishMetrics(
    deps.aws,
    {
      request: { monitor, of: { endpoint: 'e' }, nominalMs: null, searchAttributes: false } as never,
      ...{ window, purpose: 'regular', target: { variant: 'v1', version: 'v1', baseline } },
    },
    { outcome, nowMs: box.sandbox.clock.now() }
  );
}

/** A metric's statistics by its exact dimensions; undefined where nobody published it. */
async function readBack(namespace: string, name: string, dimensions: Readonly<Record<string, string>>) {
  const { Datapoints = [] } = await box.cloudWatch.getMetricStatistics({
    ...{ Namespace: namespace, MetricName: name, Period: 3600, Statistics: ['Maximum', 'Sum', 'SampleCount'] },
    ...{ StartTime: new Date(fromMs - HOUR_MS), EndTime: new Date(fromMs + 4 * HOUR_MS) },
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  });
  return Datapoints[0];
}

const own = (kind: MonitorKind) => ({ Endpoint: 'e', MonitoringSchedule: monitorScheduleId('e', kind) });
const violations = (kind: MonitorKind) => readBack('Sluice/Monitors', kind, { EndpointName: 'e', VariantName: 'v1' });

test('data quality is published by Model Monitor’s names: drift, values, and what is there of each feature', async () => {
  await published('dataQuality', {});
  const of = (name: string) => readBack('aws/sagemaker/Endpoints/data-metrics', name, own('dataQuality'));
  expect(await of('feature_baseline_drift_age')).toMatchObject({ Maximum: 0 });
  expect(await of('feature_non_null_sex')).toMatchObject({ Maximum: 240 });
  expect(await of('feature_data_age')).toMatchObject({ SampleCount: 240, Maximum: 69 });
  expect(await of('feature_data_sex')).toBeUndefined();
  expect(await violations('dataQuality')).toMatchObject({ Maximum: 0 });
});

test('model quality is published by its metrics’ names, with their standard deviations', async () => {
  await published('modelQuality', {
    ...{ problem: 'BinaryClassification', label: 'label', prediction: 'prediction', probability: 'score' },
  });
  const of = (name: string) => readBack('aws/sagemaker/Endpoints/model-metrics', name, own('modelQuality'));
  const { Maximum: accuracy = NaN } = (await of('accuracy')) ?? {};
  expect(accuracy).toBeGreaterThan(0.3);
  expect(accuracy).toBeLessThan(0.8);
  expect(await of('accuracy_stdev')).toBeDefined();
  expect(await violations('modelQuality')).toBeDefined();
});

test('bias is published metric by metric with Clarify’s dimensions; what is infinite as the largest number that it sends', async () => {
  await published('bias', {
    ...{ label: 'label', label_values_or_threshold: [1], predicted_label: 'prediction', leastRows: 20 },
    facet: [{ name_or_index: 'sex', value_or_threshold: ['f'] }],
  });
  const facet = { Label: 'label', LabelValue: '1', Facet: 'sex', FacetValue: 'f' };
  const of = (name: string, BiasStage: string) =>
    readBack('aws/sagemaker/Endpoints/bias-metrics', name, { ...own('bias'), BiasStage, ...facet });
  expect(await of('bias_metric_CI', 'Pre-training')).toMatchObject({ Maximum: 0, SampleCount: 1 });
  expect(await of('bias_metric_DPPL', 'Post-Training')).toMatchObject({ Maximum: -0.8 });
  expect(await of('bias_metric_DI', 'Post-Training')).toMatchObject({ Maximum: 2 ** 360 });
  const { Metrics = [] } = await box.cloudWatch.listMetrics({ Namespace: 'aws/sagemaker/Endpoints/bias-metrics' });
  expect(
    Metrics.map(({ MetricName }) => MetricName).filter((name) => !/^bias_metric_[A-Z]+$/.test(name ?? ''))
  ).toEqual([]);
  // The file keeps what JSON has no number for.
  const report = await box.s3.getObject({ Bucket: 'data', Key: 'bias/check/report.json' });
  const { checks } = JSON.parse((await report.Body?.transformToString()) ?? '') as {
    checks: readonly { subject: string; extras: Readonly<Record<string, Json>> }[];
  };
  expect(checks.find(({ subject }) => subject === 'sex=f DI')?.extras).toMatchObject({
    exact_value: 'Infinity',
    published_value: 2 ** 360,
  });
});

test('attributions are published feature by feature, with the expected value and the order’s NDCG', async () => {
  await published('attribution', {
    label: 'label',
    excluded_columns: ['prediction', 'score'],
    rows: 20,
    calls: 20_000,
  });
  const label = { ...own('attribution'), ExplainabilityMethod: 'KernelShap', Label: 'label0' };
  const of = (name: string, dimensions: Readonly<Record<string, string>> = {}) =>
    readBack('aws/sagemaker/Endpoints/explainability-metrics', name, { ...label, ...dimensions });
  const { Maximum: age = NaN } = (await of('feature_age', { ValueType: 'GlobalShapValues' })) ?? {};
  expect(age).toBeGreaterThan(1);
  const { Maximum: sex = NaN } = (await of('feature_sex', { ValueType: 'GlobalShapValues' })) ?? {};
  expect(Math.abs(sex)).toBeLessThan(1e-6);
  expect((await of('ExpectedValue', { ValueType: 'ExpectedValue' }))?.Maximum).toBeGreaterThan(20);
  expect(await of('ndcg')).toMatchObject({ Maximum: 1 });
  expect(await of('feature_label0', { ValueType: 'GlobalShapValues' })).toBeUndefined();
});

test.each<[MonitorKind, Readonly<Record<string, Json>>]>([
  ['conceptDrift', { values: 'score', leastBaseline: 100 }],
  ['business', { event: 'sale', events: 's3://data/events' }],
])('%s, which Model Monitor does not have, is published by how often it was violated', async (kind, options) => {
  await published(kind, options);
  expect(await violations(kind)).toMatchObject({ SampleCount: 1 });
});

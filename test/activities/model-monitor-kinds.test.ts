import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runModelMonitor } from '../../activities/monitoring/model-monitor';
import { runByMonitoringSchedule } from '../../activities/monitoring/model-monitor-schedule';
import type { JobTask } from '../../activities/monitoring/types';
import type { Json } from '../../monitors/types';
import { deleteOwnMonitoringSchedules } from '../../sagemaker/owned';
import type { TestSandbox } from '../support/sandbox/harness';
import { ROLE, startTestSandbox, until } from '../support/sandbox/harness';
import { JOB_IMAGES } from '../support/sandbox/jobs';
import { capture, hourAt, HOUR_MS, watchedEndpoint } from '../support/sandbox/monitoring';

const FROM_MS = Date.UTC(2030, 0, 7);
const MINUTE_MS = 60_000;
const ROWS = 40;
const SCORER = { command: [process.execPath, path.resolve('test/support/scorer.js')] };

interface Person {
  readonly answer: number;
  readonly label: number;
  readonly cells: readonly number[];
}

/** Of the worse ones all are of one age, women are refused, and every other answer is wrong. */
function people(isWorse: boolean): readonly Person[] {
  return Array.from({ length: ROWS }, (_, n) => {
    const [sex, label] = [n % 2, (n * 7) % 5 < 2 ? 1 : 0];
    const answer = isWorse ? (sex === 1 ? 0 : 1 - label) : n % 10 === 0 ? 1 - label : label;
    return { answer, label, cells: [isWorse ? 50 : (n * 37) % 100, (n * 53) % 90, sex] };
  });
}

type Kind = 'modelQuality' | 'bias' | 'attribution';
const OPTIONS: Readonly<Record<Kind, Readonly<Record<string, Json>>>> = {
  modelQuality: { problem: 'BinaryClassification', prediction: 'prediction' },
  bias: {
    ...{ label: 'label', predicted_label: 'prediction', label_values_or_threshold: [1] },
    facet: [{ name_or_index: 'sex', value_or_threshold: [1] }],
  },
  attribution: { methods: { shap: { num_clusters: 1, num_samples: 20 } } },
};
const HEADERS = { headers: ['age', 'income', 'sex'] };
const KINDS = Object.keys(OPTIONS) as readonly Kind[];

describe('the other kinds of Model Monitor', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox({ images: { ...JOB_IMAGES, 'server:*': SCORER } });
    box.sandbox.clock.set(FROM_MS + 2 * HOUR_MS + 5 * MINUTE_MS);
    await box.s3.createBucket({ Bucket: 'data' });
    await watchedEndpoint(box);
    const rows = people(false).map(({ answer, label, cells }) => [answer, ...cells, label].join(','));
    await put('train.csv', `prediction,age,income,sex,label\n${rows.join('\n')}\n`);
    for (let hour = 0; hour < 6; hour++) {
      const startMs = FROM_MS + hour * HOUR_MS;
      const found = people(hour > 0);
      await capture(
        box,
        found.map(({ answer, cells }, n) => ({
          atMs: startMs + n * MINUTE_MS,
          input: cells.join(','),
          output: String(answer),
        }))
      );
      const labels = found.map(({ label }, n) => ({
        groundTruthData: { data: String(label), encoding: 'CSV' },
        eventMetadata: { eventId: `event-${startMs + n * MINUTE_MS}` },
        eventVersion: '0',
      }));
      await put(`labels/${hourAt(startMs)}/a.jsonl`, labels.map((one) => `${JSON.stringify(one)}\n`).join(''));
    }
  });
  afterAll(() => box.stop());

  const put = (Key: string, Body: string) => box.s3.putObject({ Bucket: 'data', Key, Body });
  const deps = () => ({
    aws: { ...box, cloudwatch: box.cloudWatch, close: () => undefined } as never,
    now: () => box.sandbox.clock.now(),
    heartbeat: () => undefined,
    sleep: (ms: number) => sleep(ms / 200),
  });
  const jobsOf = (monitor: string) => ({
    ...{ endpoint: 'watched', monitor, roleArn: ROLE, instanceType: 'ml.m5.large', instanceCount: 1, tags: {} },
    ...{ groundTruth: 's3://data/labels', model: { name: 'watched', instanceType: 'ml.m5.large' } },
  });
  const baselineOf = (kind: Kind): JobTask => ({
    ...{ monitor: kind, jobs: jobsOf(`${kind}-base`), window: null, baseline: null, reading: { hasHeader: true } },
    options: {
      ...OPTIONS[kind],
      ...(kind === 'attribution' ? { excluded_columns: ['prediction', 'label'] } : { label: 'label' }),
    },
    data: { kind: 'objects', uris: ['s3://data/train.csv'], format: 'csv' },
    output: `s3://data/${kind}/baseline`,
  });
  const checkOf = (kind: Kind, hour: number, monitor: string = kind): JobTask => ({
    ...{ monitor: kind, jobs: jobsOf(monitor), reading: {}, baseline: `s3://data/${kind}/baseline` },
    options: { ...OPTIONS[kind], ...(kind !== 'modelQuality' && HEADERS) },
    data: { kind: 'captures', to: 's3://data/captured', endpoint: 'watched', variants: ['v'] },
    window: { fromMs: FROM_MS + hour * HOUR_MS, toMs: FROM_MS + (hour + 1) * HOUR_MS },
    output: `s3://data/${kind}/${monitor}/${hour}`,
  });
  const jobsNamed = async (part: string) => {
    const { ProcessingJobSummaries: all = [] } = await box.sagemaker.listProcessingJobs({ NameContains: part });
    return Promise.all(all.map(({ ProcessingJobName }) => box.sagemaker.describeProcessingJob({ ProcessingJobName })));
  };
  const VIOLATIONS: Readonly<Record<Kind, object>> = {
    modelQuality: { subject: 'accuracy', check: 'LessThanThreshold' },
    bias: { subject: 'sex=1 DPPL', check: 'bias_drift_check' },
    attribution: { subject: 'label0', check: 'feature_attribution_drift_check' },
  };

  test.each(KINDS)('%s: a job makes a baseline, jobs pass what is like it and name what is violated', async (kind) => {
    expect(await runModelMonitor(deps(), baselineOf(kind))).toMatchObject({ verdict: 'pass', rows: { used: ROWS } });
    expect(await runModelMonitor(deps(), checkOf(kind, 0))).toMatchObject({ verdict: 'pass', rows: { used: ROWS } });
    const worse = await runModelMonitor(deps(), checkOf(kind, 1));
    expect(worse).toMatchObject({ verdict: 'fail', rows: { used: ROWS } });
    expect(worse.violations).toContainEqual(expect.objectContaining(VIOLATIONS[kind]));
    expect(await runModelMonitor(deps(), checkOf(kind, 1))).toEqual(worse);
    const images = (await jobsNamed(`watched-${kind}-`)).map(({ AppSpecification: app }) =>
      app?.ImageUri?.replace(/^.*\//, '')
    );
    const judge = kind === 'modelQuality' ? 'sagemaker-model-monitor-analyzer' : 'sagemaker-clarify-processing:1.0';
    const joins = kind === 'attribution' ? [] : Array<string>(2).fill('sagemaker-model-monitor-groundtruth-merger');
    expect(images.sort()).toEqual([...Array<string>(3).fill(judge), ...joins].sort());
    // What Clarify has made to ask the model is gone.
    expect((await box.sagemaker.listEndpoints({})).Endpoints).toHaveLength(1);
  });

  test('labels that come later are joined by another job, and a window without any is no evidence', async () => {
    const task = checkOf('modelQuality', 1, 'late');
    await runModelMonitor(deps(), task);
    const lastMs = FROM_MS + HOUR_MS;
    const more = { groundTruthData: { data: '1', encoding: 'CSV' }, eventMetadata: { eventId: `event-${lastMs}` } };
    await put(`labels/${hourAt(lastMs)}/b.jsonl`, JSON.stringify({ ...more, eventVersion: '0' }));
    await runModelMonitor(deps(), task);
    expect((await jobsNamed('watched-late-')).map(({ ProcessingJobStatus }) => ProcessingJobStatus)).toEqual(
      Array(4).fill('Completed')
    );
    const without = { ...task, jobs: { ...task.jobs, groundTruth: 's3://data/nowhere' } };
    await expect(runModelMonitor(deps(), without)).rejects.toMatchObject({
      failure: { type: 'NoEvidence', what: expect.stringContaining('No label') },
    });
  });

  test('SageMaker’s schedules run them by definitions of their own, and their executions are read back', async () => {
    const scheduled = (kind: Kind, hour: number, lagMs = 0) =>
      runByMonitoringSchedule(deps(), checkOf(kind, hour, `${kind}-timed`), {
        ...{ times: { expression: 'cron(0 * ? * * *)', everyMs: HOUR_MS, offsetMs: 0 }, lagMs },
        reportsTo: `s3://data/${kind}/reports`,
      });
    const nameOf = (kind: Kind) => `watched-${kind}-timed`;
    // Their executions would have been due before there was a schedule: jobs of ours.
    const lagOf = (kind: Kind) => (kind === 'modelQuality' ? 10 * MINUTE_MS : 0);
    for (const kind of KINDS) {
      const told = await scheduled(kind, kind === 'modelQuality' ? 0 : 1, lagOf(kind));
      expect(told.verdict).toBe(kind === 'modelQuality' ? 'pass' : 'fail');
    }
    for (const kind of KINDS)
      await until(async () => {
        const MonitoringScheduleName = nameOf(kind);
        const found = await box.sagemaker.describeMonitoringSchedule({ MonitoringScheduleName });
        return found.MonitoringScheduleStatus === 'Scheduled';
      });
    const { JobDefinitionSummaries: quality = [] } = await box.sagemaker.listModelQualityJobDefinitions({});
    const JobDefinitionName = quality[0]?.MonitoringJobDefinitionName;
    // Labels may come until ten minutes after the window, so that it is looked at by the next run.
    expect(await box.sagemaker.describeModelQualityJobDefinition({ JobDefinitionName })).toMatchObject({
      ModelQualityAppSpecification: { ProblemType: 'BinaryClassification' },
      ModelQualityJobInput: {
        EndpointInput: { InferenceAttribute: '0', StartTimeOffset: '-PT2H', EndTimeOffset: '-PT1H' },
        GroundTruthS3Input: { S3Uri: 's3://data/labels' },
      },
    });
    box.sandbox.clock.set(FROM_MS + 4 * HOUR_MS + 5 * MINUTE_MS);
    for (const kind of KINDS) {
      const told = await scheduled(kind, 2, lagOf(kind));
      expect(told).toMatchObject({ verdict: 'fail', rows: { used: ROWS } });
      expect(told.violations).toContainEqual(expect.objectContaining(VIOLATIONS[kind]));
      // None but the first window's was joined by a job of ours.
      expect((await jobsNamed(nameOf(kind))).filter((job) => job.ProcessingJobName?.endsWith('-merge')).length).toBe(
        kind === 'attribution' ? 0 : 1
      );
    }
    // The next hour's executions run: they are stopped, and asked again everything goes.
    box.sandbox.clock.set(FROM_MS + 5 * HOUR_MS + 5 * MINUTE_MS);
    await until(async () => {
      const { MonitoringExecutionSummaries: running = [] } = await box.sagemaker.listMonitoringExecutions({
        ...{ MonitoringScheduleName: nameOf('attribution'), StatusEquals: 'InProgress' },
      });
      return running[0]?.ProcessingJobArn !== undefined;
    });
    await expect(deleteOwnMonitoringSchedules(box.sagemaker, 'watched')).rejects.toMatchObject({
      failure: { type: 'EndpointBusy' },
    });
    await until(() => deleteOwnMonitoringSchedules(box.sagemaker, 'watched').then(Boolean, () => false));
    for (const kind of KINDS)
      await expect(
        box.sagemaker.describeMonitoringSchedule({ MonitoringScheduleName: nameOf(kind) })
      ).rejects.toMatchObject({ name: 'ResourceNotFound' });
    expect((await box.sagemaker.listModelQualityJobDefinitions({})).JobDefinitionSummaries).toEqual([]);
    expect((await box.sagemaker.listModelBiasJobDefinitions({})).JobDefinitionSummaries).toEqual([]);
    expect((await box.sagemaker.listModelExplainabilityJobDefinitions({})).JobDefinitionSummaries).toEqual([]);
  });
});

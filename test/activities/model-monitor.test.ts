import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { runModelMonitor } from '../../activities/monitoring/model-monitor';
import type { JobTask, MonitorTask } from '../../activities/monitoring/types';
import { captured } from '../monitors/data/files';
import type { TestSandbox } from '../support/sandbox/harness';
import { ROLE, startTestSandbox } from '../support/sandbox/harness';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.parse('2030-01-07T00:00:00Z');

const training = `prediction,size,colour,label\n${Array.from({ length: 40 }, (_, n) => `${n % 2},${n},blue,1`).join('\n')}\n`;

/** Captures of an hour; of those from `bad` on the size is no number. */
function hourOf(hour: number, bad = Infinity): Readonly<Record<string, string>> {
  const lines = Array.from({ length: 40 }, (_, n) =>
    captured({
      event: `${hour}-${n}`,
      at: new Date(FROM_MS + hour * HOUR_MS + n * 1000).toISOString(),
      output: String(n % 2),
      input: `${n >= bad ? 'large' : n},blue`,
    })
  );
  return { [`capture/e/v1/2030/01/07/0${hour}/000.jsonl`]: lines.join('\n') };
}

describe('Model Monitor’s image, asked without a schedule', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox();
    await box.s3.createBucket({ Bucket: 'data' });
    for (const [Key, Body] of Object.entries({ 'train.csv': training, ...hourOf(0), ...hourOf(1, 30) }))
      await box.s3.putObject({ Bucket: 'data', Key, Body });
  });
  afterAll(() => box.stop());

  const deps = () => ({
    aws: { ...box, cloudwatch: box.cloudWatch, close: () => undefined } as never,
    now: () => FROM_MS + 3 * HOUR_MS,
    heartbeat: () => undefined,
    sleep: (ms: number) => sleep(ms / 100),
  });
  const jobs = {
    endpoint: 'e',
    monitor: 'quality',
    roleArn: ROLE,
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    tags: {},
  };
  const baselineTask: JobTask = {
    ...{ monitor: 'dataQuality', options: { exclude: ['label'] }, jobs, window: null, baseline: null },
    data: { kind: 'objects', uris: ['s3://data/train.csv'], format: 'csv' },
    reading: { hasHeader: true },
    output: 's3://data/baseline',
  };
  const check = (hour: number, more: Partial<MonitorTask> = {}): JobTask => ({
    ...{ monitor: 'dataQuality', options: {}, jobs, reading: {}, baseline: 's3://data/baseline' },
    data: { kind: 'captures', to: 's3://data/capture', endpoint: 'e', variants: ['v1'] },
    window: { fromMs: FROM_MS + hour * HOUR_MS, toMs: FROM_MS + (hour + 1) * HOUR_MS },
    output: `s3://data/windows/${hour}`,
    ...more,
  });

  test('makes a baseline, passes data like it, and names what is violated; the same question finds the same job', async () => {
    expect(await runModelMonitor(deps(), baselineTask)).toMatchObject({
      verdict: 'pass',
      reason: 'a baseline of 40 rows',
      rows: { used: 40 },
    });
    expect(await runModelMonitor(deps(), check(0))).toMatchObject({
      verdict: 'pass',
      rows: { used: 40 },
      violationCount: 0,
    });
    const worse = await runModelMonitor(deps(), check(1));
    expect(worse).toMatchObject({ verdict: 'fail', rows: { used: 40 }, evidence: { objects: 1 } });
    expect(worse.violations).toContainEqual(
      expect.objectContaining({
        subject: 'size',
        check: 'data_type_check',
        reason: expect.stringContaining('Integral'),
      })
    );
    expect(worse.reason).toContain('size: data_type_check');
    expect(await runModelMonitor(deps(), check(1))).toEqual(worse);
    const { ProcessingJobSummaries: all = [] } = await box.sagemaker.listProcessingJobs({});
    expect(all).toHaveLength(3);
    const job = await box.sagemaker.describeProcessingJob({ ProcessingJobName: all[0]?.ProcessingJobName });
    expect(job).toMatchObject({
      AppSpecification: { ImageUri: '156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer' },
      Environment: { start_time: '2030-01-07T01:00:00Z', end_time: '2030-01-07T02:00:00Z' },
    });
  });

  test('a window without objects, or whose objects have no record of it, is no evidence; a job that fails says why', async () => {
    await expect(runModelMonitor(deps(), check(5))).rejects.toMatchObject({ failure: { type: 'NoEvidence' } });
    const halfPast = { fromMs: FROM_MS + HOUR_MS / 2, toMs: FROM_MS + HOUR_MS };
    await expect(
      runModelMonitor(deps(), check(0, { window: halfPast, output: 's3://data/half' }))
    ).rejects.toMatchObject({ failure: { type: 'NoEvidence' } });
    await box.s3.putObject({ Bucket: 'data', Key: 'broken/constraints.json', Body: '{' });
    await box.s3.putObject({ Bucket: 'data', Key: 'broken/statistics.json', Body: '{}' });
    await expect(
      runModelMonitor(deps(), check(0, { baseline: 's3://data/broken', output: 's3://data/failed' }))
    ).rejects.toMatchObject({ failure: { type: 'InvalidRequest', what: expect.stringContaining('is no JSON') } });
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { runModelMonitor } from '../../activities/monitoring/model-monitor';
import { runByMonitoringSchedule } from '../../activities/monitoring/model-monitor-schedule';
import type { JobTask } from '../../activities/monitoring/types';
import { deleteOwnMonitoringSchedules } from '../../sagemaker/owned';
import type { TestSandbox } from '../support/sandbox/harness';
import { ROLE, startTestSandbox, until } from '../support/sandbox/harness';
import { below, JOB_IMAGES } from '../support/sandbox/jobs';
import { capture, HOUR_MS, watchedEndpoint } from '../support/sandbox/monitoring';

const FROM_MS = Date.UTC(2030, 0, 7);
const NAME = 'watched-quality';
const HOURLY = { expression: 'cron(0 * ? * * *)', everyMs: HOUR_MS, offsetMs: 0 };

describe('Model Monitor by a schedule of SageMaker', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox({ images: JOB_IMAGES });
    box.sandbox.clock.set(FROM_MS);
    await box.s3.createBucket({ Bucket: 'data' });
    await watchedEndpoint(box);
    const rows = Array.from({ length: 30 }, (_, n) => `1,${n},blue`).join('\n');
    await box.s3.putObject({ Bucket: 'data', Key: 'train.csv', Body: `label,size,colour\n${rows}\n` });
  });
  afterAll(() => box.stop());

  const deps = () => ({
    aws: { ...box, cloudwatch: box.cloudWatch, close: () => undefined } as never,
    now: () => box.sandbox.clock.now(),
    heartbeat: () => undefined,
    sleep: (ms: number) => sleep(ms / 100),
  });
  const jobs = {
    endpoint: 'watched',
    monitor: 'quality',
    roleArn: ROLE,
    instanceType: 'ml.m5.large',
    instanceCount: 1,
    tags: {},
  };
  const makeBaseline = (name: string) =>
    runModelMonitor(deps(), {
      ...{ monitor: 'dataQuality', options: {}, jobs, reading: {}, window: null, baseline: null },
      data: { kind: 'objects', uris: ['s3://data/train.csv'], format: 'csv' },
      output: `s3://data/${name}`,
    });
  const judge = (hour: number, baseline: string) => {
    const task: JobTask = {
      ...{ monitor: 'dataQuality', options: {}, jobs, reading: {}, baseline: `s3://data/${baseline}` },
      data: { kind: 'captures', to: 's3://data/captured', endpoint: 'watched', variants: ['v'] },
      window: { fromMs: FROM_MS + hour * HOUR_MS, toMs: FROM_MS + (hour + 1) * HOUR_MS },
      output: `s3://data/windows/${hour}`,
    };
    return runByMonitoringSchedule(deps(), task, { times: HOURLY, reportsTo: 's3://data/reports', lagMs: 0 });
  };
  const captureHour = (hour: number, sizeOf: (n: number) => string) =>
    capture(
      box,
      Array.from({ length: 20 }, (_, n) => ({
        atMs: FROM_MS + hour * HOUR_MS + n * 60_000,
        input: `${sizeOf(n)},blue`,
      }))
    );
  const later = async (hour: number) => {
    await until(
      async () =>
        (await box.sagemaker.describeMonitoringSchedule({ MonitoringScheduleName: NAME })).MonitoringScheduleStatus ===
        'Scheduled'
    );
    box.sandbox.clock.set(FROM_MS + hour * HOUR_MS + 5 * 60_000);
  };
  const executionCount = async () =>
    (await box.sagemaker.listMonitoringExecutions({ MonitoringScheduleName: NAME })).MonitoringExecutionSummaries
      ?.length;
  const definitions = async () =>
    (await box.sagemaker.listDataQualityJobDefinitions({ EndpointName: 'watched' })).JobDefinitionSummaries ?? [];

  test('reads its executions, judges by a job what it had none for, follows a new baseline, and leaves nothing', async () => {
    await makeBaseline('one');
    await captureHour(0, String);
    await captureHour(1, (n) => (n > 15 ? 'large' : String(n)));
    box.sandbox.clock.set(FROM_MS + HOUR_MS + 5 * 60_000);
    expect(await judge(0, 'one')).toMatchObject({ verdict: 'pass', rows: { used: 20 } });
    expect(await executionCount()).toBe(0);

    await later(2);
    const worse = await judge(1, 'one');
    expect(worse).toMatchObject({ verdict: 'fail', rows: { used: 20 }, output: 's3://data/windows/1' });
    expect(worse.violations).toContainEqual(expect.objectContaining({ subject: 'size', check: 'data_type_check' }));
    expect(await executionCount()).toBe(1);
    expect(Object.keys(await below(box.s3, 'windows/1/'))).toEqual([
      'constraint_violations.json',
      'constraints.json',
      'statistics.json',
    ]);

    await later(3);
    await expect(judge(2, 'one')).rejects.toMatchObject({ failure: { type: 'NoEvidence' } });

    const [former] = await definitions();
    await makeBaseline('two');
    await expect(judge(2, 'two')).rejects.toMatchObject({ failure: { type: 'NoEvidence' } });
    const now = await definitions();
    expect(now).toHaveLength(1);
    expect(now[0]?.MonitoringJobDefinitionName).not.toBe(former?.MonitoringJobDefinitionName);

    expect(await deleteOwnMonitoringSchedules(box.sagemaker, 'watched', [NAME])).toEqual([]);
    expect(await deleteOwnMonitoringSchedules(box.sagemaker, 'watched')).toEqual([
      NAME,
      now[0]?.MonitoringJobDefinitionName,
    ]);
    expect(await definitions()).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import { startTestSandbox, until } from '../../support/sandbox/harness';
import { below, JOB_IMAGES, processed, processingInput, put } from '../../support/sandbox/jobs';
import type { Captured } from '../../support/sandbox/monitoring';
import {
  ANALYZER,
  capture,
  definitionInput,
  executions,
  hourAt,
  HOUR_MS,
  schedule,
  watchedEndpoint,
} from '../../support/sandbox/monitoring';

const DAY_MS = 24 * HOUR_MS;
interface Violation {
  readonly feature_name: string;
  readonly constraint_check_type: string;
}

/** Rings when a captured size is 10 or more. */
const LARGE = {
  ...{ AlarmName: 'large', Namespace: 'aws/sagemaker/Endpoints/data-metrics', MetricName: 'feature_data_size' },
  Dimensions: [
    { Name: 'Endpoint', Value: 'watched' },
    { Name: 'MonitoringSchedule', Value: 'week' },
  ],
  ...{ Period: 3_600, EvaluationPeriods: 1, Threshold: 10, TreatMissingData: 'ignore' },
  Statistic: 'Maximum',
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
} as const;

/** A Monday, ten minutes after midnight. */
const MONDAY_MS = Date.UTC(2030, 0, 7, 0, 10);

describe('a daily schedule over a week', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox({ images: JOB_IMAGES });
    box.sandbox.clock.set(MONDAY_MS);
    await box.s3.createBucket({ Bucket: 'data' });
    await watchedEndpoint(box);
  });
  afterAll(() => box.stop());

  const records = (day: number, input: (n: number) => string): readonly Captured[] =>
    Array.from({ length: 12 }, (_, n) => ({
      atMs: MONDAY_MS + day * DAY_MS + n * 2 * HOUR_MS - 10 * 60_000,
      input: input(n),
    }));
  const good = (n: number) => `${n},blue`;

  test('a baseline job suggests constraints', async () => {
    await put(box.s3, {
      'train/t.csv': `label,size,colour\n${Array.from({ length: 20 }, (_, n) => `1,${n},blue`).join('\n')}`,
    });
    const input = processingInput({ name: 'baseline', from: 'train/', image: ANALYZER });
    const [output] = input.ProcessingOutputConfig?.Outputs ?? [];
    if (output?.S3Output) output.S3Output.S3Uri = 's3://data/baseline';
    await box.sagemaker.createProcessingJob({
      ...input,
      Environment: {
        dataset_format: '{"csv":{"header":true}}',
        dataset_source: '/opt/ml/processing/input',
        output_path: '/opt/ml/processing/output',
        publish_cloudwatch_metrics: 'Disabled',
      },
    });
    expect(await processed(box.sagemaker, 'baseline')).toMatchObject({
      ProcessingJobStatus: 'Completed',
      ExitMessage: 'Completed: Job completed successfully with no violations.',
    });
    const { 'constraints.json': constraints = '', 'statistics.json': statistics = '' } = await below(
      box.s3,
      'baseline/'
    );
    expect(JSON.parse(constraints).features).toEqual([
      { name: 'label', inferred_type: 'Integral', completeness: 1, num_constraints: { is_non_negative: true } },
      { name: 'size', inferred_type: 'Integral', completeness: 1, num_constraints: { is_non_negative: true } },
      { name: 'colour', inferred_type: 'String', completeness: 1, string_constraints: { domains: ['blue'] } },
    ]);
    expect(JSON.parse(statistics).features[1].numerical_statistics).toMatchObject({
      mean: 9.5,
      sum: 190,
      min: 0,
      max: 19,
    });
  });

  test('good data, violations, no data, late data and a failing run each end as SageMaker says', async () => {
    await box.sagemaker.createDataQualityJobDefinition(definitionInput('week'));
    await box.cloudWatch.putMetricAlarm({ ...LARGE, Dimensions: [...LARGE.Dimensions] });
    await schedule(box, { name: 'week', times: { ScheduleExpression: 'cron(0 0 ? * * *)' } });
    const days = [
      () => capture(box, records(0, good)),
      () =>
        capture(
          box,
          records(1, (n) => (n === 3 ? 'large,blue' : good(n)))
        ),
      // Nothing is captured on Wednesday until Thursday's noon.
      async () => undefined,
      async () => {
        await capture(box, records(2, good));
        await capture(box, records(3, good));
      },
      () => put(box.s3, { [`captured/watched/v/${hourAt(MONDAY_MS + 4 * DAY_MS)}/broken.jsonl`]: '{"captureData":' }),
      () =>
        capture(
          box,
          records(5, (n) => (n === 0 ? ',blue' : `${good(n)},more`))
        ),
      () => capture(box, records(6, good)),
    ];
    for (const [day, write] of days.entries()) {
      await write();
      box.sandbox.clock.set(MONDAY_MS + (day + 1) * DAY_MS);
      await executions(box, 'week', day + 1);
    }
    const seen = await executions(box, 'week', 7);
    expect(seen.map((one) => [one.ScheduledTime?.toISOString(), one.MonitoringExecutionStatus])).toEqual(
      [
        'Completed',
        'CompletedWithViolations',
        'Failed',
        'Completed',
        'Failed',
        'CompletedWithViolations',
        'Completed',
      ].map((status, day) => [new Date(Date.UTC(2030, 0, 8 + day)).toISOString(), status])
    );
    const [, tuesday, wednesday, thursday, friday, saturday] = seen;
    expect([wednesday?.FailureReason, wednesday?.ProcessingJobArn]).toEqual(['Job inputs had no data', undefined]);
    expect(friday?.FailureReason).toMatch(/^AlgorithmError: See job logs for more information, exit code: 1/);
    const report = async (day: number, name: string) =>
      JSON.parse(
        (await below(box.s3, `reports/watched/week/2030/01/${String(8 + day).padStart(2, '0')}/00/`))[name] ?? ''
      );
    // What came late for Wednesday is in no later window.
    expect((await report(3, 'statistics.json')).dataset.item_count).toBe(12);
    const kinds = async (day: number) => {
      const { violations }: { readonly violations: readonly Violation[] } = await report(
        day,
        'constraint_violations.json'
      );
      return violations.map((one) => [one.feature_name, one.constraint_check_type]);
    };
    expect(await kinds(1)).toEqual([['size', 'data_type_check']]);
    expect(await kinds(5)).toEqual([
      ['_c3', 'extra_column_check'],
      ['size', 'completeness_check'],
    ]);
    expect([tuesday, thursday, saturday].map((one) => one?.ProcessingJobArn)).toEqual(
      ['09', '11', '13'].map((day) =>
        expect.stringMatching(`processing-job/model-monitoring-203001${day}0000-[0-9a-f]{24}$`)
      )
    );
  });

  test('each execution is a processing job with the documented environment, and its metrics are published', async () => {
    const [first] = await executions(box, 'week', 7);
    const name = first?.ProcessingJobArn?.split('/').at(-1) ?? '';
    const job = await box.sagemaker.describeProcessingJob({ ProcessingJobName: name });
    expect(job).toMatchObject({
      MonitoringScheduleArn: 'arn:aws:sagemaker:us-east-1:123456789012:monitoring-schedule/week',
      ExitMessage: 'Completed: Job completed successfully with no violations.',
      AppSpecification: { ImageUri: ANALYZER },
      Environment: {
        dataset_format: '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}',
        dataset_source: '/opt/ml/processing/input',
        output_path: '/opt/ml/processing/output',
        publish_cloudwatch_metrics: 'Enabled',
        start_time: '2030-01-07T00:00:00Z',
        end_time: '2030-01-08T00:00:00Z',
        sagemaker_endpoint_name: 'watched',
        sagemaker_monitoring_schedule_name: 'week',
        sagemaker_endpoint_datacapture_prefix: 's3://data/captured',
        baseline_constraints: '/opt/ml/processing/baseline/constraints/constraints.json',
        baseline_statistics: '/opt/ml/processing/baseline/stats/statistics.json',
      },
    });
    const { Metrics = [] } = await box.cloudWatch.listMetrics({ Namespace: 'aws/sagemaker/Endpoints/data-metrics' });
    expect(Metrics.map(({ MetricName }) => MetricName).sort()).toContain('feature_data_size');
    const { Datapoints = [] } = await box.cloudWatch.getMetricStatistics({
      Namespace: 'aws/sagemaker/Endpoints/data-metrics',
      MetricName: 'feature_data_size',
      Dimensions: [
        { Name: 'Endpoint', Value: 'watched' },
        { Name: 'MonitoringSchedule', Value: 'week' },
      ],
      StartTime: new Date(Date.UTC(2030, 0, 8)),
      EndTime: new Date(Date.UTC(2030, 0, 8, 1)),
      Period: 3_600,
      Statistics: ['Sum', 'Maximum', 'SampleCount'],
    });
    expect(Datapoints).toEqual([expect.objectContaining({ Sum: 66, Maximum: 11, SampleCount: 12 })]);
  });

  test('an alarm on what an execution measures rings', async () => {
    const named = { AlarmName: LARGE.AlarmName };
    await until(async () => {
      const { AlarmHistoryItems: items = [] } = await box.cloudWatch.describeAlarmHistory({ ...named, HistoryItemType: 'StateUpdate' }); // prettier-ignore
      return items.some((item) => item.HistorySummary === 'Alarm updated from INSUFFICIENT_DATA to ALARM');
    });
  });

  test('a jump over several hours runs every hour of them; a stopped schedule runs none', async () => {
    await box.sagemaker.createDataQualityJobDefinition(definitionInput('hourly'));
    await schedule(box, { name: 'hourly', times: { ScheduleExpression: 'cron(0 * ? * * *)' } });
    const startMs = box.sandbox.clock.now();
    box.sandbox.clock.advance(3 * HOUR_MS);
    const runs = await executions(box, 'hourly', 3);
    expect(runs).toHaveLength(3);
    expect(runs.map((one) => one.FailureReason)).toEqual(Array(3).fill('Job inputs had no data'));
    expect(runs[0]?.ScheduledTime?.getTime()).toBe(Math.ceil(startMs / HOUR_MS) * HOUR_MS);
    await box.sagemaker.stopMonitoringSchedule({ MonitoringScheduleName: 'hourly' });
    box.sandbox.clock.advance(5 * HOUR_MS);
    await box.sagemaker.startMonitoringSchedule({ MonitoringScheduleName: 'hourly' });
    await until(
      async () =>
        (await box.sagemaker.describeMonitoringSchedule({ MonitoringScheduleName: 'hourly' }))
          .MonitoringScheduleStatus === 'Scheduled'
    );
    box.sandbox.clock.advance(HOUR_MS);
    expect(await executions(box, 'hourly', 4)).toHaveLength(4);
  });
});

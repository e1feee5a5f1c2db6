import type { CreateModelQualityJobDefinitionCommandInput } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dueBetween, offsetMs, parseTiming } from '../../../sandbox/monitoring/windows';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, startTestSandbox, until, whileFrozen } from '../../support/sandbox/harness';
import { below, JOB_IMAGES, processed, put, transformInput, ended } from '../../support/sandbox/jobs';
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

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';
const NOW = {
  ScheduleExpression: 'NOW',
  DataAnalysisStartTime: '-PT2H',
  DataAnalysisEndTime: '-PT0H',
};

describe('model monitoring', () => {
  let box: TestSandbox;

  beforeAll(async () => {
    box = await startTestSandbox({ images: JOB_IMAGES });
    // Far from the next full hour, at which schedules run.
    box.sandbox.clock.set(Date.UTC(2030, 0, 7, 10, 10));
    await box.s3.createBucket({ Bucket: 'data' });
    await watchedEndpoint(box);
    await put(box.s3, {
      'baseline/constraints.json': '{"version":0,"features":[]}',
      'baseline/statistics.json': '{"version":0,"features":[]}',
    });
  });
  afterAll(() => box.stop());

  /** The definition of data quality with the members of another kind. */
  const asKind = (kind: string, name: string, job: object = {}): never => {
    const {
      DataQualityAppSpecification: app,
      DataQualityJobInput,
      DataQualityJobOutputConfig,
      ...rest
    } = definitionInput(name);
    const { DataQualityBaselineConfig: _baseline, ...common } = rest;
    const needsConfig = kind === 'ModelBias' || kind === 'ModelExplainability';
    return {
      ...common,
      [`${kind}AppSpecification`]: needsConfig ? { ImageUri: ANALYZER, ConfigUri: 's3://data/config.json' } : app,
      [`${kind}JobInput`]: { ...DataQualityJobInput, ...job },
      [`${kind}JobOutputConfig`]: DataQualityJobOutputConfig,
    } as never;
  };
  const labels = { GroundTruthS3Input: { S3Uri: 's3://data/labels' } };

  test('has four kinds of job definitions with the same life', async () => {
    const { sagemaker: sm } = box;
    const kinds = [
      ['data-quality', () => sm.createDataQualityJobDefinition(definitionInput('D')), () => sm.describeDataQualityJobDefinition({ JobDefinitionName: 'd' }), () => sm.listDataQualityJobDefinitions({ EndpointName: 'watched' }), () => sm.deleteDataQualityJobDefinition({ JobDefinitionName: 'D' })],
      ['model-quality', () => sm.createModelQualityJobDefinition(asKind('ModelQuality', 'D', labels)), () => sm.describeModelQualityJobDefinition({ JobDefinitionName: 'D' }), () => sm.listModelQualityJobDefinitions({}), () => sm.deleteModelQualityJobDefinition({ JobDefinitionName: 'D' })],
      ['model-bias', () => sm.createModelBiasJobDefinition(asKind('ModelBias', 'D', labels)), () => sm.describeModelBiasJobDefinition({ JobDefinitionName: 'D' }), () => sm.listModelBiasJobDefinitions({ NameContains: 'D' }), () => sm.deleteModelBiasJobDefinition({ JobDefinitionName: 'D' })],
      ['model-explainability', () => sm.createModelExplainabilityJobDefinition(asKind('ModelExplainability', 'D')), () => sm.describeModelExplainabilityJobDefinition({ JobDefinitionName: 'D' }), () => sm.listModelExplainabilityJobDefinitions({}), () => sm.deleteModelExplainabilityJobDefinition({ JobDefinitionName: 'D' })],
    ] as const; // prettier-ignore
    for (const [kind, create, describeIt, list, remove] of kinds) {
      const arn = `${ARN}:${kind}-job-definition/d`;
      expect(await create()).toMatchObject({ JobDefinitionArn: arn });
      expect(await errorOf(create())).toMatchObject({ name: 'ResourceInUse', message: expect.stringContaining(arn) });
      expect(await describeIt()).toMatchObject({ JobDefinitionName: 'D', JobDefinitionArn: arn });
      expect((await list()).JobDefinitionSummaries).toMatchObject([
        { MonitoringJobDefinitionName: 'D', MonitoringJobDefinitionArn: arn, EndpointName: 'watched' },
      ]);
      await box.sagemaker.addTags({ ResourceArn: arn, Tags: [{ Key: 'k', Value: kind }] });
      expect((await box.sagemaker.listTags({ ResourceArn: arn })).Tags).toEqual([{ Key: 'k', Value: kind }]);
      await remove();
      expect(await errorOf(describeIt())).toMatchObject({
        name: 'ResourceNotFound',
        message: `Job Definition ${arn} not found`,
      });
    }
  });

  test.each([
    [{ EndpointInput: { EndpointName: 'none', LocalPath: '/opt/ml/processing/input' } }, /^Could not find endpoint "/],
    [{ EndpointInput: { EndpointName: 'watched', LocalPath: '/input' } }, /LocalPath \/input must begin with/],
    [{ EndpointInput: { EndpointName: 'watched', LocalPath: '/opt/ml/processing/i', StartTimeOffset: '-P1D' } }, /specified together/], // prettier-ignore
    [{ EndpointInput: { EndpointName: 'watched', LocalPath: '/opt/ml/processing/i', StartTimeOffset: '-PT1H', EndTimeOffset: '-P1D' } }, /must be before/], // prettier-ignore
    [{}, /Exactly one of EndpointInput and BatchTransformInput/],
  ])('refuses a definition over %o', async (DataQualityJobInput, message) => {
    const input = { ...definitionInput('bad'), DataQualityJobInput };
    expect(await errorOf(box.sagemaker.createDataQualityJobDefinition(input))).toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    [{ ScheduleExpression: 'cron(5 * ? * * *)' }, /^Invalid schedule expression cron\(5/],
    [{ ScheduleExpression: 'cron(0 24 ? * * *)' }, /^Invalid schedule expression/],
    [{ ScheduleExpression: 'cron(0 0/25 ? * * *)' }, /^Invalid schedule expression/],
    [{ ScheduleExpression: 'rate(1 hour)' }, /^Invalid schedule expression/],
    [{ ScheduleExpression: 'NOW' }, /DataAnalysisStartTime and DataAnalysisEndTime must be specified/],
    [{ ...NOW, DataAnalysisStartTime: '-P2D' }, /by more than 24 hours/],
  ])('refuses a schedule of %o', async (times, message) => {
    await box.sagemaker.createDataQualityJobDefinition(definitionInput('used')).catch(() => undefined);
    const call = schedule(box, { name: 'bad', definition: 'used', times });
    expect(await errorOf(call)).toMatchObject({ name: 'ValidationException', message: expect.stringMatching(message) });
  });

  test('a schedule is described, listed, updated, and deleted; what it uses cannot be', async () => {
    const { sagemaker } = box;
    await sagemaker.createDataQualityJobDefinition(definitionInput('kept'));
    await schedule(box, { name: 'Kept', definition: 'kept', times: { ScheduleExpression: 'cron(0 0/6 ? * * *)' } });
    const named = { MonitoringScheduleName: 'kept' };
    expect(await sagemaker.describeMonitoringSchedule(named)).toMatchObject({
      MonitoringScheduleArn: `${ARN}:monitoring-schedule/kept`,
      MonitoringScheduleStatus: 'Scheduled',
      MonitoringType: 'DataQuality',
      EndpointName: 'watched',
    });
    const { MonitoringScheduleSummaries: [listed] = [] } = await sagemaker.listMonitoringSchedules({
      EndpointName: 'watched',
      NameContains: 'Kept',
    });
    expect(listed).toMatchObject({ MonitoringScheduleName: 'Kept', MonitoringJobDefinitionName: 'kept' });
    expect(await errorOf(sagemaker.deleteDataQualityJobDefinition({ JobDefinitionName: 'kept' }))).toMatchObject({
      name: 'ValidationException',
    });
    expect(await errorOf(sagemaker.startMonitoringSchedule(named))).toMatchObject({ name: 'ValidationException' });
    await sagemaker.updateMonitoringSchedule({
      ...named,
      MonitoringScheduleConfig: {
        MonitoringJobDefinitionName: 'kept',
        MonitoringType: 'DataQuality',
        ScheduleConfig: { ScheduleExpression: 'cron(0 * ? * * *)' },
      },
    });
    const updated = await sagemaker.describeMonitoringSchedule(named);
    expect(updated.MonitoringScheduleConfig?.ScheduleConfig?.ScheduleExpression).toBe('cron(0 * ? * * *)');
    await sagemaker.deleteMonitoringSchedule(named);
    expect(await errorOf(sagemaker.describeMonitoringSchedule(named))).toMatchObject({
      name: 'ResourceNotFound',
      message: `Monitoring Schedule ${ARN}:monitoring-schedule/kept not found`,
    });
    await sagemaker.deleteDataQualityJobDefinition({ JobDefinitionName: 'kept' });
  });

  test('NOW runs once, on a container of one’s own, over the window that it names', async () => {
    const nowMs = box.sandbox.clock.now();
    await capture(box, [{ atMs: nowMs - HOUR_MS, input: '1,a' }], 'own');
    await box.sagemaker.createDataQualityJobDefinition(
      definitionInput('own', {
        ImageUri: 'job:1',
        Environment: { MESSAGE: 'CompletedWithViolations: 1 of them', TELL: '1' },
      })
    );
    await schedule(box, { name: 'own', times: NOW });
    const [run] = await executions(box, 'own', 1);
    expect(run).toMatchObject({ MonitoringExecutionStatus: 'CompletedWithViolations', EndpointName: 'watched' });
    const described = await box.sagemaker.describeMonitoringSchedule({ MonitoringScheduleName: 'own' });
    expect(described.LastMonitoringExecutionSummary).toEqual(run);
    const at = `reports/watched/own/${hourAt(run?.ScheduledTime?.getTime() ?? 0)}/`;
    const files = await below(box.s3, at);
    const told = JSON.parse(files['told-algo-1.json'] ?? '');
    const base: string = told.env.SAGEMAKER_BASE_DIR;
    expect(told.env).toMatchObject({
      dataset_source: `${base}/processing/input`,
      baseline_constraints: `${base}/processing/baseline/constraints/constraints.json`,
      MESSAGE: 'CompletedWithViolations: 1 of them',
    });
    expect(Date.parse(told.env.end_time) - Date.parse(told.env.start_time)).toBe(2 * HOUR_MS);
    expect(Object.keys(files)).toContain(`watched/v/${hourAt(nowMs - HOUR_MS)}/own.jsonl`);
  });

  test('an execution can be stopped through its job', async () => {
    await box.sagemaker.createDataQualityJobDefinition(
      definitionInput('stopped', { ImageUri: 'job:1', Environment: { UNTIL: '/never' } })
    );
    await schedule(box, { name: 'stopped', times: NOW });
    const named = { MonitoringScheduleName: 'stopped' };
    const job = await until(async () => {
      const { LastMonitoringExecutionSummary: last } = await box.sagemaker.describeMonitoringSchedule(named);
      return last?.ProcessingJobArn?.split('/').at(-1);
    });
    expect(await errorOf(box.sagemaker.deleteMonitoringSchedule(named))).toMatchObject({ name: 'ValidationException' });
    await box.sagemaker.stopProcessingJob({ ProcessingJobName: job });
    const [run] = await executions(box, 'stopped', 1);
    expect(run?.MonitoringExecutionStatus).toBe('Stopped');
  });

  test('model quality merges labels by inference id, also those that were collected later, and judges the pairs', async () => {
    const nowMs = box.sandbox.clock.now();
    const records = Array.from({ length: 10 }, (_, n) => ({
      ...{ atMs: nowMs - 2 * HOUR_MS + n, input: `${n}`, id: `id-${n}` },
      output: n % 2 === 0 ? '1' : '0',
    }));
    await capture(box, records, 'quality');
    // The labels of 0 to 7, of which one differs, in the hour of their collection.
    const label = (n: number) => ({
      groundTruthData: { data: n === 1 ? '1' : n % 2 === 0 ? '1' : '0', encoding: 'CSV' },
      eventMetadata: { eventId: `id-${n}` },
      eventVersion: '0',
    });
    const lines = Array.from({ length: 8 }, (_, n) => JSON.stringify(label(n))).join('\n');
    await put(box.s3, {
      [`labels/${hourAt(nowMs)}/l.jsonl`]: lines,
      'quality/constraints.json': JSON.stringify({
        version: 0,
        binary_classification_constraints: {
          precision: { threshold: 0.9, comparison_operator: 'LessThanThreshold' },
          recall: { threshold: 0.9, comparison_operator: 'LessThanThreshold' },
        },
      }),
    });
    const definition: CreateModelQualityJobDefinitionCommandInput = asKind('ModelQuality', 'quality', labels);
    await box.sagemaker.createModelQualityJobDefinition({
      ...definition,
      ModelQualityAppSpecification: { ImageUri: ANALYZER, ProblemType: 'BinaryClassification' },
      ModelQualityBaselineConfig: { ConstraintsResource: { S3Uri: 's3://data/quality/constraints.json' } },
      ModelQualityJobInput: {
        ...labels,
        EndpointInput: { EndpointName: 'watched', LocalPath: '/opt/ml/processing/input', InferenceAttribute: '0' },
      },
    });
    const times = { ...NOW, DataAnalysisStartTime: '-PT3H', DataAnalysisEndTime: '-PT90M' };
    await schedule(box, { name: 'quality', type: 'ModelQuality', times });
    const [run] = await executions(box, 'quality', 1);
    expect([run?.MonitoringExecutionStatus, run?.FailureReason]).toEqual(['CompletedWithViolations', undefined]);
    const { ProcessingJobSummaries = [] } = await box.sagemaker.listProcessingJobs({
      NameContains: 'groundtruth-merge',
    });
    expect(ProcessingJobSummaries[0]).toMatchObject({
      ProcessingJobStatus: 'Completed',
      ExitMessage: 'Completed: 8 of 10 captured records have a label.',
    });
    const files = await below(box.s3, `reports/watched/quality/${hourAt(run?.ScheduledTime?.getTime() ?? 0)}/`);
    const metrics = JSON.parse(files['statistics.json'] ?? '').binary_classification_metrics;
    expect([metrics.accuracy.value, metrics.precision.value, metrics.recall.value]).toEqual([7 / 8, 1, 0.8]);
    expect(JSON.parse(files['constraint_violations.json'] ?? '').violations).toEqual([
      {
        constraint_check_type: 'LessThanThreshold',
        description: 'Metric recall with 0.8 was LessThanThreshold 0.9',
        metric_name: 'recall',
      },
    ]);
  });

  test('what was just defined can be hidden for a while', async () => {
    const { sandbox, sagemaker } = box;
    const match = { operation: 'CreateDataQualityJobDefinition', resource: 'shy' };
    sandbox.faults.set([{ id: 'late', match, then: { fault: 'hide', forProviderMs: 60_000 } }]);
    const listed = async () => (await sagemaker.listDataQualityJobDefinitions({ NameContains: 'shy' })).JobDefinitionSummaries?.length; // prettier-ignore
    await whileFrozen(box, async () => {
      await sagemaker.createDataQualityJobDefinition(definitionInput('shy'));
      const describing = sagemaker.describeDataQualityJobDefinition({ JobDefinitionName: 'shy' });
      expect((await errorOf(describing)).name).toBe('ResourceNotFound');
      expect(await listed()).toBe(0);
      // It is there all the same.
      const again = sagemaker.createDataQualityJobDefinition(definitionInput('shy'));
      expect((await errorOf(again)).name).toBe('ResourceInUse');
      sandbox.clock.advance(60_000);
      expect(await listed()).toBe(1);
    });
    sandbox.faults.clear();
  });

  test('watches what transform jobs have captured', async () => {
    await box.sagemaker.createModel({
      ModelName: 'echo',
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/sandbox-test',
      PrimaryContainer: { Image: 'batch:1' },
    });
    await put(box.s3, { 'batch/b.csv': '1,2\n3,4\n' });
    const DataCaptureConfig = { DestinationS3Uri: 's3://data/batch-captured' };
    await box.sagemaker.createTransformJob(transformInput({ name: 'watched', from: 'batch/', DataCaptureConfig }));
    await ended(box.sagemaker, 'watched');
    await box.sagemaker.createDataQualityJobDefinition({
      ...definitionInput('batch', { ImageUri: 'job:1' }),
      DataQualityJobInput: {
        BatchTransformInput: {
          DataCapturedDestinationS3Uri: 's3://data/batch-captured/',
          DatasetFormat: { Csv: { Header: false } },
          LocalPath: '/opt/ml/processing/input',
        },
      },
    });
    const { JobDefinitionSummaries } = await box.sagemaker.listDataQualityJobDefinitions({ NameContains: 'batch' });
    expect(JobDefinitionSummaries).toMatchObject([{ MonitoringJobDefinitionName: 'batch', EndpointName: 'batch' }]);
    await schedule(box, { name: 'batch', times: { ...NOW, DataAnalysisEndTime: 'PT1H' } });
    const [run] = await executions(box, 'batch', 1);
    expect([run?.MonitoringExecutionStatus, run?.FailureReason]).toEqual(['Completed', undefined]);
    const at = hourAt(run?.ScheduledTime?.getTime() ?? 0);
    const files = Object.keys(await below(box.s3, `reports/batch/batch/${at}/`));
    expect(files).toEqual([
      expect.stringMatching(/^input\/.*\/b\.csv$/),
      expect.stringMatching(/^output\/.*\/b\.csv\.out$/),
    ]);
    const job = await processed(box.sagemaker, run?.ProcessingJobArn?.split('/').at(-1) ?? '');
    expect(job.Environment?.['dataset_format']).toBe('{"csv":{"header":false}}');
  });

  test('every due time of a schedule is met once, whatever the moments at which it is looked at', () => {
    const timing = fc.oneof(
      fc.constant('cron(0 * ? * * *)'),
      fc.integer({ min: 0, max: 23 }).map((hour) => `cron(0 ${hour} ? * * *)`),
      fc
        .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 1, max: 24 }))
        .map(([hour, n]) => `cron(0 ${hour}/${n} ? * * *)`)
    );
    const looks = fc.array(fc.integer({ min: 1, max: 40 * HOUR_MS }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(timing, looks, fc.integer({ min: 0, max: 1e12 }), (text, steps, createdMs) => {
        const rule = parseTiming(text);
        const met: number[] = [];
        let atMs = createdMs;
        for (const step of steps) {
          met.push(...dueBetween(rule, { afterMs: atMs, untilMs: atMs + step, createdMs }));
          atMs += step;
        }
        expect(met).toEqual(dueBetween(rule, { afterMs: createdMs, untilMs: atMs, createdMs }));
        const everyMs = (rule.kind === 'now' ? 0 : rule.everyHours) * HOUR_MS;
        for (const [index, one] of met.entries()) {
          expect(one % HOUR_MS).toBe(0);
          if (index > 0) expect(one - (met[index - 1] ?? 0)).toBe(everyMs);
        }
        // None is missing: the steps between them are whole, and no more than one fits before the first and after the last.
        expect(atMs - (met.at(-1) ?? createdMs)).toBeLessThan(everyMs + (met.length === 0 ? 1 : 0));
      })
    );
  });

  test.each([
    ['-PT1H', -HOUR_MS],
    ['-P1DT12H', -36 * HOUR_MS],
    ['P1W', 7 * 24 * HOUR_MS],
    ['+PT30M', HOUR_MS / 2],
    ['-PT0H', -0],
    ['PT', undefined],
    ['P', undefined],
    ['1H', undefined],
    ['-PT1H30', undefined],
  ])('reads the offset %s', (text, ms) => {
    expect(offsetMs(text)).toBe(ms);
  });
});

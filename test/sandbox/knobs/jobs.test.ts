import { afterEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import type { SandboxOptions } from '../../../sandbox/options';
import type { Knobs } from '../../../sandbox/knobs/knobs';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, ROLE, startTestSandbox, until } from '../../support/sandbox/harness';
import { below, ended, JOB_IMAGES, processed, processingInput, put, transformInput } from '../../support/sandbox/jobs';
import {
  capture,
  definitionInput,
  executions,
  HOUR_MS,
  schedule,
  watchedEndpoint,
} from '../../support/sandbox/monitoring';

describe('switches of jobs', () => {
  let box: TestSandbox;

  afterEach(() => box.stop());

  async function start(knobs: Partial<Knobs>, more: SandboxOptions = {}): Promise<void> {
    box = await startTestSandbox({ images: JOB_IMAGES, knobs, ...more });
    await box.s3.createBucket({ Bucket: 'data' });
    await box.sagemaker.createModel({
      ModelName: 'echo',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'batch:1', Environment: { LOG: path.join(box.sandbox.dataDir, 'log') } },
    });
    await put(box.s3, { 'in/sub/a.csv': '1,2,3\n', 'bad/a.csv': 'BAD\n' });
  }

  test('of transform jobs change names, line feeds, slices, retries and codes', async () => {
    await start({
      ...{ transformOutputKeys: 'fileName', sliceEnd: 'inclusive', transformRetries: 'all' },
      ...{ missingTransformJob: 'ResourceNotFound', assembledLines: 'always' },
    });
    const csv = { input: { SplitType: 'Line' }, output: { AssembleWith: 'Line', Accept: 'text/csv' } } as const;
    const DataProcessing = { InputFilter: '$[0:1]' };
    await box.sagemaker.createTransformJob(transformInput({ ...csv, name: 'j', DataProcessing }));
    await ended(box.sagemaker, 'j');
    expect(await below(box.s3, 'out/j/')).toEqual({ 'a.csv.out': '3,1,2\n' });
    const ModelClientConfig = { InvocationsMaxRetries: 1 };
    await box.sagemaker.createTransformJob(transformInput({ ...csv, name: 'bad', from: 'bad/', ModelClientConfig }));
    expect((await ended(box.sagemaker, 'bad')).TransformJobStatus).toBe('Failed');
    expect(await errorOf(box.sagemaker.describeTransformJob({ TransformJobName: 'none' }))).toMatchObject({
      name: 'ResourceNotFound',
    });
  });

  test('of processing jobs store what a failed one wrote, and fail one that takes too long', async () => {
    await start({ failedProcessingOutputs: 'stored', maxRuntimeEnd: 'Failed', minStartupWindowMs: 10 });
    await box.sagemaker.createProcessingJob(processingInput({ name: 'failed', from: 'in/', env: { EXIT: '1' } }));
    expect((await processed(box.sagemaker, 'failed')).ProcessingJobStatus).toBe('Failed');
    expect(Object.keys(await below(box.s3, 'out/failed/'))).toEqual(['sub/a.csv']);
    await box.sagemaker.createProcessingJob(
      processingInput({ name: 'long', maxSeconds: 3_600, env: { UNTIL: '/never' } })
    );
    await until(
      async () => (await box.sagemaker.describeProcessingJob({ ProcessingJobName: 'long' })).ProcessingStartTime
    );
    box.sandbox.clock.advance(3_600_000);
    expect(await processed(box.sagemaker, 'long')).toMatchObject({
      ProcessingJobStatus: 'Failed',
      FailureReason: 'ClientError: The job has exceeded its MaxRuntimeInSeconds.',
    });
  });

  test('of monitoring take only labels of the window, and leave out the endpoint of a batch definition', async () => {
    await start({ groundTruthHours: 'ofWindow', batchDefinitionEndpoint: 'omitted' }, { checkOutputs: false });
    await watchedEndpoint(box);
    box.sandbox.clock.set(Date.UTC(2030, 0, 7, 10, 30));
    const record = { input: '1', id: 'i' };
    await capture(box, [{ ...record, atMs: Date.UTC(2030, 0, 7, 10, 5) }, { ...record, atMs: Date.UTC(2030, 0, 7, 11, 5) }]); // prettier-ignore
    // Both labels are there when the first merge runs, and the later one is collected after its window.
    const label = `${JSON.stringify({ groundTruthData: { data: '1', encoding: 'CSV' }, eventMetadata: { eventId: 'i' }, eventVersion: '0' })}\n`; // prettier-ignore
    await put(box.s3, { 'labels/2030/01/07/11/l.jsonl': label });
    const { DataQualityAppSpecification: app, DataQualityJobOutputConfig, ...rest } = definitionInput('q', { ImageUri: 'job:1' }); // prettier-ignore
    const { DataQualityBaselineConfig: _baseline, DataQualityJobInput: _input, ...common } = rest;
    await box.sagemaker.createModelQualityJobDefinition({
      ...common,
      ModelQualityAppSpecification: { ImageUri: app?.ImageUri, ProblemType: 'BinaryClassification' },
      ModelQualityJobOutputConfig: DataQualityJobOutputConfig,
      ModelQualityJobInput: {
        EndpointInput: { EndpointName: 'watched', LocalPath: '/opt/ml/processing/input' },
        GroundTruthS3Input: { S3Uri: 's3://data/labels' },
      },
    });
    await schedule(box, { name: 'q', type: 'ModelQuality', times: { ScheduleExpression: 'cron(0 * ? * * *)' } });
    box.sandbox.clock.set(Date.UTC(2030, 0, 7, 11));
    const [first] = await executions(box, 'q', 1);
    expect(first?.FailureReason).toBe('Job inputs had no data');
    box.sandbox.clock.set(Date.UTC(2030, 0, 7, 12));
    expect((await executions(box, 'q', 2))[1]?.MonitoringExecutionStatus).toBe('Completed');

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
    const { JobDefinitionSummaries } = await box.sagemaker.listDataQualityJobDefinitions({});
    expect(JobDefinitionSummaries?.map((one) => one.EndpointName)).toEqual([undefined]);
  });

  test('of monitoring delay an execution, which still is of its hour', async () => {
    await start({ monitoringDelayMinutes: 20 });
    await watchedEndpoint(box);
    await put(box.s3, { 'baseline/constraints.json': '{}', 'baseline/statistics.json': '{}' });
    box.sandbox.clock.set(Date.UTC(2030, 0, 7, 10, 30));
    await capture(box, [{ atMs: Date.UTC(2030, 0, 7, 10, 5), input: '1' }]);
    await box.sagemaker.createDataQualityJobDefinition(definitionInput('late', { ImageUri: 'job:1' }));
    await schedule(box, { name: 'late', times: { ScheduleExpression: 'cron(0 * ? * * *)' } });
    // No later than twenty minutes, and not before the hour.
    box.sandbox.clock.set(Date.UTC(2030, 0, 7, 11, 20));
    const [run] = await executions(box, 'late', 1);
    expect([run?.MonitoringExecutionStatus, run?.ScheduledTime]).toEqual([
      'Completed',
      new Date(Date.UTC(2030, 0, 7, 11)),
    ]);
    expect(run?.CreationTime?.getTime()).toBeGreaterThan(Date.UTC(2030, 0, 7, 11) + HOUR_MS / 4);
  });
});

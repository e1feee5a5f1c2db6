import type {
  CreateDataQualityJobDefinitionCommandInput,
  MonitoringExecutionSummary,
  ScheduleConfig,
} from '@aws-sdk/client-sagemaker';
import type { Clients, TestSandbox } from './harness';
import { ROLE, settledEndpoint, until } from './harness';

export const ANALYZER = '156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer';
export const HOUR_MS = 3_600_000;

/** Where an hour's files lie: `yyyy/mm/dd/hh`. */
export function hourAt(atMs: number): string {
  const text = new Date(atMs).toISOString();
  return `${text.slice(0, 10).replaceAll('-', '/')}/${text.slice(11, 13)}`;
}

/** An endpoint `watched` that captures to `s3://data/captured`. */
export async function watchedEndpoint({ sagemaker }: Clients): Promise<void> {
  await sagemaker.createModel({
    ModelName: 'watched',
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'server:1', Environment: { REPLY: '1' } },
  });
  await sagemaker.createEndpointConfig({
    EndpointConfigName: 'watched',
    ProductionVariants: [
      { VariantName: 'v', ModelName: 'watched', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
    ],
    DataCaptureConfig: {
      EnableCapture: true,
      InitialSamplingPercentage: 100,
      DestinationS3Uri: 's3://data/captured',
      CaptureOptions: [{ CaptureMode: 'InputAndOutput' }],
      CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'] },
    },
  });
  await sagemaker.createEndpoint({ EndpointName: 'watched', EndpointConfigName: 'watched' });
  await settledEndpoint(sagemaker, 'watched');
}

export interface Captured {
  readonly atMs: number;
  readonly input: string;
  readonly output?: string;
  readonly id?: string;
}

/** Writes records as data capture of `watched` does, one file for each hour. */
export async function capture({ s3 }: Clients, records: readonly Captured[], file = 'a'): Promise<void> {
  const hours = new Map<string, string>();
  for (const { atMs, input, output = '1', id } of records) {
    const part = (mode: string, data: string) => ({ observedContentType: 'text/csv', mode, data, encoding: 'CSV' });
    const line = {
      captureData: { endpointInput: part('INPUT', input), endpointOutput: part('OUTPUT', output) },
      eventMetadata: {
        eventId: `event-${atMs}`,
        inferenceTime: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
        ...(id === undefined ? {} : { inferenceId: id }),
      },
      eventVersion: '0',
    };
    hours.set(hourAt(atMs), `${hours.get(hourAt(atMs)) ?? ''}${JSON.stringify(line)}\n`);
  }
  for (const [hour, Body] of hours)
    await s3.putObject({ Bucket: 'data', Key: `captured/watched/v/${hour}/${file}.jsonl`, Body });
}

/** A definition of data quality for `watched`, with a baseline at `s3://data/baseline`. */
export function definitionInput(
  name: string,
  app: Partial<NonNullable<CreateDataQualityJobDefinitionCommandInput['DataQualityAppSpecification']>> = {}
): CreateDataQualityJobDefinitionCommandInput {
  return {
    JobDefinitionName: name,
    DataQualityAppSpecification: { ImageUri: ANALYZER, ...app },
    DataQualityBaselineConfig: {
      ConstraintsResource: { S3Uri: 's3://data/baseline/constraints.json' },
      StatisticsResource: { S3Uri: 's3://data/baseline/statistics.json' },
    },
    DataQualityJobInput: { EndpointInput: { EndpointName: 'watched', LocalPath: '/opt/ml/processing/input' } },
    DataQualityJobOutputConfig: {
      MonitoringOutputs: [
        { S3Output: { S3Uri: 's3://data/reports', LocalPath: '/opt/ml/processing/output', S3UploadMode: 'EndOfJob' } },
      ],
    },
    JobResources: { ClusterConfig: { InstanceCount: 1, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 } },
    RoleArn: ROLE,
    // The default is an hour, which is a few seconds of a test: a busy machine needs longer for a container.
    StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
  };
}

/** Makes a schedule of a definition and waits until it is in force. */
export async function schedule(
  { sagemaker }: Clients,
  of: {
    readonly name: string;
    readonly definition?: string;
    readonly type?: 'DataQuality' | 'ModelQuality';
    readonly times: ScheduleConfig;
  }
): Promise<void> {
  await sagemaker.createMonitoringSchedule({
    MonitoringScheduleName: of.name,
    MonitoringScheduleConfig: {
      MonitoringJobDefinitionName: of.definition ?? of.name,
      MonitoringType: of.type ?? 'DataQuality',
      ScheduleConfig: of.times,
    },
  });
  await until(
    async () =>
      (await sagemaker.describeMonitoringSchedule({ MonitoringScheduleName: of.name })).MonitoringScheduleStatus ===
      'Scheduled'
  );
}

/** Waits until so many executions of a schedule have ended; oldest first. */
export async function executions(
  { sagemaker }: Pick<TestSandbox, 'sagemaker'>,
  name: string,
  count: number
): Promise<readonly MonitoringExecutionSummary[]> {
  return until(async () => {
    const { MonitoringExecutionSummaries: all = [] } = await sagemaker.listMonitoringExecutions({
      MonitoringScheduleName: name,
      SortBy: 'ScheduledTime',
      SortOrder: 'Ascending',
      MaxResults: 100,
    });
    const open = ['Pending', 'InProgress', 'Stopping'];
    return all.length >= count && all.every((one) => !open.includes(one.MonitoringExecutionStatus ?? '')) && all;
  });
}

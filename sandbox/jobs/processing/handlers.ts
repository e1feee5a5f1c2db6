import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../../sagemaker/context';
import type { Handlers } from '../../sagemaker/operations';
import { AwsError, notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import { dateOf, JobDesk } from '../desk';
import type { ProcessingJobRecord } from '../records';
import type { JobRunner } from '../runner';

type Names =
  'CreateProcessingJob' | 'DeleteProcessingJob' | 'DescribeProcessingJob' | 'ListProcessingJobs' | 'StopProcessingJob';

export function processingHandlers(context: SageMakerContext, runner: JobRunner<ProcessingJobRecord>): Handlers<Names> {
  const desk = deskOf(context, runner);

  return {
    CreateProcessingJob: async (input) => {
      const arn = createProcessingJob(context, runner, { input });
      context.visibility.created('ProcessingJob', input.ProcessingJobName);
      return { ProcessingJobArn: arn };
    },

    DescribeProcessingJob: async ({ ProcessingJobName }) => {
      const job = desk.find(ProcessingJobName);
      const { Tags: _tags, ...input } = job.input;
      return {
        ...input,
        ProcessingJobArn: job.arn,
        ProcessingJobStatus: job.status,
        ExitMessage: job.exitMessage,
        FailureReason: job.failureReason,
        CreationTime: new Date(job.createdMs),
        LastModifiedTime: new Date(job.modifiedMs),
        ProcessingStartTime: dateOf(job.startMs),
        ProcessingEndTime: dateOf(job.endMs),
        MonitoringScheduleArn: job.monitoring?.scheduleArn,
      };
    },

    ListProcessingJobs: async (input) => {
      const { page, nextToken } = desk.page(input);
      return {
        ProcessingJobSummaries: page.map((job) => ({
          ProcessingJobName: job.name,
          ProcessingJobArn: job.arn,
          ProcessingJobStatus: job.status,
          CreationTime: new Date(job.createdMs),
          LastModifiedTime: new Date(job.modifiedMs),
          ProcessingEndTime: dateOf(job.endMs),
          FailureReason: job.failureReason,
          ExitMessage: job.exitMessage,
        })),
        NextToken: nextToken,
      };
    },

    StopProcessingJob: async ({ ProcessingJobName }) => {
      desk.stop(ProcessingJobName);
      return {};
    },

    DeleteProcessingJob: async ({ ProcessingJobName }) => {
      const job = desk.find(ProcessingJobName ?? '');
      if (job.status === 'InProgress' || job.status === 'Stopping')
        throw new AwsError({
          code: 'ResourceInUse',
          message: `The job ${job.arn} is in status ${job.status} and cannot be deleted.`,
        });
      context.tables.processingJobs.remove(job.name);
      context.tables.tags.remove(job.arn);
      return {};
    },
  };
}

/** Checks, writes and begins a job: for a caller, or for a monitoring schedule. Returns its ARN. */
export function createProcessingJob(
  context: SageMakerContext,
  runner: JobRunner<ProcessingJobRecord>,
  wanted: Pick<ProcessingJobRecord, 'input' | 'monitoring'>
): string {
  assertProcessable(wanted.input);
  return deskOf(context, runner).create({ ...wanted, name: wanted.input.ProcessingJobName });
}

function deskOf(context: SageMakerContext, runner: JobRunner<ProcessingJobRecord>): JobDesk<ProcessingJobRecord> {
  return new JobDesk(context, {
    ...{ kind: 'ProcessingJob', jobs: context.tables.processingJobs, runner },
    instancesOf: ({ ProcessingResources: { ClusterConfig } }) => ({
      type: ClusterConfig.InstanceType ?? '',
      count: ClusterConfig.InstanceCount ?? 1,
    }),
  });
}

const LOCAL_ROOT = '/opt/ml/processing/';

/** Refuses what SageMaker refuses at the call, and by name what it would do and this sandbox does not. */
function assertProcessable(input: Checked<CreateProcessingJobCommandInput>): void {
  const { ProcessingInputs: inputs = [], ProcessingOutputConfig, ProcessingResources } = input;
  const outputs = ProcessingOutputConfig?.Outputs ?? [];
  if (ProcessingResources.ClusterConfig.InstancePreferences) throw notImplemented('InstancePreferences');
  if (ProcessingResources.ClusterConfig.InstanceType === undefined)
    throw validationException('InstanceType must be specified in ProcessingResources.ClusterConfig.');
  for (const { InputName, S3Input, DatasetDefinition, AppManaged } of inputs) {
    if (DatasetDefinition) throw notImplemented('DatasetDefinition');
    if (!S3Input) throw validationException(`The input ${InputName} must specify S3Input or DatasetDefinition.`);
    if (S3Input.S3InputMode === 'Pipe') throw notImplemented('S3InputMode Pipe');
    if (S3Input.S3CompressionType === 'Gzip')
      throw validationException('S3CompressionType Gzip can be specified only when S3InputMode is Pipe.');
    if (!AppManaged) assertLocalPath('input', InputName, S3Input.LocalPath);
  }
  for (const { OutputName, S3Output, FeatureStoreOutput, AppManaged } of outputs) {
    if (FeatureStoreOutput) throw notImplemented('FeatureStoreOutput');
    if (!S3Output) throw validationException(`The output ${OutputName} must specify S3Output or FeatureStoreOutput.`);
    if (!AppManaged) assertLocalPath('output', OutputName, S3Output.LocalPath);
  }
  assertUnique(
    'InputName',
    inputs.map(({ InputName }) => InputName)
  );
  assertUnique(
    'OutputName',
    outputs.map(({ OutputName }) => OutputName)
  );
}

function assertLocalPath(kind: 'input' | 'output', name: string, localPath: string | undefined): void {
  if (localPath === undefined) throw validationException(`LocalPath must be specified for the ${kind} ${name}.`);
  if (!`${localPath}/`.startsWith(LOCAL_ROOT) || localPath.split('/').includes('..'))
    throw validationException(`LocalPath ${localPath} of the ${kind} ${name} must begin with ${LOCAL_ROOT}.`);
}

function assertUnique(member: string, names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw validationException(`${member} ${repeated} was non-unique within the request.`);
}

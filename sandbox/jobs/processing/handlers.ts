import type { CreateProcessingJobCommandInput } from '@aws-sdk/client-sagemaker';
import { arnOf } from '../../sagemaker/arn';
import type { SageMakerContext } from '../../sagemaker/context';
import { listPage } from '../../sagemaker/listing';
import type { Handlers } from '../../sagemaker/operations';
import { tagResource } from '../../sagemaker/tags';
import { AwsError, notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import { assertJobQuota } from '../quota';
import type { ProcessingJobRecord } from '../records';
import type { JobRunner } from '../runner';
import { jobNameTaken, jobNotFound, notStoppable } from '../texts';

type Names =
  'CreateProcessingJob' | 'DeleteProcessingJob' | 'DescribeProcessingJob' | 'ListProcessingJobs' | 'StopProcessingJob';

export function processingHandlers(context: SageMakerContext, runner: JobRunner<ProcessingJobRecord>): Handlers<Names> {
  const { processingJobs: jobs } = context.tables;

  function find(name: string): ProcessingJobRecord {
    const job = jobs.get(name);
    if (!job || context.visibility.isHidden('ProcessingJob', name)) throw jobNotFound(name);
    return job;
  }

  return {
    CreateProcessingJob: async (input) => {
      const arn = createProcessingJob(context, runner, { input });
      context.visibility.created('ProcessingJob', input.ProcessingJobName);
      return { ProcessingJobArn: arn };
    },

    DescribeProcessingJob: async ({ ProcessingJobName }) => {
      const job = find(ProcessingJobName);
      const { Tags: _tags, ...input } = job.input;
      return {
        ...input,
        ProcessingJobArn: job.arn,
        ProcessingJobStatus: job.status,
        ExitMessage: job.exitMessage,
        FailureReason: job.failureReason,
        CreationTime: new Date(job.createdMs),
        LastModifiedTime: new Date(job.modifiedMs),
        ProcessingStartTime: job.startMs === undefined ? undefined : new Date(job.startMs),
        ProcessingEndTime: job.endMs === undefined ? undefined : new Date(job.endMs),
        MonitoringScheduleArn: job.monitoring?.scheduleArn,
      };
    },

    ListProcessingJobs: async (input) => {
      const visible = jobs
        .all()
        .filter(
          ({ name, status }) =>
            (input.StatusEquals ?? status) === status && !context.visibility.isHidden('ProcessingJob', name)
        );
      const { page, nextToken } = listPage(visible, input);
      return {
        ProcessingJobSummaries: page.map((job) => ({
          ProcessingJobName: job.name,
          ProcessingJobArn: job.arn,
          ProcessingJobStatus: job.status,
          CreationTime: new Date(job.createdMs),
          LastModifiedTime: new Date(job.modifiedMs),
          ProcessingEndTime: job.endMs === undefined ? undefined : new Date(job.endMs),
          FailureReason: job.failureReason,
          ExitMessage: job.exitMessage,
        })),
        NextToken: nextToken,
      };
    },

    StopProcessingJob: async ({ ProcessingJobName }) => {
      const job = find(ProcessingJobName);
      if (job.status !== 'InProgress') throw notStoppable(job.arn, job.status);
      runner.stop(job.name);
      return {};
    },

    DeleteProcessingJob: async ({ ProcessingJobName }) => {
      const job = find(ProcessingJobName ?? '');
      if (job.status === 'InProgress' || job.status === 'Stopping')
        throw new AwsError({
          code: 'ResourceInUse',
          message: `The job ${job.arn} is in status ${job.status} and cannot be deleted.`,
        });
      jobs.remove(job.name);
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
  const { input } = wanted;
  const name = input.ProcessingJobName;
  assertProcessable(input);
  const arn = arnOf(context, 'processing-job', name);
  const { processingJobs: jobs } = context.tables;
  if (jobs.get(name)) throw jobNameTaken(arn);
  const instancesOf = ({ ProcessingResources }: Checked<CreateProcessingJobCommandInput>) => ({
    type: ProcessingResources.ClusterConfig.InstanceType ?? '',
    count: ProcessingResources.ClusterConfig.InstanceCount ?? 1,
  });
  assertJobQuota(context, {
    ...{ operation: 'CreateProcessingJob', jobName: name, usage: 'processing job', ...instancesOf(input) },
    used: jobs
      .all()
      .filter(({ status }) => status === 'InProgress' || status === 'Stopping')
      .map((job) => instancesOf(job.input)),
  });
  tagResource(context, arn, input.Tags);
  const nowMs = context.clock.now();
  runner.create({ ...wanted, name, arn, createdMs: nowMs, modifiedMs: nowMs, status: 'InProgress' });
  return arn;
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

import type { CreateTrainingJobCommandInput, SecondaryStatus } from '@aws-sdk/client-sagemaker';
import { arnOf } from '../../sagemaker/arn';
import type { SageMakerContext } from '../../sagemaker/context';
import { listPage } from '../../sagemaker/listing';
import type { Handlers } from '../../sagemaker/operations';
import { tagResource } from '../../sagemaker/tags';
import { notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import { assertJobQuota } from '../quota';
import type { TrainingJobRecord } from '../records';
import type { JobRunner } from '../runner';
import { jobNameTaken, jobNotFound, notStoppable } from '../texts';
import { outputUrl } from './artifact';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './run';

type Names = 'CreateTrainingJob' | 'DescribeTrainingJob' | 'ListTrainingJobs' | 'StopTrainingJob';

export function trainingHandlers(context: SageMakerContext, runner: JobRunner<TrainingJobRecord>): Handlers<Names> {
  const { trainingJobs: jobs } = context.tables;

  function find(name: string): TrainingJobRecord {
    const job = jobs.get(name);
    if (!job || context.visibility.isHidden('TrainingJob', name)) throw jobNotFound(name);
    return job;
  }

  return {
    CreateTrainingJob: async (input) => {
      const name = input.TrainingJobName;
      assertTrainable(input);
      const arn = arnOf(context, 'training-job', name);
      if (jobs.get(name)) throw jobNameTaken(arn);
      assertJobQuota(context, {
        ...{ operation: 'CreateTrainingJob', jobName: name, usage: 'training job', ...instancesOf(input) },
        used: jobs
          .all()
          .filter(({ status }) => status === 'InProgress' || status === 'Stopping')
          .map((job) => instancesOf(job.input)),
      });
      tagResource(context, arn, input.Tags);
      const nowMs = context.clock.now();
      runner.create({ input, name, arn, createdMs: nowMs, modifiedMs: nowMs, status: 'InProgress' });
      context.visibility.created('TrainingJob', name);
      return { TrainingJobArn: arn };
    },

    DescribeTrainingJob: async ({ TrainingJobName }) => {
      const job = find(TrainingJobName);
      const { Tags: _tags, ...input } = job.input;
      return {
        ...input,
        StoppingCondition: input.StoppingCondition ?? { MaxRuntimeInSeconds: DEFAULT_MAX_RUNTIME_SECONDS },
        TrainingJobArn: job.arn,
        TrainingJobStatus: job.status,
        SecondaryStatus: secondaryStatusOf(job),
        // Told from the beginning, as SageMaker does: the object comes with the end.
        ModelArtifacts: { S3ModelArtifacts: job.modelUrl ?? outputUrl(job, 'model.tar.gz') },
        FailureReason: job.failureReason,
        CreationTime: new Date(job.createdMs),
        LastModifiedTime: new Date(job.modifiedMs),
        TrainingStartTime: job.startMs === undefined ? undefined : new Date(job.startMs),
        TrainingEndTime: job.endMs === undefined ? undefined : new Date(job.endMs),
        TrainingTimeInSeconds:
          job.startMs === undefined || job.endMs === undefined
            ? undefined
            : Math.max(1, Math.round((job.endMs - job.startMs) / 1000)),
      };
    },

    ListTrainingJobs: async (input) => {
      if (input.TrainingPlanArnEquals !== undefined) throw notImplemented('TrainingPlanArnEquals');
      if (input.WarmPoolStatusEquals !== undefined) throw notImplemented('WarmPoolStatusEquals');
      const visible = jobs
        .all()
        .filter(
          ({ name, status }) =>
            (input.StatusEquals ?? status) === status && !context.visibility.isHidden('TrainingJob', name)
        );
      const { page, nextToken } = listPage(visible, input);
      return {
        TrainingJobSummaries: page.map((job) => ({
          TrainingJobName: job.name,
          TrainingJobArn: job.arn,
          TrainingJobStatus: job.status,
          SecondaryStatus: secondaryStatusOf(job),
          CreationTime: new Date(job.createdMs),
          LastModifiedTime: new Date(job.modifiedMs),
          TrainingEndTime: job.endMs === undefined ? undefined : new Date(job.endMs),
        })),
        NextToken: nextToken,
      };
    },

    StopTrainingJob: async ({ TrainingJobName }) => {
      const job = find(TrainingJobName);
      if (job.status !== 'InProgress') throw notStoppable(job.arn, job.status);
      runner.stop(job.name);
      return {};
    },
  };
}

function instancesOf({ ResourceConfig }: Checked<CreateTrainingJobCommandInput>) {
  return { type: ResourceConfig?.InstanceType ?? '', count: ResourceConfig?.InstanceCount ?? 1 };
}

function secondaryStatusOf({ status, startMs }: TrainingJobRecord): SecondaryStatus {
  if (status === 'InProgress') return startMs === undefined ? 'Starting' : 'Training';
  return status;
}

/** Members that mean something here that this sandbox does not do. */
const NOT_HERE = ['CheckpointConfig', 'ServerlessJobConfig', 'SessionChainingConfig', 'ModelPackageConfig'] as const;

/** Refuses what SageMaker refuses at the call, and by name what it would do and this sandbox does not. */
function assertTrainable(input: Checked<CreateTrainingJobCommandInput>): void {
  const missing = NOT_HERE.find((member) => input[member] !== undefined);
  if (missing !== undefined) throw notImplemented(missing);
  const { AlgorithmSpecification: algorithm, ResourceConfig: resources, InputDataConfig: channels = [] } = input;
  if (algorithm?.AlgorithmName !== undefined) throw notImplemented('AlgorithmName');
  if (algorithm?.TrainingImage === undefined)
    throw validationException('TrainingImage must be specified in AlgorithmSpecification.');
  if (resources?.InstanceGroups) throw notImplemented('InstanceGroups');
  if (resources?.InstancePreferences) throw notImplemented('InstancePreferences');
  if (resources?.InstanceType === undefined)
    throw validationException('InstanceType must be specified in ResourceConfig.');
  if (input.OutputDataConfig.CompressionType === 'NONE') throw notImplemented('OutputDataConfig.CompressionType NONE');
  const repeated = channels.find(
    ({ ChannelName }, at) => channels.findIndex((one) => one.ChannelName === ChannelName) !== at
  );
  if (repeated) throw validationException(`ChannelName ${repeated.ChannelName} was non-unique within the request.`);
  for (const { ChannelName, DataSource, InputMode, CompressionType } of channels) {
    if (DataSource.FileSystemDataSource) throw notImplemented('FileSystemDataSource');
    if (DataSource.DatasetSource) throw notImplemented('DatasetSource');
    if (!DataSource.S3DataSource)
      throw validationException(`The channel ${ChannelName} must specify S3DataSource or FileSystemDataSource.`);
    const type = DataSource.S3DataSource.S3DataType;
    if (type !== 'S3Prefix' && type !== 'ManifestFile') throw notImplemented(`S3DataType ${type}`);
    if ((InputMode ?? algorithm.TrainingInputMode) === 'Pipe') throw notImplemented('TrainingInputMode Pipe');
    if (CompressionType === 'Gzip') throw notImplemented('CompressionType Gzip');
  }
}

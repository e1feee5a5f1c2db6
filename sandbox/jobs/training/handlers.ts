import type { CreateTrainingJobCommandInput, SecondaryStatus } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../../sagemaker/context';
import type { Handlers } from '../../sagemaker/operations';
import { notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import { dateOf, JobDesk } from '../desk';
import type { TrainingJobRecord } from '../records';
import type { JobRunner } from '../runner';
import { outputUrl } from './artifact';
import { DEFAULT_MAX_RUNTIME_SECONDS } from '../processing/config-files';

type Names = 'CreateTrainingJob' | 'DescribeTrainingJob' | 'ListTrainingJobs' | 'StopTrainingJob';

export function trainingHandlers(context: SageMakerContext, runner: JobRunner<TrainingJobRecord>): Handlers<Names> {
  const { trainingJobs: jobs } = context.tables;
  const desk = new JobDesk(context, { kind: 'TrainingJob', jobs, runner, instancesOf });

  return {
    CreateTrainingJob: async (input) => {
      const name = input.TrainingJobName;
      assertTrainable(input);
      const arn = desk.create({ name, input });
      context.visibility.created('TrainingJob', name);
      return { TrainingJobArn: arn };
    },

    DescribeTrainingJob: async ({ TrainingJobName }) => {
      const job = desk.find(TrainingJobName);
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
        TrainingStartTime: dateOf(job.startMs),
        TrainingEndTime: dateOf(job.endMs),
        TrainingTimeInSeconds:
          job.startMs === undefined || job.endMs === undefined
            ? undefined
            : Math.max(1, Math.round((job.endMs - job.startMs) / 1000)),
      };
    },

    ListTrainingJobs: async (input) => {
      if (input.TrainingPlanArnEquals !== undefined) throw notImplemented('TrainingPlanArnEquals');
      if (input.WarmPoolStatusEquals !== undefined) throw notImplemented('WarmPoolStatusEquals');
      const { page, nextToken } = desk.page(input);
      return {
        TrainingJobSummaries: page.map((job) => ({
          TrainingJobName: job.name,
          TrainingJobArn: job.arn,
          TrainingJobStatus: job.status,
          SecondaryStatus: secondaryStatusOf(job),
          CreationTime: new Date(job.createdMs),
          LastModifiedTime: new Date(job.modifiedMs),
          TrainingEndTime: dateOf(job.endMs),
        })),
        NextToken: nextToken,
      };
    },

    StopTrainingJob: async ({ TrainingJobName }) => {
      desk.stop(TrainingJobName);
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

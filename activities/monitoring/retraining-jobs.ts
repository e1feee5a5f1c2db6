import { CreateTrainingJobCommand, DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import type {
  CreateProcessingJobCommandInput,
  CreateTrainingJobCommandInput,
  DescribeTrainingJobCommandOutput,
} from '@aws-sdk/client-sagemaker';
import type { RetrainingRun } from '../../rollout';
import { retrainingJobName, tagList, TAGS } from '../../sagemaker/names';
import type { RetrainingJob, RetrainingTraining } from '../../spec/types';
import { endOfNamed, jobFailure } from './named-job';
import type { EndedJob } from './named-job';
import { endOfJob } from './processing-job';
import type { JobDeps } from './processing-job';

const OUTPUT = '/opt/ml/processing/output';
const VOLUME_GB = 30;

type Unnamed<T> = Omit<T, 'ProcessingJobName' | 'TrainingJobName'>;

/** The address of the model that a job has left, or why there is none. */
type End = { readonly kind: 'left'; readonly artifact: string } | { readonly kind: 'failed'; readonly why: string };

/** A Processing job, started or found, followed to its end. */
export async function endOfProcessing(deps: JobDeps, request: RetrainingRun, job: RetrainingJob): Promise<End> {
  const ended = await endOfJob(deps, retrainingJobName(request), async () => processingInput(request, job));
  return endOf(ended, `${outputOf(request, job)}/model.tar.gz`);
}

/** The same of a training job: SageMaker says itself where the model lies. */
export async function endOfTraining(deps: JobDeps, request: RetrainingRun, job: RetrainingTraining): Promise<End> {
  const { sagemaker } = deps.aws;
  const ended = await endOfNamed<DescribeTrainingJobCommandOutput>(deps, retrainingJobName(request), {
    called: 'training job',
    start: (TrainingJobName) =>
      sagemaker.send(new CreateTrainingJobCommand({ TrainingJobName, ...trainingInput(request, job) })),
    describe: (TrainingJobName) => sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName })),
    statusOf: ({ TrainingJobStatus }) => TrainingJobStatus,
    saidBy: ({ FailureReason }) => FailureReason,
  });
  return endOf(ended, ended.told.ModelArtifacts?.S3ModelArtifacts ?? '');
}

/** A job that was stopped has left no model to trust. A fault of SageMaker's own is thrown: the next try takes another name. */
function endOf(ended: EndedJob, artifact: string): End {
  if (ended.status === 'Completed') return { kind: 'left', artifact };
  const error = jobFailure(ended);
  if (error.failure.type === 'ProviderUnavailable') throw error;
  return { kind: 'failed', why: error.failure.what };
}

function processingInput(request: RetrainingRun, job: RetrainingJob): Unnamed<CreateProcessingJobCommandInput> {
  const { endpoint, spec } = request;
  const { aws } = spec;
  const s3 = { S3DataType: 'S3Prefix', S3InputMode: 'File', S3DataDistributionType: 'FullyReplicated' } as const;
  return {
    RoleArn: aws.role,
    AppSpecification: {
      ImageUri: job.image,
      ...(job.entrypoint.length > 0 && { ContainerEntrypoint: [...job.entrypoint] }),
      ...(job.arguments.length > 0 && { ContainerArguments: [...job.arguments] }),
    },
    Environment: environmentOf(request, job),
    ProcessingInputs: Object.entries(job.inputs).map(([InputName, S3Uri]) => ({
      InputName,
      S3Input: { S3Uri, LocalPath: `/opt/ml/processing/input/${InputName}`, ...s3 },
    })),
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: 'model',
          S3Output: { S3Uri: outputOf(request, job), LocalPath: OUTPUT, S3UploadMode: 'EndOfJob' },
        },
      ],
      ...(aws.kms !== undefined && { KmsKeyId: aws.kms }),
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceType: job.instance.type as 'ml.m5.xlarge',
        InstanceCount: job.instance.count,
        VolumeSizeInGB: VOLUME_GB,
      },
    },
    StoppingCondition: { MaxRuntimeInSeconds: Math.ceil(job.atMostMs / 1_000) },
    ...(aws.vpc !== undefined && { NetworkConfig: { VpcConfig: vpcOf(aws.vpc) } }),
    Tags: tagList({ ...aws.tags, [TAGS.endpoint]: endpoint }),
  };
}

function trainingInput(request: RetrainingRun, job: RetrainingTraining): Unnamed<CreateTrainingJobCommandInput> {
  const { endpoint, spec } = request;
  const { aws } = spec;
  const s3 = { S3DataType: 'S3Prefix', S3DataDistributionType: 'FullyReplicated' } as const;
  return {
    RoleArn: aws.role,
    AlgorithmSpecification: {
      TrainingImage: job.image,
      TrainingInputMode: 'File',
      ...(job.entrypoint.length > 0 && { ContainerEntrypoint: [...job.entrypoint] }),
      ...(job.arguments.length > 0 && { ContainerArguments: [...job.arguments] }),
    },
    HyperParameters: job.hyperparameters,
    Environment: environmentOf(request, job),
    InputDataConfig: Object.entries(job.inputs).map(([ChannelName, S3Uri]) => ({
      ChannelName,
      DataSource: { S3DataSource: { S3Uri, ...s3 } },
    })),
    OutputDataConfig: { S3OutputPath: outputOf(request, job), ...(aws.kms !== undefined && { KmsKeyId: aws.kms }) },
    ResourceConfig: {
      InstanceType: job.instance.type as 'ml.m5.xlarge',
      InstanceCount: job.instance.count,
      VolumeSizeInGB: VOLUME_GB,
    },
    StoppingCondition: { MaxRuntimeInSeconds: Math.ceil(job.atMostMs / 1_000) },
    ...(aws.vpc !== undefined && { VpcConfig: vpcOf(aws.vpc) }),
    Tags: tagList({ ...aws.tags, [TAGS.endpoint]: endpoint }),
  };
}

function environmentOf({ endpoint, why }: RetrainingRun, { environment }: RetrainingJob | RetrainingTraining) {
  return { ...environment, SLUICE_ENDPOINT: endpoint, SLUICE_WHY: why.slice(0, 250) };
}

function vpcOf({ subnets, securityGroups }: NonNullable<RetrainingRun['spec']['aws']['vpc']>) {
  return { Subnets: [...subnets], SecurityGroupIds: [...securityGroups] };
}

/** Of this run alone: what an earlier one of this number has left may be what serves. */
function outputOf({ number, run }: RetrainingRun, { output }: RetrainingJob | RetrainingTraining): string {
  return `${output}/${number}-${run}`;
}

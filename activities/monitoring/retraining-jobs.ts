import {
  CreateProcessingJobCommand,
  CreateTrainingJobCommand,
  DescribeProcessingJobCommand,
  DescribeTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import type {
  CreateProcessingJobCommandInput,
  CreateTrainingJobCommandInput,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { RetrainingRequest } from '../../rollout';
import { isAlreadyThere } from '../../sagemaker/faults';
import { retrainingJobName, tagList, TAGS } from '../../sagemaker/names';
import type { RetrainingJob, RetrainingTraining } from '../../spec/types';
import type { ActivityDeps } from '../deps';

const POLL_MS = 10_000;
const OUTPUT = '/opt/ml/processing/output';
const VOLUME_GB = 30;

type Deps = Pick<ActivityDeps, 'heartbeat' | 'sleep'> & { readonly sagemaker: SageMakerClient };

/** What a job has left. */
type End = { readonly kind: 'left'; readonly artifact: string } | { readonly kind: 'failed'; readonly why: string };

/** How a job stands. */
interface Standing {
  readonly status: string | undefined;
  readonly said: readonly (string | undefined)[];
  readonly artifact: string;
}

/** A Processing job, started or found, followed to its end. */
export function endOfProcessing(
  { sagemaker, ...deps }: Deps,
  request: RetrainingRequest,
  job: RetrainingJob
): Promise<End> {
  const name = retrainingJobName(request);
  return follow(deps, `Processing job ${name}`, {
    start: () => sagemaker.send(new CreateProcessingJobCommand(processingInput(request, job))),
    async look(): Promise<Standing> {
      const told = await sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: name }));
      const artifact = `${outputOf(request, job)}/model.tar.gz`;
      return { status: told.ProcessingJobStatus, said: [told.FailureReason, told.ExitMessage], artifact };
    },
  });
}

/** The same of a training job: SageMaker says itself where the model lies. */
export function endOfTraining(
  { sagemaker, ...deps }: Deps,
  request: RetrainingRequest,
  job: RetrainingTraining
): Promise<End> {
  const name = retrainingJobName(request);
  return follow(deps, `Training job ${name}`, {
    start: () => sagemaker.send(new CreateTrainingJobCommand(trainingInput(request, job))),
    async look(): Promise<Standing> {
      const told = await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
      const artifact = told.ModelArtifacts?.S3ModelArtifacts ?? '';
      return { status: told.TrainingJobStatus, said: [told.FailureReason], artifact };
    },
  });
}

/** The name is the token: a job that an earlier attempt has started is found. One that was stopped has left no model to trust. */
async function follow(
  { heartbeat, sleep }: Omit<Deps, 'sagemaker'>,
  name: string,
  { start, look }: { readonly start: () => Promise<unknown>; readonly look: () => Promise<Standing> }
): Promise<End> {
  try {
    await start();
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  for (;;) {
    const { status, said, artifact } = await look();
    if (status === 'Completed') return { kind: 'left', artifact };
    if (status === 'Failed' || status === 'Stopped') {
      const why = said.filter((text) => text !== undefined && text !== '').join(' ');
      return { kind: 'failed', why: `${name} is ${status}${why === '' ? '.' : `: ${why}`}` };
    }
    heartbeat(status);
    await sleep(POLL_MS);
  }
}

function processingInput(request: RetrainingRequest, job: RetrainingJob): CreateProcessingJobCommandInput {
  const { endpoint, spec } = request;
  const { aws } = spec;
  const s3 = { S3DataType: 'S3Prefix', S3InputMode: 'File', S3DataDistributionType: 'FullyReplicated' } as const;
  return {
    ProcessingJobName: retrainingJobName(request),
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

function trainingInput(request: RetrainingRequest, job: RetrainingTraining): CreateTrainingJobCommandInput {
  const { endpoint, spec } = request;
  const { aws } = spec;
  const s3 = { S3DataType: 'S3Prefix', S3DataDistributionType: 'FullyReplicated' } as const;
  return {
    TrainingJobName: retrainingJobName(request),
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

function environmentOf({ endpoint, why }: RetrainingRequest, { environment }: RetrainingJob | RetrainingTraining) {
  return { ...environment, SLUICE_ENDPOINT: endpoint, SLUICE_WHY: why.slice(0, 250) };
}

function vpcOf({ subnets, securityGroups }: NonNullable<RetrainingRequest['spec']['aws']['vpc']>) {
  return { Subnets: [...subnets], SecurityGroupIds: [...securityGroups] };
}

function outputOf({ number }: RetrainingRequest, { output }: RetrainingJob | RetrainingTraining): string {
  return `${output}/${number}`;
}

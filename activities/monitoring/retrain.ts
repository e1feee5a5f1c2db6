import { CreateProcessingJobCommand, DescribeProcessingJobCommand } from '@aws-sdk/client-sagemaker';
import type { CreateProcessingJobCommandInput, SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { RetrainingRequest, RetrainingResult } from '../../rollout';
import { FailureError, isAlreadyThere } from '../../sagemaker/faults';
import { retrainingJobName, tagList, TAGS } from '../../sagemaker/names';
import type { Candidate, ModelSource, RetrainingJob, RetrainingWebhook, RolloutSpec } from '../../spec/types';
import type { ActivityDeps } from '../deps';

const ANSWER_MS = 45_000;
const POLL_MS = 10_000;
const OUTPUT = '/opt/ml/processing/output';
const MOST_CHARACTERS = 10_000;
/** SageMaker takes variants of 63 characters. */
const NAME_ROOM = 40;

/**
 * Posts `{ endpoint, number, why, who, incumbent, answer }` and expects 200 with `{ "artifact": "s3://…tar.gz" }` or `{ "modelPackage": "group/7" }`,
 * or 202 where the model comes later, by itself. A repetition carries the same number.
 */
export async function askForModel(request: RetrainingRequest): Promise<RetrainingResult> {
  const { url } = howOf(request, 'webhook');
  const { endpoint, number, who, why, incumbent } = request;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ endpoint, number, who, why, incumbent }),
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new FailureError('ProviderUnavailable', `${url} could not be asked for a model: ${cause}.`);
  });
  if (response.status === 202) return { kind: 'handedOver', why: `${url} has taken it, and delivers by itself.` };
  if (response.status >= 500)
    throw new FailureError('ProviderUnavailable', `${url} answered ${response.status} when asked for a model.`);
  const text = (await response.text()).slice(0, MOST_CHARACTERS);
  const model = response.status === 200 ? modelIn(text) : null;
  if (model === null)
    return {
      kind: 'failed',
      why: `${url} answered ${response.status} with no artifact and no modelPackage: ${text.slice(0, 200)}`,
    };
  return trained(request, model);
}

/** Starts the job, or finds the one that an earlier attempt has started; waits until it has left its model. */
export async function trainModel(
  deps: Pick<ActivityDeps, 'heartbeat' | 'sleep'> & { readonly sagemaker: SageMakerClient },
  request: RetrainingRequest
): Promise<RetrainingResult> {
  const { sagemaker } = deps;
  const job = howOf(request, 'job');
  const input = jobInput(request, job);
  try {
    await sagemaker.send(new CreateProcessingJobCommand(input));
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  for (;;) {
    const {
      ProcessingJobStatus: status,
      FailureReason,
      ExitMessage,
    } = await sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: input.ProcessingJobName }));
    if (status === 'Completed') return trained(request, { artifact: `${outputOf(request, job)}/model.tar.gz` });
    if (status === 'Failed' || status === 'Stopped') {
      const why = [FailureReason, ExitMessage].filter((text) => text !== undefined && text !== '').join(' ');
      return {
        kind: 'failed',
        why: `Processing job ${input.ProcessingJobName} is ${status}${why === '' ? '.' : `: ${why}`}`,
      };
    }
    deps.heartbeat(status);
    await deps.sleep(POLL_MS);
  }
}

function jobInput(request: RetrainingRequest, job: RetrainingJob): CreateProcessingJobCommandInput {
  const { endpoint, spec, why } = request;
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
    Environment: { ...job.environment, SLUICE_ENDPOINT: endpoint, SLUICE_WHY: why.slice(0, 250) },
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
        VolumeSizeInGB: 30,
      },
    },
    StoppingCondition: { MaxRuntimeInSeconds: Math.ceil(job.atMostMs / 1_000) },
    ...(aws.vpc !== undefined && {
      NetworkConfig: {
        VpcConfig: { Subnets: [...aws.vpc.subnets], SecurityGroupIds: [...aws.vpc.securityGroups] },
      },
    }),
    Tags: tagList({ ...aws.tags, [TAGS.endpoint]: endpoint }),
  };
}

function outputOf({ number }: RetrainingRequest, { output }: RetrainingJob): string {
  return `${output}/${number}`;
}

function howOf(request: RetrainingRequest, kind: 'webhook'): RetrainingWebhook;
function howOf(request: RetrainingRequest, kind: 'job'): RetrainingJob;
function howOf({ spec }: RetrainingRequest, kind: 'webhook' | 'job'): RetrainingWebhook | RetrainingJob {
  const how = spec.retraining?.how;
  if (how?.kind !== kind) throw new FailureError('Internal', `The file does not retrain by ${kind}.`);
  return how;
}

type NewModel = { readonly artifact: string } | { readonly modelPackage: string };

/** The incumbent's file with the new model in the place of the old one. */
function trained({ spec, number, incumbent }: RetrainingRequest, model: NewModel): RetrainingResult {
  const before = spec.candidates.find(({ name }) => name === incumbent.version) ?? spec.candidates[0];
  const name = `${before.name.replace(/-retrained-\d+$/, '').slice(0, NAME_ROOM)}-retrained-${number}`;
  const source = sourceOf(before, model);
  if (source === null)
    return {
      kind: 'failed',
      why: `${before.name} is a ${before.model.kind}, which one artifact does not replace. Let the webhook answer with a modelPackage.`,
    };
  const candidate: Candidate = { ...before, name, model: source };
  const next: RolloutSpec = { ...spec, candidates: [candidate] };
  return {
    kind: 'trained',
    spec: next,
    candidate: name,
    model: 'artifact' in model ? model.artifact : model.modelPackage,
  };
}

function sourceOf({ model: before }: Candidate, model: NewModel): ModelSource | null {
  if ('modelPackage' in model) return { kind: 'package', package: model.modelPackage };
  if (before.kind !== 'container') return null;
  return { kind: 'container', container: { ...before.container, artifact: model.artifact } };
}

function modelIn(text: string): NewModel | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  if ('artifact' in found && typeof found.artifact === 'string' && /^s3:\/\/\S+\.tar\.gz$/.test(found.artifact))
    return { artifact: found.artifact };
  if ('modelPackage' in found && typeof found.modelPackage === 'string' && /^\S+\/\d+$/.test(found.modelPackage))
    return { modelPackage: found.modelPackage };
  return null;
}

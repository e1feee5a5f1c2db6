import { CreateProcessingJobCommand, DescribeProcessingJobCommand } from '@aws-sdk/client-sagemaker';
import type {
  CreateProcessingJobCommandInput,
  DescribeProcessingJobCommandOutput,
  ProcessingInput,
  ProcessingOutput,
} from '@aws-sdk/client-sagemaker';
import type { S3Client } from '@aws-sdk/client-s3';
import { FailureError, isAlreadyThere, isCapacityText, isNotFound } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';
import { writeJson } from './keep';
import type { ListedObject } from './objects';

const POLL_MS = 5_000;

export type JobDeps = Pick<ActivityDeps, 'aws' | 'sleep' | 'heartbeat'>;

/** How a job has ended. */
export interface EndedJob {
  readonly name: string;
  readonly status: 'Completed' | 'Failed' | 'Stopped';
  /** What its container said last, else SageMaker's reason. */
  readonly said: string;
}

type JobInput = Omit<CreateProcessingJobCommandInput, 'ProcessingJobName'>;

/**
 * Starts a job, or finds the one of that name that runs or has done its work, and waits until it has ended, however that may be. A name is never
 * free again: after a job that failed comes `<name>-2`, and so on.
 */
export async function endOfJob(deps: JobDeps, stem: string, inputOf: () => Promise<JobInput>): Promise<EndedJob> {
  const name = await startedJob(deps, stem, inputOf);
  for (;;) {
    const job = await describeJob(deps, name);
    const { ProcessingJobStatus: status, FailureReason, ExitMessage } = job ?? {};
    deps.heartbeat({ doing: name, status });
    if (status === 'Completed' || status === 'Failed' || status === 'Stopped')
      return { name, status, said: ExitMessage ?? FailureReason ?? '' };
    await deps.sleep(POLL_MS);
  }
}

async function startedJob(deps: JobDeps, stem: string, inputOf: () => Promise<JobInput>): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const name = attempt === 1 ? stem : `${stem}-${attempt}`;
    const { ProcessingJobStatus: known } = (await describeJob(deps, name)) ?? {};
    if (known === 'Failed' || known === 'Stopped') continue;
    if (known !== undefined) return name;
    try {
      await deps.aws.sagemaker.send(new CreateProcessingJobCommand({ ProcessingJobName: name, ...(await inputOf()) }));
    } catch (error) {
      // Another attempt, or a call of ours that timed out, was first: the same name is the same question.
      if (!isAlreadyThere(error)) throw error;
    }
    return name;
  }
}

/** Undefined where there is none, also for a moment after it was made. */
async function describeJob({ aws }: JobDeps, name: string): Promise<DescribeProcessingJobCommandOutput | undefined> {
  try {
    return await aws.sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: name }));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What is told of a job that has not done its work. What AWS could not do now it may do later. */
export function jobFailure({ name, status, said }: EndedJob): FailureError {
  const what = `The processing job ${name} is ${status}: ${said || 'no reason given'}`;
  if (isCapacityText(said)) return new FailureError('CapacityUnavailable', what);
  return new FailureError(/^InternalServerError/.test(said) ? 'ProviderUnavailable' : 'InvalidRequest', what);
}

/** One input for each bucket, each object named: what comes while the job starts is in none. Keys are told from `below` on. */
export async function manifests(
  s3: S3Client,
  objects: readonly ListedObject[],
  to: {
    readonly home: string;
    readonly name: string;
    readonly localPath: (bucket: string) => string;
    readonly below?: string;
    readonly isSharded?: boolean;
  }
): Promise<ProcessingInput[]> {
  const { below = '' } = to;
  const buckets = new Map<string, ListedObject[]>();
  for (const object of objects) {
    const known = buckets.get(object.bucket);
    if (known) known.push(object);
    else buckets.set(object.bucket, [object]);
  }
  const inputs: ProcessingInput[] = [];
  for (const [bucket, list] of buckets) {
    const uri = `${to.home}/${to.name}-${inputs.length}.manifest`;
    const keys = list.map(({ objectKey }) => objectKey.slice(below.length));
    await writeJson(s3, uri, [{ prefix: `s3://${bucket}/${below}` }, ...keys]);
    inputs.push(
      s3Input(`${to.name}-${inputs.length}`, {
        ...{ uri, localPath: to.localPath(bucket), isManifest: true, isSharded: to.isSharded === true },
      })
    );
  }
  return inputs;
}

export function s3Input(
  InputName: string,
  of: { readonly uri: string; readonly localPath: string; readonly isManifest?: boolean; readonly isSharded?: boolean }
): ProcessingInput {
  return {
    InputName,
    S3Input: {
      S3Uri: of.uri,
      LocalPath: of.localPath,
      S3DataType: of.isManifest === true ? 'ManifestFile' : 'S3Prefix',
      S3InputMode: 'File',
      S3DataDistributionType: of.isSharded === true ? 'ShardedByS3Key' : 'FullyReplicated',
    },
  };
}

export function s3Output(
  OutputName: string,
  { uri, localPath }: { readonly uri: string; readonly localPath: string }
): ProcessingOutput {
  return { OutputName, S3Output: { S3Uri: uri, LocalPath: localPath, S3UploadMode: 'EndOfJob' } };
}

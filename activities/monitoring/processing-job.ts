import { CreateProcessingJobCommand, DescribeProcessingJobCommand } from '@aws-sdk/client-sagemaker';
import type { CreateProcessingJobCommandInput, ProcessingInput } from '@aws-sdk/client-sagemaker';
import type { S3Client } from '@aws-sdk/client-s3';
import { FailureError, isNotFound } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';
import { writeJson } from './keep';
import type { ListedObject } from './objects';

const POLL_MS = 5_000;

export type JobDeps = Pick<ActivityDeps, 'aws' | 'sleep' | 'heartbeat'>;

/** How a job has ended. */
export interface EndedJob {
  readonly status: 'Completed' | 'Failed' | 'Stopped';
  /** What its container said last, else SageMaker's reason. */
  readonly said: string;
}

/** Starts a job, or finds the one of that name, and waits until it has ended, however that may be. */
export async function endOfJob(
  { aws, sleep, heartbeat }: JobDeps,
  name: string,
  inputOf: () => Promise<Omit<CreateProcessingJobCommandInput, 'ProcessingJobName'>>
): Promise<EndedJob> {
  const describe = () => aws.sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: name }));
  const known = await describe().catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (!known)
    await aws.sagemaker.send(new CreateProcessingJobCommand({ ProcessingJobName: name, ...(await inputOf()) }));
  for (;;) {
    const { ProcessingJobStatus: status, FailureReason, ExitMessage } = await describe();
    heartbeat({ doing: name, status });
    if (status === 'Completed' || status === 'Failed' || status === 'Stopped')
      return { status, said: ExitMessage ?? FailureReason ?? '' };
    await sleep(POLL_MS);
  }
}

/** What is told of a job that has not done its work. */
export function jobFailure(name: string, { status, said }: EndedJob): FailureError {
  return new FailureError('InvalidRequest', `The processing job ${name} is ${status}: ${said || 'no reason given'}`);
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

import { CreateProcessingJobCommand, DescribeProcessingJobCommand } from '@aws-sdk/client-sagemaker';
import type {
  CreateProcessingJobCommandInput,
  DescribeProcessingJobCommandOutput,
  ProcessingInput,
  ProcessingOutput,
} from '@aws-sdk/client-sagemaker';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ActivityDeps } from '../deps';
import { writeJson } from './keep';
import { endOfNamed } from './named-job';
import type { EndedJob } from './named-job';
import type { ListedObject } from './listing';

export type JobDeps = Pick<ActivityDeps, 'aws' | 'sleep' | 'heartbeat'>;

type JobInput = Omit<CreateProcessingJobCommandInput, 'ProcessingJobName'>;

/** A Processing job, started or found, followed to its end. */
export function endOfJob(deps: JobDeps, stem: string, inputOf: () => Promise<JobInput>): Promise<EndedJob> {
  const { sagemaker } = deps.aws;
  return endOfNamed<DescribeProcessingJobCommandOutput>(deps, stem, {
    called: 'processing job',
    start: async (name) =>
      sagemaker.send(new CreateProcessingJobCommand({ ProcessingJobName: name, ...(await inputOf()) })),
    describe: (name) => sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: name })),
    statusOf: ({ ProcessingJobStatus }) => ProcessingJobStatus,
    saidBy: ({ ExitMessage, FailureReason }) => ExitMessage ?? FailureReason,
  });
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

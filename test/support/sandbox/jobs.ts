import type {
  CreateProcessingJobCommandInput,
  CreateTransformJobCommandInput,
  DescribeProcessingJobCommandOutput,
  DescribeTransformJobCommandOutput,
} from '@aws-sdk/client-sagemaker';
import type { S3 } from '@aws-sdk/client-s3';
import path from 'node:path';
import type { Clients } from './harness';
import { IMAGES, ROLE, until } from './harness';

const program = (name: string) => ({ command: [process.execPath, path.join(__dirname, name)] });

/** The image map of tests of jobs: `job:*` and `batch:*` are the tiny containers beside this file. */
export const JOB_IMAGES = {
  ...IMAGES,
  'job:*': program('job.js'),
  'batch:*': program('batch-container.js'),
  'trainer:*': program('trainer.js'),
};

const MOVING = ['InProgress', 'Stopping'];

export async function ended(sagemaker: Clients['sagemaker'], name: string): Promise<DescribeTransformJobCommandOutput> {
  return until(async () => {
    const job = await sagemaker.describeTransformJob({ TransformJobName: name });
    return !MOVING.includes(job.TransformJobStatus ?? '') && job;
  });
}

export async function processed(
  sagemaker: Clients['sagemaker'],
  name: string
): Promise<DescribeProcessingJobCommandOutput> {
  return until(async () => {
    const job = await sagemaker.describeProcessingJob({ ProcessingJobName: name });
    return !MOVING.includes(job.ProcessingJobStatus ?? '') && job;
  });
}

type TransformWish = Partial<Omit<CreateTransformJobCommandInput, 'TransformInput' | 'TransformOutput'>> & {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
  readonly input?: Partial<NonNullable<CreateTransformJobCommandInput['TransformInput']>>;
  readonly output?: Partial<NonNullable<CreateTransformJobCommandInput['TransformOutput']>>;
  readonly count?: number;
};

/** A transform job of the model `echo` over `s3://data/<from>`, to `s3://data/<to>`; everything can be said otherwise. */
export function transformInput(wish: TransformWish): CreateTransformJobCommandInput {
  const { name, from = 'in/', to = `out/${name}`, input, output, count = 1, ...rest } = wish;
  return {
    TransformJobName: name,
    ModelName: 'echo',
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://data/${from}` } },
      ContentType: 'text/csv',
      ...input,
    },
    TransformOutput: { S3OutputPath: `s3://data/${to}`, ...output },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: count },
    ...rest,
  };
}

type ProcessingWish = Partial<CreateProcessingJobCommandInput> & {
  readonly name: string;
  readonly count?: number;
  readonly env?: Record<string, string>;
  readonly entrypoint?: string[];
  readonly arguments?: string[];
  readonly shards?: 'ShardedByS3Key' | 'FullyReplicated';
  readonly upload?: 'EndOfJob' | 'Continuous';
  readonly from?: string;
  readonly maxSeconds?: number;
  readonly image?: string;
};

/** A processing job that copies `s3://data/<from>` to `s3://data/out/<name>`. */
export function processingInput(wish: ProcessingWish): CreateProcessingJobCommandInput {
  const {
    name,
    count = 1,
    env,
    entrypoint,
    shards = 'FullyReplicated',
    upload = 'EndOfJob',
    from,
    image,
    ...others
  } = wish;
  const { arguments: args, maxSeconds, ...rest } = others;
  return {
    ProcessingJobName: name,
    RoleArn: ROLE,
    AppSpecification: {
      ImageUri: image ?? 'job:1',
      ...(entrypoint ? { ContainerEntrypoint: entrypoint } : {}),
      ...(args ? { ContainerArguments: args } : {}),
    },
    ...(env ? { Environment: env } : {}),
    ...(from === undefined
      ? {}
      : {
          ProcessingInputs: [
            {
              InputName: 'data',
              S3Input: {
                S3Uri: `s3://data/${from}`,
                LocalPath: '/opt/ml/processing/input',
                S3DataType: 'S3Prefix' as const,
                S3InputMode: 'File' as const,
                S3DataDistributionType: shards,
              },
            },
          ],
        }),
    ProcessingOutputConfig: {
      Outputs: [
        {
          OutputName: 'result',
          S3Output: { S3Uri: `s3://data/out/${name}`, LocalPath: '/opt/ml/processing/output', S3UploadMode: upload },
        },
      ],
    },
    ProcessingResources: { ClusterConfig: { InstanceCount: count, InstanceType: 'ml.m5.large', VolumeSizeInGB: 1 } },
    ...(maxSeconds === undefined ? {} : { StoppingCondition: { MaxRuntimeInSeconds: maxSeconds } }),
    ...rest,
  };
}

export async function put(s3: S3, objects: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [Key, Body] of Object.entries(objects))
    await s3.putObject({ Bucket: 'data', Key, Body: Buffer.from(Body) });
}

/** Every object below a prefix as text, by its key without the prefix. */
export async function below(s3: S3, Prefix: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { Key = '' } of (await s3.listObjectsV2({ Bucket: 'data', Prefix })).Contents ?? [])
    found[Key.slice(Prefix.length)] =
      (await (await s3.getObject({ Bucket: 'data', Key })).Body?.transformToString()) ?? '';
  return found;
}

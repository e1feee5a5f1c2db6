import {
  CreateTransformJobCommand,
  DescribeTransformJobCommand,
  StopTransformJobCommand,
} from '@aws-sdk/client-sagemaker';
import type {
  CreateTransformJobCommandInput,
  DescribeTransformJobCommandOutput,
  SageMakerClient,
  Tag,
} from '@aws-sdk/client-sagemaker';
import { ensure } from './ensure';
import { isNotFound } from './faults';

/** Makes the job, unless one of exactly this content is there. A name is used once for ever, so another content is a `NameCollision`. */
export async function ensureTransformJob(
  client: SageMakerClient,
  input: CreateTransformJobCommandInput,
  tags: readonly Tag[]
): Promise<void> {
  const { TransformJobName } = input;
  await ensure(client, {
    what: `Transform job ${TransformJobName}`,
    content: input,
    tags,
    create: (Tags) => client.send(new CreateTransformJobCommand({ ...input, Tags })),
    readArn: async () => (await describeTransformJob(client, TransformJobName ?? ''))?.TransformJobArn,
  });
}

/** The job as SageMaker describes it, or null when there is none. */
export async function describeTransformJob(
  client: SageMakerClient,
  name: string
): Promise<DescribeTransformJobCommandOutput | null> {
  try {
    return await client.send(new DescribeTransformJobCommand({ TransformJobName: name }));
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Asks a job to stop, unless it has ended or never was. True while it has not come to its end. */
export async function stopTransformJob(client: SageMakerClient, name: string): Promise<boolean> {
  const job = await describeTransformJob(client, name);
  if (job === null || (job.TransformJobStatus !== 'InProgress' && job.TransformJobStatus !== 'Stopping')) return false;
  if (job.TransformJobStatus === 'InProgress')
    await client.send(new StopTransformJobCommand({ TransformJobName: name })).catch((error: unknown) => {
      // It may have ended just now.
      if (error instanceof Error && error.name === 'ValidationException') return;
      throw error;
    });
  return true;
}

import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';

/** The AWS clients of a worker. Addresses, region and credentials come from the environment, as for any AWS tool. */
export interface AwsClients {
  readonly sagemaker: SageMakerClient;
  readonly runtime: SageMakerRuntimeClient;
  readonly s3: S3Client;
  readonly cloudwatch: CloudWatchClient;
  readonly autoscaling: ApplicationAutoScalingClient;
  close(): void;
}

/** One attempt per call: Temporal retries, and two layers of back-off would multiply. A hanging connection is given up after 20 s. */
export function createAwsClients(): AwsClients {
  const settings = { maxAttempts: 1, requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000 } };
  const sagemaker = new SageMakerClient(settings);
  const runtime = new SageMakerRuntimeClient(settings);
  const s3 = new S3Client(settings);
  const cloudwatch = new CloudWatchClient(settings);
  const autoscaling = new ApplicationAutoScalingClient(settings);
  return {
    sagemaker,
    runtime,
    s3,
    cloudwatch,
    autoscaling,
    close() {
      for (const client of [sagemaker, runtime, s3, cloudwatch, autoscaling]) client.destroy();
    },
  };
}

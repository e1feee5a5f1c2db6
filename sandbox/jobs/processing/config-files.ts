import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessingJobRecord } from '../records';

/** What SageMaker tells a container of its job: `/opt/ml/config/processingjobconfig.json` and `resourceconfig.json`. Paths are those of the contract. */
export async function writeConfigFiles(
  base: string,
  job: ProcessingJobRecord,
  of: { readonly host: string; readonly hosts: readonly string[] }
): Promise<void> {
  const { input } = job;
  const config = {
    ProcessingJobArn: job.arn,
    ProcessingJobName: job.name,
    AppSpecification: {
      ImageUri: input.AppSpecification.ImageUri,
      ContainerEntrypoint: input.AppSpecification.ContainerEntrypoint ?? null,
      ContainerArguments: input.AppSpecification.ContainerArguments ?? null,
    },
    Environment: input.Environment ?? {},
    ProcessingInputs: (input.ProcessingInputs ?? []).map(({ InputName, S3Input }) => ({
      InputName,
      S3Input: {
        LocalPath: S3Input?.LocalPath ?? null,
        S3Uri: S3Input?.S3Uri ?? null,
        S3DataDistributionType: S3Input?.S3DataDistributionType ?? 'FullyReplicated',
        S3DataType: S3Input?.S3DataType ?? 'S3Prefix',
        S3InputMode: S3Input?.S3InputMode ?? 'File',
        S3CompressionType: S3Input?.S3CompressionType ?? 'None',
        S3DownloadMode: 'StartOfJob',
      },
    })),
    ProcessingOutputConfig: {
      Outputs: input.ProcessingOutputConfig?.Outputs ?? [],
      KmsKeyId: input.ProcessingOutputConfig?.KmsKeyId ?? null,
    },
    ProcessingResources: { ClusterConfig: { VolumeKmsKeyId: null, ...input.ProcessingResources.ClusterConfig } },
    RoleArn: input.RoleArn,
    StoppingCondition: input.StoppingCondition ?? { MaxRuntimeInSeconds: DEFAULT_MAX_RUNTIME_SECONDS },
  };
  const dir = path.join(base, 'config');
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'processingjobconfig.json'), JSON.stringify(config, undefined, 2));
  const resources = { current_host: of.host, hosts: of.hosts };
  await writeFile(path.join(dir, 'resourceconfig.json'), JSON.stringify(resources, undefined, 2));
}

/** SageMaker's own limit for a job that names none: a day. */
export const DEFAULT_MAX_RUNTIME_SECONDS = 86_400;

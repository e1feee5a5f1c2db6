import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TrainingJobRecord } from '../records';

/**
 * What SageMaker tells a training container: `/opt/ml/input/config/hyperparameters.json`, `inputdataconfig.json` and `resourceconfig.json`
 * (SageMaker guide, "How Amazon SageMaker Provides Training Information").
 */
export async function writeConfigFiles(
  base: string,
  { input }: TrainingJobRecord,
  of: { readonly host: string; readonly hosts: readonly string[] }
): Promise<void> {
  const dir = path.join(base, 'input', 'config');
  await mkdir(dir, { recursive: true });
  const write = (name: string, value: unknown): Promise<void> =>
    writeFile(path.join(dir, name), JSON.stringify(value, undefined, 2));
  const type = input.ResourceConfig?.InstanceType;
  await write('hyperparameters.json', input.HyperParameters ?? {});
  await write('resourceconfig.json', {
    current_host: of.host,
    current_instance_type: type,
    current_group_name: 'homogeneousCluster',
    hosts: of.hosts,
    instance_groups: [{ instance_group_name: 'homogeneousCluster', instance_type: type, hosts: of.hosts }],
    network_interface_name: 'eth0',
  });
  const channels = (input.InputDataConfig ?? []).map((channel) => [
    channel.ChannelName,
    {
      TrainingInputMode: channel.InputMode ?? input.AlgorithmSpecification?.TrainingInputMode ?? 'File',
      S3DistributionType: channel.DataSource.S3DataSource?.S3DataDistributionType ?? 'FullyReplicated',
      RecordWrapperType: channel.RecordWrapperType ?? 'None',
      ...(channel.ContentType !== undefined && { ContentType: channel.ContentType }),
    },
  ]);
  await write('inputdataconfig.json', Object.fromEntries(channels));
}

import { CloudWatchClient, type CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloudWatch, type CloudWatch } from '../../sandbox/cloudwatch';
import { hostService, type ServiceHost } from './service-host';
import { settableClock, type SettableClock } from './settable-clock';

export interface CloudWatchFixture {
  readonly dir: string;
  readonly clock: SettableClock;
  readonly host: ServiceHost;
  readonly client: CloudWatchClient;
  readonly cloudWatch: CloudWatch;
  close(): Promise<void>;
}

/** Noon, so that windows of any usual length start here. */
export const NOON = Date.parse('2026-03-01T12:00:00Z');

/** CloudWatch in a temporary directory with the AWS SDK's own client in front of it. Its clock stands still. */
export async function startCloudWatch(
  config: CloudWatchClientConfig = {},
  existing?: Pick<CloudWatchFixture, 'dir' | 'clock'>
): Promise<CloudWatchFixture> {
  const dir = existing?.dir ?? (await mkdtemp(join(tmpdir(), 'sandbox-cloudwatch-')));
  const clock = settableClock(existing?.clock.now() ?? NOON);
  const cloudWatch = createCloudWatch({ clock, dir });
  const host = await hostService(cloudWatch.service);
  const client = new CloudWatchClient({
    endpoint: host.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    ...config,
  });
  return {
    dir,
    clock,
    host,
    client,
    cloudWatch,
    close: async () => {
      client.destroy();
      await host.close();
      await cloudWatch.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

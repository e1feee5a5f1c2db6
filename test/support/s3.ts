import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createS3, type S3 } from '../../sandbox/s3';
import { hostService, type ServiceHost } from './service-host';
import { settableClock, type SettableClock } from './settable-clock';

export interface S3Fixture {
  readonly dir: string;
  readonly clock: SettableClock;
  readonly host: ServiceHost;
  readonly client: S3Client;
  readonly s3: S3;
  close(): Promise<void>;
}

/** S3 in a temporary directory with the AWS SDK's own client in front of it. */
export async function startS3(config: S3ClientConfig = {}, existingDir?: string): Promise<S3Fixture> {
  const dir = existingDir ?? (await mkdtemp(join(tmpdir(), 'sandbox-s3-')));
  const clock = settableClock(Date.parse('2026-03-01T12:00:00.250Z'));
  const s3 = createS3({ dir, clock });
  const host = await hostService(s3.service);
  const client = new S3Client({
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
    s3,
    close: async () => {
      client.destroy();
      await host.close();
      await s3.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

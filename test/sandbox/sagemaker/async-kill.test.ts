import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROLE, settledEndpoint, until } from '../../support/sandbox/harness';
import type { SandboxProcess } from '../../support/sandbox/sandbox-process';
import { startSandboxProcess } from '../../support/sandbox/sandbox-process';

const KILLS = 4;

describe('accepted asynchronous requests', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-async-kill-'));
  let running: SandboxProcess | undefined;
  afterAll(async () => {
    await running?.end('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });

  const start = async (): Promise<SandboxProcess> => (running = await startSandboxProcess(path.join(dir, 'data')));

  test('are all answered, each with its own output and told once, however often the sandbox is killed', async () => {
    let sandbox = await start();
    await sandbox.s3.createBucket({ Bucket: 'data' });
    await sandbox.sagemaker.createModel({
      ...{ ModelName: 'm', ExecutionRoleArn: ROLE, PrimaryContainer: { Image: 'server:1' } },
    });
    await sandbox.sagemaker.createEndpointConfig({
      EndpointConfigName: 'e',
      ProductionVariants: [{ VariantName: 'v', ModelName: 'm', InstanceType: 'ml.m5.large', InitialInstanceCount: 2 }],
      AsyncInferenceConfig: {
        ClientConfig: { MaxConcurrentInvocationsPerInstance: 2 },
        OutputConfig: {
          S3OutputPath: 's3://data/out',
          S3FailurePath: 's3://data/failed',
          NotificationConfig: {
            SuccessTopic: 'arn:aws:sns:us-east-1:123456789012:done',
            IncludeInferenceResponseIn: ['SUCCESS_NOTIFICATION_TOPIC'],
          },
        },
      },
    });
    await sandbox.sagemaker.createEndpoint({ EndpointName: 'e', EndpointConfigName: 'e' });
    await settledEndpoint(sandbox.sagemaker, 'e');
    const accepted = new Map<string, string>();
    let sent = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const after = accepted.size + 10;
      const lane = async () => {
        for (;;) {
          const body = `request ${(sent += 1)}`;
          const answer = await sandbox.runtime
            .invokeEndpointAsync({ EndpointName: 'e', Body: body, InferenceId: body })
            .catch(() => undefined);
          if (!answer) return;
          accepted.set(body, answer.OutputLocation ?? '');
          // The kill meets requests that wait, that are under way and that are being stored.
          if (accepted.size >= after) sandbox.child.kill('SIGKILL');
        }
      };
      await Promise.all([lane(), lane(), lane()]);
      await sandbox.end('SIGKILL');
      sandbox = await start();
    }
    expect(accepted.size).toBeGreaterThanOrEqual(KILLS * 10);
    const outputs = new Map<string, string>();
    await until(async () => {
      for (const [body, uri] of accepted) {
        if (outputs.has(body)) continue;
        const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
        const object = await sandbox.s3.getObject({ Bucket, Key }).catch(() => undefined);
        if (object) outputs.set(body, (await object.Body?.transformToString()) ?? '');
      }
      return outputs.size === accepted.size;
    });
    expect([...outputs].filter(([body, text]) => body !== text)).toEqual([]);
    const failures = await sandbox.s3.listObjectsV2({ Bucket: 'data', Prefix: 'failed/' });
    expect(failures.Contents ?? []).toEqual([]);
    const told = await until(async () => {
      const answer = (await (await fetch(`${sandbox.url}/_sandbox/notifications`)).json()) as {
        readonly notifications: readonly { readonly message: { readonly inferenceId: string } }[];
      };
      const ids = answer.notifications.map(({ message }) => message.inferenceId);
      return [...accepted.keys()].every((id) => ids.includes(id)) && ids;
    });
    expect(new Set(told).size).toBe(told.length);
    expect(await sandbox.end('SIGTERM')).toBe(0);
    running = undefined;
  });
});

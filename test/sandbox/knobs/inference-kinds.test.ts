import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestSandbox } from '../../support/sandbox/harness';
import { invoke, ROLE, settledEndpoint, startTestSandbox, until } from '../../support/sandbox/harness';

describe('asynchronous and serverless endpoints with other switches', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    const knobs = {
      asyncVariants: 'many',
      asyncConcurrency: 1,
      notificationsKept: 2,
      notificationMembers: 'shown',
      serverlessIdleMs: 1e9,
    } as const;
    box = await startTestSandbox({ knobs });
    await box.s3.createBucket({ Bucket: 'data' });
    const PrimaryContainer = { Image: 'server:1' };
    await box.sagemaker.createModel({ ModelName: 'm', ExecutionRoleArn: ROLE, PrimaryContainer });
  });
  afterAll(() => box.stop());

  const state = async () => (await fetch(`${box.sandbox.url}/_sandbox/state`)).text();

  test('several variants share the queue, an instance answers one request at a time, and few notifications are kept', async () => {
    const variant = (VariantName: string) =>
      ({ VariantName, ModelName: 'm', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }) as const;
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'later',
      ProductionVariants: [variant('a'), variant('b')],
      AsyncInferenceConfig: {
        OutputConfig: {
          S3OutputPath: 's3://data/out',
          NotificationConfig: { SuccessTopic: 'arn:aws:sns:us-east-1:123456789012:done' },
        },
      },
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'later', EndpointConfigName: 'later' });
    await settledEndpoint(box.sagemaker, 'later');
    const end = path.join(box.sandbox.dataDir, 'later-end');
    const Body = JSON.stringify({ until: end });
    const call = { EndpointName: 'later', Body, Accept: 'text/csv', CustomAttributes: 'a=b' };
    await Promise.all([1, 2, 3, 4, 5].map(() => box.runtime.invokeEndpointAsync(call)));
    await until(async () => ((await state()).match(/"outstanding":1/g) ?? []).length === 2);
    expect(await state()).not.toMatch(/"outstanding":[2-9]/);
    writeFileSync(end, '');
    await until(async () => (await box.s3.listObjectsV2({ Bucket: 'data', Prefix: 'out/' })).KeyCount === 5);
    const told = await until(async () => {
      const answer = await fetch(`${box.sandbox.url}/_sandbox/notifications`);
      const { notifications } = (await answer.json()) as {
        readonly notifications: readonly {
          readonly sequence: number;
          readonly message: { readonly requestParameters: object };
        }[];
      };
      return notifications.at(-1)?.sequence === 5 && notifications;
    });
    expect(told.map(({ sequence }) => sequence)).toEqual([4, 5]);
    expect(told[0]?.message.requestParameters).toEqual({ endpointName: 'later' });
  });

  test('an instance of a serverless variant stays for as long as it is told', async () => {
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'bursts',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'm', ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1 } },
      ],
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'bursts', EndpointConfigName: 'bursts' });
    await settledEndpoint(box.sagemaker, 'bursts');
    expect((await invoke(box.runtime, 'bursts')).text).toBe('x');
    // By default it would end after ten minutes.
    box.sandbox.clock.advance(3_600_000);
    await box.sandbox.clock.wait(60_000);
    expect(await state()).toMatch(/"name":"bursts".*"isServing":true/);
  });
});

import type { ProductionVariantServerlessConfig } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  createEndpoint,
  errorOf,
  invoke,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

describe('a serverless endpoint', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox();
    await box.s3.createBucket({ Bucket: 'data' });
  });
  afterAll(() => box.stop());

  const variant = (name: string, serverless: ProductionVariantServerlessConfig) => ({
    ...{ VariantName: 'v', ModelName: name, ServerlessConfig: serverless },
  });

  async function endpoint(name: string, serverless: Partial<ProductionVariantServerlessConfig> = {}) {
    await box.sagemaker.createModel({
      ModelName: name,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'server:1' },
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [variant(name, { MemorySizeInMB: 2048, MaxConcurrency: 2, ...serverless })],
    });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    return settledEndpoint(box.sagemaker, name);
  }

  async function instances(name: string): Promise<readonly { readonly outstanding: number }[]> {
    const state = (await (await fetch(`${box.sandbox.url}/_sandbox/state`)).json()) as {
      readonly endpoints: readonly {
        readonly name: string;
        readonly fleets: readonly {
          readonly variants: readonly { readonly instances: readonly { readonly outstanding: number }[] }[];
        }[];
      }[];
    };
    return state.endpoints.find((one) => one.name === name)?.fleets[0]?.variants[0]?.instances ?? [];
  }

  test('starts an instance for each request at a time, throttles above its concurrency, and ends what rests', async () => {
    const described = await endpoint('bursts');
    const [shown] = described.ProductionVariants ?? [];
    expect(shown).toMatchObject({
      CurrentServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 },
      DesiredServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 },
    });
    expect(shown).not.toHaveProperty('CurrentInstanceCount');
    const end = path.join(box.sandbox.dataDir, 'bursts-end');
    const held = [1, 2].map(() => invoke(box.runtime, 'bursts', { body: JSON.stringify({ until: end }) }));
    await until(async () => (await instances('bursts')).filter(({ outstanding }) => outstanding === 1).length === 2);
    expect(await errorOf(invoke(box.runtime, 'bursts'))).toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
    writeFileSync(end, '');
    await Promise.all(held);
    expect((await invoke(box.runtime, 'bursts', { body: 'again' })).text).toBe('again');
    await until(async () => {
      box.sandbox.clock.advance(600_000);
      return (await instances('bursts')).length === 0;
    });
    // The next request waits for a new one.
    expect((await invoke(box.runtime, 'bursts', { body: 'cold' })).text).toBe('cold');
    const now = box.sandbox.clock.now();
    const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
      ...{ Namespace: 'AWS/SageMaker', MetricName: 'ModelSetupTime', Period: 86_400, Statistics: ['SampleCount'] },
      Dimensions: [
        { Name: 'EndpointName', Value: 'bursts' },
        { Name: 'VariantName', Value: 'v' },
      ],
      StartTime: new Date(now - 864_000_000),
      EndTime: new Date(now + 86_400_000),
    });
    expect(points.reduce((sum, { SampleCount = 0 }) => sum + SampleCount, 0)).toBe(2);
  });

  test('keeps its provisioned instances warm', async () => {
    await endpoint('warm', { ProvisionedConcurrency: 2 });
    expect(await instances('warm')).toHaveLength(2);
    box.sandbox.clock.advance(3_600_000);
    expect((await invoke(box.runtime, 'warm', { body: 'x' })).text).toBe('x');
    expect(await instances('warm')).toHaveLength(2);
  });

  test('takes at most 4 MiB, and counts of instances neither by hand nor by auto scaling', async () => {
    const call = box.runtime.invokeEndpoint({ EndpointName: 'warm', Body: Buffer.alloc(4 * 1024 * 1024 + 1) });
    expect((await errorOf(call)).$metadata?.httpStatusCode).toBe(413);
    const counted = box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'warm',
      DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredInstanceCount: 2 }],
    });
    expect((await errorOf(counted)).message).toContain('DesiredInstanceCount is not supported');
    expect((await invoke(box.runtime, 'warm', { body: 'free again' })).text).toBe('free again');
  });

  test('can be given instances by an update, and not the other way round', async () => {
    await createEndpoint(box.sagemaker, { name: 'based', variants: [{ name: 'v', env: { REPLY: 'based' } }] });
    const back = box.sagemaker.updateEndpoint({ EndpointName: 'based', EndpointConfigName: 'warm' });
    expect((await errorOf(back)).message).toContain('cannot be updated to a serverless endpoint');
    await box.sagemaker.updateEndpoint({ EndpointName: 'warm', EndpointConfigName: 'based' });
    expect((await settledEndpoint(box.sagemaker, 'warm')).EndpointConfigName).toBe('based');
    expect((await invoke(box.runtime, 'warm')).text).toBe('based');
  });

  test('fails when its container does not serve', async () => {
    await createConfig(box.sagemaker, { name: 'sick', variants: [{ name: 'v', env: { EXIT_AT_START: '1' } }] });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'sick-serverless',
      ProductionVariants: [variant('sick-v', { MemorySizeInMB: 1024, MaxConcurrency: 1 })],
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'sick', EndpointConfigName: 'sick-serverless' });
    expect((await settledEndpoint(box.sagemaker, 'sick')).EndpointStatus).toBe('Failed');
  });

  test.each<[string, object, string]>([
    ['an odd memory size', { ServerlessConfig: { MemorySizeInMB: 1500, MaxConcurrency: 1 } }, '1024, 2048'],
    [
      'too large a memory',
      { ServerlessConfig: { MemorySizeInMB: 9216, MaxConcurrency: 1 } },
      'less than or equal to 6144',
    ],
    ['no concurrency', { ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 0 } }, 'greater than or equal to 1'],
    [
      'more provisioned than allowed at a time',
      { ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1, ProvisionedConcurrency: 2 } },
      'ProvisionedConcurrency (2)',
    ],
    ['instances as well', { InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }, 'must not be specified with'],
    [
      'data capture',
      {
        DataCaptureConfig: {
          ...{ InitialSamplingPercentage: 1, DestinationS3Uri: 's3://data' },
          CaptureOptions: [{ CaptureMode: 'Input' }],
        },
      },
      'data capture',
    ],
  ])('with %s is refused', async (what, more, message) => {
    const { DataCaptureConfig, ...rest } = more as { readonly DataCaptureConfig?: never };
    const refused = box.sagemaker.createEndpointConfig({
      EndpointConfigName: what.replaceAll(' ', '-'),
      ProductionVariants: [{ ...variant('bursts', { MemorySizeInMB: 1024, MaxConcurrency: 1 }), ...rest }],
      ...(DataCaptureConfig ? { DataCaptureConfig } : {}),
    });
    const error = await errorOf(refused);
    expect(error.name).toBe('ValidationException');
    expect(error.message).toContain(message);
  });
});

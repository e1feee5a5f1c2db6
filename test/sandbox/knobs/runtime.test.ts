import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create as createTar } from 'tar';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ContainerDefinition, InferenceExecutionConfig } from '@aws-sdk/client-sagemaker';
import type { Knobs } from '../../../sandbox/knobs/knobs';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  createEndpoint,
  errorOf,
  IMAGES,
  invoke,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

const MANY = path.join(__dirname, '..', '..', 'support', 'sandbox', 'multi-model-container.js');

function withKnobs(knobs: Partial<Knobs>): () => TestSandbox {
  let box: TestSandbox;
  const dir = mkdtempSync(path.join(os.tmpdir(), 'knobs-models-'));
  beforeAll(async () => {
    const images = { ...IMAGES, 'many:*': { command: [process.execPath, MANY] } };
    box = await startTestSandbox({ images, knobs });
    await box.s3.createBucket({ Bucket: 'data' });
    for (const name of ['a', 'b']) {
      writeFileSync(path.join(dir, 'model.json'), JSON.stringify({ reply: name }));
      await createTar({ gzip: true, cwd: dir, file: path.join(dir, 'm.tar.gz') }, ['model.json']);
      const Body = readFileSync(path.join(dir, 'm.tar.gz'));
      await box.s3.putObject({ Bucket: 'data', Key: `all/${name}.tar.gz`, Body });
    }
  });
  afterAll(async () => {
    await box.stop();
    rmSync(dir, { recursive: true });
  });
  return () => box;
}

interface EndpointWish {
  readonly containers: readonly ContainerDefinition[];
  readonly execution?: InferenceExecutionConfig;
  readonly count?: number;
  readonly isLeastOutstanding?: boolean;
}

async function endpoint(box: TestSandbox, name: string, wish: EndpointWish): Promise<void> {
  await box.sagemaker.createModel({
    ModelName: name,
    ExecutionRoleArn: ROLE,
    ...(wish.containers.length === 1 ? { PrimaryContainer: wish.containers[0] } : { Containers: [...wish.containers] }),
    ...(wish.execution ? { InferenceExecutionConfig: wish.execution } : {}),
  });
  await box.sagemaker.createEndpointConfig({
    EndpointConfigName: name,
    ProductionVariants: [
      {
        ...{ VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: wish.count ?? 1 },
        ...(wish.isLeastOutstanding ? { RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' } } : {}),
      },
    ],
  });
  await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
  expect((await settledEndpoint(box.sagemaker, name)).FailureReason).toBeUndefined();
}

const multiModel = (
  environment: Record<string, string>,
  more: Partial<ContainerDefinition> = {}
): ContainerDefinition => ({
  ...{ Image: 'many:1', Mode: 'MultiModel', ModelDataUrl: 's3://data/all/', Environment: environment },
  ...more,
});

async function ask(box: TestSandbox, name: string, model: string, body = 'x') {
  const answer = await box.runtime.invokeEndpoint({ EndpointName: name, TargetModel: `${model}.tar.gz`, Body: body });
  return JSON.parse(answer.Body.transformToString()) as { readonly reply: string; readonly held: number };
}

async function sum(box: TestSandbox, metric: string, dimensions: Readonly<Record<string, string>>): Promise<number> {
  await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
  const now = box.sandbox.clock.now();
  const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
    Namespace: 'AWS/SageMaker',
    MetricName: metric,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    StartTime: new Date(now - 3_600_000),
    EndTime: new Date(now + 3_600_000),
    ...{ Period: 86_400, Statistics: ['Sum'] },
  });
  return points[0]?.Sum ?? 0;
}

describe('requests with every switch the other way', () => {
  const at = withKnobs({
    shadowBacklog: 1,
    oversizedBody: 'ValidationError',
    throttlingStatus: 429,
    captureFlushMs: 1e9,
    captureFileBytes: 300,
    leastOutstandingTies: 'first',
    directMetrics: 'container',
    multiModelRouting: 'any',
    fullModelMemory: 'fails',
    disabledModelCache: 'keeps',
    modelLoadingCountsAs: 'model',
  });

  test('a shadow misses the copies above its backlog', async () => {
    const box = at();
    const variants = [{ name: 'live' }, { name: 'dark' }];
    await createConfig(box.sagemaker, { name: 'parts', variants });
    const variant = (name: string) =>
      ({
        VariantName: name,
        ModelName: `parts-${name}`,
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
      }) as const;
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'shadowed',
      ProductionVariants: [variant('live')],
      ShadowProductionVariants: [variant('dark')],
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'shadowed', EndpointConfigName: 'shadowed' });
    await settledEndpoint(box.sagemaker, 'shadowed');
    // Four requests are under way, and so is the copy of the first, until this file is there.
    const end = path.join(box.sandbox.dataDir, 'shadowed-end');
    const body = JSON.stringify({ until: end });
    const calls = [1, 2, 3, 4].map(() => invoke(box.runtime, 'shadowed', { body }));
    await until(async () =>
      /"name":"shadowed".*?"outstanding":4/.test(await (await fetch(`${box.sandbox.url}/_sandbox/state`)).text())
    );
    writeFileSync(end, '');
    await Promise.all(calls);
    const dark = { EndpointName: 'shadowed', VariantName: 'dark' };
    await until(async () => (await sum(box, 'Invocations', dark)) > 0);
    expect(await sum(box, 'Invocations', dark)).toBe(1);
  });

  test('a body over the limit is a ValidationError, and throttling has the status 429', async () => {
    const box = at();
    await createEndpoint(box.sagemaker, { name: 'plain', variants: [{ name: 'v' }] });
    const large = box.runtime.invokeEndpoint({ EndpointName: 'plain', Body: Buffer.alloc(6 * 1024 * 1024 + 1) });
    expect(await errorOf(large)).toMatchObject({ name: 'ValidationError', $metadata: { httpStatusCode: 400 } });
    box.sandbox.faults.add({ id: 'busy', match: { service: 'runtime' }, then: { fault: 'throttle' } });
    expect(await errorOf(invoke(box.runtime, 'plain'))).toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 429 },
    });
    box.sandbox.faults.clear();
  });

  test('a capture file is written at its size, long before its time', async () => {
    const box = at();
    await createConfig(box.sagemaker, { name: 'seen', variants: [{ name: 'v' }] });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'captured',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'seen-v', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
      DataCaptureConfig: {
        ...{ InitialSamplingPercentage: 100, DestinationS3Uri: 's3://data/captured' },
        CaptureOptions: [{ CaptureMode: 'Input' }],
      },
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'captured', EndpointConfigName: 'captured' });
    await settledEndpoint(box.sagemaker, 'captured');
    const files = async () =>
      (await box.s3.listObjectsV2({ Bucket: 'data', Prefix: 'captured/' })).Contents?.length ?? 0;
    await invoke(box.runtime, 'captured');
    expect(await files()).toBe(0);
    await invoke(box.runtime, 'captured');
    await until(async () => (await files()) === 1);
  });

  test('the first of equally busy instances gets the request', async () => {
    const box = at();
    const containers = [{ Image: 'server:1', Environment: { REPLY: '' } }];
    await endpoint(box, 'ties', { containers, count: 3, isLeastOutstanding: true });
    const ports = new Set<string>();
    for (let i = 0; i < 12; i += 1) {
      const { text } = await invoke(box.runtime, 'ties', { body: '{"echo":"env"}' });
      ports.add((JSON.parse(text) as { readonly SAGEMAKER_BIND_TO_PORT: string }).SAGEMAKER_BIND_TO_PORT);
    }
    expect(ports.size).toBe(1);
  });

  test('a direct invocation counts for its container alone', async () => {
    const box = at();
    const container = (name: string) => ({ Image: 'server:1', ContainerHostname: name });
    await endpoint(box, 'direct', { containers: [container('a'), container('b')], execution: { Mode: 'Direct' } });
    await box.runtime.invokeEndpoint({ EndpointName: 'direct', Body: 'x', TargetContainerHostname: 'a' });
    const variant = { EndpointName: 'direct', VariantName: 'v' };
    expect(await sum(box, 'Invocations', { ...variant, ContainerName: 'a' })).toBe(1);
    expect(await sum(box, 'Invocations', variant)).toBe(0);
  });

  test('models go to any instance, stay although they are not to be cached, and their loading is latency of the model', async () => {
    const box = at();
    const containers = [multiModel({ LOAD_MS: '1000' }, { MultiModelConfig: { ModelCacheSetting: 'Disabled' } })];
    await endpoint(box, 'many', { containers, count: 2 });
    for (let i = 0; i < 16; i += 1) expect((await ask(box, 'many', 'a')).held).toBe(1);
    const variant = { EndpointName: 'many', VariantName: 'v' };
    // Both instances have loaded it, once each: none of the sixteen requests was the last before it was unloaded.
    expect(16 - (await sum(box, 'ModelCacheHit', variant))).toBe(2);
    const latency = await sum(box, 'ModelLatency', variant);
    expect(latency).toBeGreaterThan(2 * 1_000_000);
    // However slow the machine is, it is so for both.
    expect(await sum(box, 'OverheadLatency', variant)).toBeLessThan(latency);
  });

  test('a container without room for a model refuses it at once', async () => {
    const box = at();
    await endpoint(box, 'full', { containers: [multiModel({ MAX_MODELS: '1' })] });
    await ask(box, 'full', 'a');
    const busy = ask(box, 'full', 'a', '{"delayMs":2000}');
    await until(async () =>
      /"name":"full".*?"outstanding":1/.test(await (await fetch(`${box.sandbox.url}/_sandbox/state`)).text())
    );
    expect(await errorOf(ask(box, 'full', 'b'))).toMatchObject({ name: 'ModelError', OriginalStatusCode: 507 });
    await busy;
  });
});

describe('requests with the third ways', () => {
  const at = withKnobs({ directMetrics: 'variant', modelLoadTimeoutMs: 200 });

  test('a direct invocation counts for its variant alone', async () => {
    const box = at();
    const container = (name: string) => ({ Image: 'server:1', ContainerHostname: name });
    await endpoint(box, 'direct', { containers: [container('a'), container('b')], execution: { Mode: 'Direct' } });
    await box.runtime.invokeEndpoint({ EndpointName: 'direct', Body: 'x', TargetContainerHostname: 'a' });
    const variant = { EndpointName: 'direct', VariantName: 'v' };
    expect(await sum(box, 'Invocations', variant)).toBe(1);
    expect(await sum(box, 'Invocations', { ...variant, ContainerName: 'a' })).toBe(0);
  });

  test('loading a model ends when its time is over', async () => {
    const box = at();
    await endpoint(box, 'slow', { containers: [multiModel({ LOAD_MS: '5000' })] });
    expect((await errorOf(ask(box, 'slow', 'a'))).name).toBe('ModelError');
  });
});

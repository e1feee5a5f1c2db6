import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create as createTar } from 'tar';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { SandboxOptions } from '../../../sandbox/options';
import type { TestSandbox } from '../../support/sandbox/harness';
import { errorOf, IMAGES, ROLE, settledEndpoint, startTestSandbox, until } from '../../support/sandbox/harness';

const CONTAINER = path.join(__dirname, '..', '..', 'support', 'sandbox', 'multi-model-container.js');

describe('a multi-model endpoint', () => {
  let box: TestSandbox;
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-models-'));
  beforeAll(async () => {
    for (const name of ['a', 'b', 'c']) await pack(name, { reply: name.toUpperCase() });
    await pack('bad', { refuse: 500 });
    writeFileSync(path.join(dir, 'broken.tar.gz'), 'not an archive');
    box = await start();
  });
  afterAll(async () => {
    await box.stop();
    rmSync(dir, { recursive: true });
  });

  async function pack(name: string, model: object): Promise<void> {
    const folder = path.join(dir, name);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'model.json'), JSON.stringify(model));
    await createTar({ gzip: true, cwd: folder, file: path.join(dir, `${name}.tar.gz`) }, ['model.json']);
  }

  /** A sandbox with all models. */
  async function start(knobs: SandboxOptions['knobs'] = {}): Promise<TestSandbox> {
    const made = await startTestSandbox({
      images: { ...IMAGES, 'many:*': { command: [process.execPath, CONTAINER] } },
      knobs: { instancesPerType: 100, ...knobs },
    });
    await made.s3.createBucket({ Bucket: 'models' });
    for (const file of readdirSync(dir).filter((name) => name.endsWith('.tar.gz')))
      await made.s3.putObject({ Bucket: 'models', Key: `all/${file}`, Body: readFileSync(path.join(dir, file)) });
    return made;
  }

  async function endpoint(name: string, environment: Record<string, string>, more: object = {}, count = 1) {
    await box.sagemaker.createModel({
      ModelName: name,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: {
        Image: 'many:1',
        Mode: 'MultiModel',
        ModelDataUrl: 's3://models/all/',
        Environment: environment,
        ...more,
      },
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [
        { VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: count },
      ],
    });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    const described = await settledEndpoint(box.sagemaker, name);
    expect(described.FailureReason).toBeUndefined();
  }

  async function ask(name: string, model: string, body = 'x') {
    const answer = await box.runtime.invokeEndpoint({ EndpointName: name, TargetModel: `${model}.tar.gz`, Body: body });
    return JSON.parse(answer.Body.transformToString()) as {
      readonly reply: string;
      readonly target: string;
      readonly held: number;
      readonly mode: string;
    };
  }

  /** Every sample of a metric, as CloudWatch has it. */
  async function samples(namespace: string, metric: string, name: string) {
    await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
    const now = box.sandbox.clock.now();
    const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
      Namespace: namespace,
      MetricName: metric,
      Dimensions: [
        { Name: 'EndpointName', Value: name },
        { Name: 'VariantName', Value: 'v' },
      ],
      StartTime: new Date(now - 3_600_000),
      EndTime: new Date(now + 3_600_000),
      Period: 86_400,
      Statistics: ['Sum', 'SampleCount', 'Maximum'],
    });
    const [point = {}] = points;
    return { sum: point.Sum ?? 0, count: point.SampleCount ?? 0, max: point.Maximum ?? 0 };
  }

  test('loads a model when it is first asked for, and unloads the least recently used one for want of memory', async () => {
    await endpoint('lru', { MAX_MODELS: '2' });
    expect(await ask('lru', 'a')).toEqual({ reply: 'A', target: 'a.tar.gz', held: 1, mode: 'true' });
    expect(await ask('lru', 'b')).toMatchObject({ reply: 'B', held: 2 });
    expect(await ask('lru', 'a')).toMatchObject({ reply: 'A' });
    // b is the least recently used; a stays.
    expect(await ask('lru', 'c')).toMatchObject({ reply: 'C', held: 2 });
    expect(await ask('lru', 'a')).toMatchObject({ reply: 'A' });
    expect(await samples('AWS/SageMaker', 'ModelCacheHit', 'lru')).toMatchObject({ sum: 2, count: 5 });
    expect(await ask('lru', 'b')).toMatchObject({ reply: 'B', held: 2 });
    expect(await samples('AWS/SageMaker', 'ModelCacheHit', 'lru')).toMatchObject({ sum: 2, count: 6 });
    for (const metric of ['ModelLoadingTime', 'ModelDownloadingTime'])
      expect((await samples('AWS/SageMaker', metric, 'lru')).count).toBe(4);
    expect((await samples('AWS/SageMaker', 'ModelUnloadingTime', 'lru')).count).toBe(2);
    expect((await samples('AWS/SageMaker', 'ModelLoadingWaitTime', 'lru')).count).toBe(6);
    expect((await samples('/aws/sagemaker/Endpoints', 'LoadedModelCount', 'lru')).max).toBe(2);
  });

  test('a model under use is not unloaded: the next one waits for its room', async () => {
    await endpoint('busy', { MAX_MODELS: '1' });
    await ask('busy', 'a');
    const [slow, next] = await Promise.all([ask('busy', 'a', '{"delayMs":300}'), ask('busy', 'b')]);
    expect([slow.reply, next.reply]).toEqual(['A', 'B']);
  });

  test('many first requests load a model once', async () => {
    await endpoint('herd', { MAX_MODELS: '2', LOAD_MS: '200' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('herd', 'a')));
    expect(answers.every(({ reply }) => reply === 'A')).toBe(true);
    expect((await samples('AWS/SageMaker', 'ModelLoadingTime', 'herd')).count).toBe(1);
    expect((await samples('AWS/SageMaker', 'ModelLoadingWaitTime', 'herd')).count).toBe(8);
  });

  test('a model that takes long is not ready at first, goes on loading, and answers later', async () => {
    const patient = box;
    box = await start({ modelReadyTimeoutMs: 500 });
    try {
      await endpoint('slow', { LOAD_MS: '1500' });
      expect(await errorOf(ask('slow', 'a'))).toMatchObject({
        name: 'ModelNotReadyException',
        $metadata: { httpStatusCode: 429 },
      });
      expect(await until(() => ask('slow', 'a').catch(() => undefined))).toMatchObject({ reply: 'A' });
      expect((await samples('AWS/SageMaker', 'ModelLoadingTime', 'slow')).count).toBe(0);
    } finally {
      await box.stop();
      box = patient;
    }
  });

  test('what is missing, no archive, or refused by the container is said', async () => {
    await endpoint('odd', {});
    const missing = await errorOf(ask('odd', 'none'));
    expect(missing.name).toBe('ValidationError');
    expect(missing.message).toMatch(/^Failed to download model data\(bucket: models, key: all\/none\.tar\.gz\)/);
    expect(await errorOf(ask('odd', 'broken'))).toMatchObject({ name: 'ValidationError' });
    expect(await errorOf(ask('odd', 'bad'))).toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 500,
      OriginalMessage: 'this model cannot be loaded',
    });
    expect(await ask('odd', 'a')).toMatchObject({ reply: 'A', held: 1 });
    const nameless = await errorOf(box.runtime.invokeEndpoint({ EndpointName: 'odd', Body: 'x' }));
    expect(nameless).toMatchObject({ name: 'ValidationError', message: expect.stringContaining('TargetModel') });
  });

  test('what a container held is loaded again after its crash', async () => {
    await endpoint('crash', {});
    await ask('crash', 'a');
    expect(await errorOf(ask('crash', 'a', '{"exit":1}'))).toMatchObject({ name: 'ModelError' });
    expect(await until(() => ask('crash', 'a').catch(() => undefined))).toMatchObject({ reply: 'A', held: 1 });
  });

  test('without caching a model is unloaded after its use', async () => {
    await endpoint('once', {}, { MultiModelConfig: { ModelCacheSetting: 'Disabled' } });
    for (const model of ['a', 'b', 'a']) expect((await ask('once', model)).held).toBe(1);
    expect(await samples('AWS/SageMaker', 'ModelCacheHit', 'once')).toMatchObject({ sum: 0, count: 3 });
  });

  test('requests for a model go to the instance that holds it', async () => {
    await endpoint('two', {}, {}, 2);
    for (let i = 0; i < 10; i += 1) await ask('two', 'a');
    expect(await samples('AWS/SageMaker', 'ModelCacheHit', 'two')).toMatchObject({ sum: 9, count: 10 });
  });

  test('models and requests that do not fit the mode are refused', async () => {
    const create = (container: object, more: object = {}) =>
      box.sagemaker.createModel({
        ModelName: 'unfit',
        ExecutionRoleArn: ROLE,
        PrimaryContainer: { Image: 'many:1', ...container },
        ...more,
      });
    expect((await errorOf(create({ Mode: 'MultiModel' }))).message).toContain('ModelDataUrl must be specified');
    expect((await errorOf(create({ MultiModelConfig: { ModelCacheSetting: 'Disabled' } }))).message).toContain(
      'only for a container with Mode MultiModel'
    );
    const several = { Image: 'many:1', Mode: 'MultiModel', ModelDataUrl: 's3://models/all/' } as const;
    for (const [mode, text] of [
      ['Serial', 'At most one container'],
      ['Direct', 'not supported with InferenceExecutionConfig Mode Direct'],
    ] as const)
      expect(
        (
          await errorOf(
            box.sagemaker.createModel({
              ModelName: 'unfit',
              ExecutionRoleArn: ROLE,
              Containers: [
                { ...several, ContainerHostname: 'one' },
                { ...several, ContainerHostname: 'two' },
              ],
              InferenceExecutionConfig: { Mode: mode },
            })
          )
        ).message
      ).toContain(text);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create as createTar } from 'tar';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  createEndpoint,
  errorOf,
  invoke,
  plainCaller,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

describe('invoking an endpoint', () => {
  let box: TestSandbox;
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-runtime-'));
  beforeAll(async () => void (box = await startTestSandbox({ seed: 7 })));
  afterAll(async () => {
    await box.stop();
    rmSync(dir, { recursive: true });
  });

  async function tarball(files: Readonly<Record<string, string>>): Promise<Buffer> {
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(dir, name), content);
    await createTar({ gzip: true, cwd: dir, file: path.join(dir, 'model.tar.gz') }, Object.keys(files));
    return readFileSync(path.join(dir, 'model.tar.gz'));
  }

  test('routes by weight within binomial limits over 10,000 calls', async () => {
    await createEndpoint(box.sagemaker, {
      name: 'split',
      variants: [
        { name: 'a', weight: 9 },
        { name: 'b', weight: 1 },
      ],
    });
    const caller = plainCaller(box.sandbox.url, 'split');
    let left = 10_000;
    let toB = 0;
    const call = async () => {
      while (left > 0) {
        left -= 1;
        if ((await caller.call()) === 'b') toB += 1;
      }
    };
    await Promise.all(Array.from({ length: 16 }, call));
    caller.close();
    // Five standard deviations of a binomial with n = 10,000 and p = 0.1 are 150.
    expect(Math.abs(toB - 1_000)).toBeLessThan(150);
  });

  test('the same seed routes the same way, another seed another way', async () => {
    const routes = async (seed: number): Promise<string> => {
      const one = await startTestSandbox({ seed });
      try {
        await createEndpoint(one.sagemaker, {
          name: 'seeded',
          variants: [
            { name: 'a', weight: 1 },
            { name: 'b', weight: 1 },
          ],
        });
        const caller = plainCaller(one.sandbox.url, 'seeded');
        let seen = '';
        for (let i = 0; i < 64; i += 1) seen += await caller.call();
        caller.close();
        return seen;
      } finally {
        await one.stop();
      }
    };
    const first = await routes(7);
    expect(await routes(7)).toBe(first);
    expect(await routes(8)).not.toBe(first);
  });

  test('a target variant is reached whatever its weight, an unknown one is a ValidationError', async () => {
    await createEndpoint(box.sagemaker, {
      name: 'target',
      variants: [
        { name: 'live', weight: 1 },
        { name: 'dark', weight: 0 },
      ],
    });
    expect(await invoke(box.runtime, 'target', { targetVariant: 'dark' })).toEqual({ text: 'dark', variant: 'dark' });
    expect((await invoke(box.runtime, 'target')).variant).toBe('live');
    expect(await errorOf(invoke(box.runtime, 'target', { targetVariant: 'ghost' }))).toMatchObject({
      name: 'ValidationError',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('what a container refuses comes back as ModelError with its status, its words and its log stream', async () => {
    await createEndpoint(box.sagemaker, { name: 'errs', variants: [{ name: 'v' }] });
    for (const [status, side] of [
      [400, 'client'],
      [503, 'server'],
    ] as const) {
      const error = await errorOf(invoke(box.runtime, 'errs', { body: JSON.stringify({ status }) }));
      expect(error).toMatchObject({
        name: 'ModelError',
        OriginalStatusCode: status,
        OriginalMessage: `failed with ${status}`,
        $metadata: { httpStatusCode: 424 },
      });
      expect(error.message).toMatch(
        new RegExp(
          `^Received ${side} error \\(${status}\\) from primary with message "failed with ${status}"\\. See https://us-east-1\\.console\\.aws\\.amazon\\.com/cloudwatch/.* in account 123456789012 for more information\\.$`
        )
      );
      expect(error).toHaveProperty(
        'LogStreamArn',
        expect.stringMatching(/:log-group:\/aws\/sagemaker\/Endpoints\/errs:log-stream:v\/i-[0-9a-f]{17}$/)
      );
    }
  });

  test('a crash is a ModelError for the request under way, and the container is started again', async () => {
    await createEndpoint(box.sagemaker, { name: 'crash', variants: [{ name: 'v' }] });
    expect(await errorOf(invoke(box.runtime, 'crash', { body: '{"exit":1}' }))).toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 0,
    });
    const refusals = new Set<string>();
    const answer = await until(() =>
      invoke(box.runtime, 'crash').catch((error: Error) => {
        refusals.add(error.name);
        return undefined;
      })
    );
    expect(answer.text).toBe('v');
    expect([...refusals].filter((name) => name !== 'ServiceUnavailable')).toEqual([]);
    expect((await box.sagemaker.describeEndpoint({ EndpointName: 'crash' })).EndpointStatus).toBe('InService');
  });

  test('an instance that refuses connections is passed over at once, and replaced when its pings fail', async () => {
    await createEndpoint(box.sagemaker, { name: 'deaf', variants: [{ name: 'v', count: 2 }] });
    // What comes in their place ends at its start, until the rule goes.
    box.sandbox.faults.add({ id: 'no-return', match: { resource: 'deaf' }, then: { fault: 'crash', at: 'start' } });
    await invoke(box.runtime, 'deaf', { body: '{"deaf":true}' });
    for (let i = 0; i < 20; i += 1) expect((await invoke(box.runtime, 'deaf')).text).toBe('v');
    await invoke(box.runtime, 'deaf', { body: '{"deaf":true}' });
    expect(await errorOf(invoke(box.runtime, 'deaf'))).toMatchObject({
      name: 'ServiceUnavailable',
      $metadata: { httpStatusCode: 503 },
    });
    box.sandbox.faults.remove('no-return');
    const answer = await until(() => invoke(box.runtime, 'deaf').catch(() => undefined));
    expect(answer.text).toBe('v');
  });

  test('the container sees the documented headers and its own environment, and nothing of ours', async () => {
    process.env['SECRET_OF_THE_PARENT'] = 'must not leak';
    await createEndpoint(box.sagemaker, { name: 'seen', variants: [{ name: 'v', env: { REPLY: '', MODE: 'fast' } }] });
    delete process.env['SECRET_OF_THE_PARENT'];
    const ask = async (echo: string): Promise<Record<string, string>> => {
      const answer = await box.runtime.invokeEndpoint({
        EndpointName: 'seen',
        Body: JSON.stringify({ echo }),
        ContentType: 'application/json',
        Accept: 'text/csv',
        CustomAttributes: 'tenant=7',
        InferenceId: 'id-1',
      });
      expect(answer).toMatchObject({ ContentType: 'application/json', CustomAttributes: 'from-container' });
      return JSON.parse(answer.Body.transformToString());
    };
    const headers = await ask('headers');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'text/csv',
      'x-amzn-sagemaker-custom-attributes': 'tenant=7',
      'x-amzn-sagemaker-inference-id': 'id-1',
    });
    expect(Object.keys(headers)).not.toContain('authorization');
    const env = await ask('env');
    expect(env).toMatchObject({
      MODE: 'fast',
      SAGEMAKER_BIND_TO_PORT: expect.stringMatching(/^\d+$/),
      SAGEMAKER_BASE_DIR: expect.stringContaining('/opt/ml'),
    });
    expect(Object.keys(env).filter((name) => name.startsWith('AWS_'))).toEqual(['AWS_REGION']);
    expect(env).not.toHaveProperty('SECRET_OF_THE_PARENT');
  });

  test('the model archive is unpacked where the container looks for it', async () => {
    await box.s3.createBucket({ Bucket: 'models' });
    await box.s3.putObject({
      Bucket: 'models',
      Key: 'm/model.tar.gz',
      Body: await tarball({ 'model.json': '{"version":7}' }),
    });
    await box.s3.putObject({ Bucket: 'models', Key: 'm/broken.tar.gz', Body: 'not an archive' });
    const endpoint = async (name: string, url: string) => {
      await box.sagemaker.createModel({
        ModelName: name,
        ExecutionRoleArn: ROLE,
        PrimaryContainer: { Image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/server:9', ModelDataUrl: url },
      });
      await box.sagemaker.createEndpointConfig({
        EndpointConfigName: name,
        ProductionVariants: [
          { VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
        ],
      });
      await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
      return settledEndpoint(box.sagemaker, name);
    };
    expect((await endpoint('unpacked', 's3://models/m/model.tar.gz')).EndpointStatus).toBe('InService');
    expect((await invoke(box.runtime, 'unpacked', { body: '{"echo":"model"}' })).text).toBe('{"version":7}');
    expect(await endpoint('broken', 's3://models/m/broken.tar.gz')).toMatchObject({
      EndpointStatus: 'Failed',
      FailureReason: expect.stringContaining('Failed to extract model data archive'),
    });
  });

  test('a serial pipeline passes each answer on to the next container, and names the one that failed', async () => {
    await box.sagemaker.createModel({
      ModelName: 'chain',
      ExecutionRoleArn: ROLE,
      Containers: [
        { Image: 'server:1', ContainerHostname: 'first', Environment: { REPLY: '{"status":418}' } },
        { Image: 'server:1', ContainerHostname: 'second' },
      ],
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'chain',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'chain', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'chain', EndpointConfigName: 'chain' });
    await settledEndpoint(box.sagemaker, 'chain');
    const error = await errorOf(invoke(box.runtime, 'chain'));
    expect(error.message).toMatch(/^Received client error \(418\) from second/);
  });

  test('a body above 6 MiB is refused before any container sees it', async () => {
    const error = await errorOf(
      box.runtime.invokeEndpoint({ EndpointName: 'errs', Body: Buffer.alloc(6 * 1024 * 1024 + 1) })
    );
    expect(error.$metadata?.httpStatusCode).toBe(413);
    const largest = await box.runtime.invokeEndpoint({
      EndpointName: 'errs',
      Body: Buffer.alloc(6 * 1024 * 1024, 'x'),
    });
    expect(largest.Body.transformToString()).toBe('v');
  });

  test('captures sampled requests in SageMaker’s layout and shape', async () => {
    const { sagemaker, runtime, s3, sandbox } = box;
    await s3.createBucket({ Bucket: 'capture' });
    await createConfig(sagemaker, { name: 'plain', variants: [{ name: 'v' }] });
    await sagemaker.createEndpointConfig({
      EndpointConfigName: 'watched',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'plain-v', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
      DataCaptureConfig: {
        InitialSamplingPercentage: 100,
        DestinationS3Uri: 's3://capture/reviews/',
        CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
        CaptureContentTypeHeader: { CsvContentTypes: ['text/csv'], JsonContentTypes: ['application/json'] },
      },
    });
    await sagemaker.createEndpoint({ EndpointName: 'watched', EndpointConfigName: 'watched' });
    expect((await settledEndpoint(sagemaker, 'watched')).DataCaptureConfig).toEqual({
      EnableCapture: true,
      CaptureStatus: 'Started',
      CurrentSamplingPercentage: 100,
      DestinationS3Uri: 's3://capture/reviews/',
      KmsKeyId: '',
    });
    await runtime.invokeEndpoint({
      EndpointName: 'watched',
      Body: 'good phone',
      ContentType: 'text/csv',
      InferenceId: 'id-9',
      CustomAttributes: 'tenant=7',
    });
    await runtime.invokeEndpoint({ EndpointName: 'watched', Body: 'bytes', ContentType: 'application/x-other' });
    await errorOf(runtime.invokeEndpoint({ EndpointName: 'watched', Body: '{"status":500}' }));
    await fetch(`${sandbox.url}/_sandbox/flush`, { method: 'POST' });

    const { Contents: objects = [] } = await s3.listObjectsV2({ Bucket: 'capture' });
    const lines: Record<string, unknown>[] = [];
    for (const { Key = '' } of objects) {
      expect(Key).toMatch(/^reviews\/watched\/v\/\d{4}\/\d{2}\/\d{2}\/\d{2}\/\d{2}-\d{2}-\d{3}-[0-9a-f-]{36}\.jsonl$/);
      const body = await (await s3.getObject({ Bucket: 'capture', Key })).Body?.transformToString();
      lines.push(
        ...(body ?? '')
          .trimEnd()
          .split('\n')
          .map((line): Record<string, unknown> => JSON.parse(line))
      );
    }
    expect(lines).toEqual([
      {
        captureData: {
          endpointInput: { observedContentType: 'text/csv', mode: 'INPUT', data: 'good phone', encoding: 'CSV' },
          endpointOutput: { observedContentType: 'text/csv', mode: 'OUTPUT', data: 'v', encoding: 'CSV' },
        },
        eventMetadata: {
          eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          customAttributes: ['tenant=7'],
          inferenceId: 'id-9',
          inferenceTime: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
        },
        eventVersion: '0',
      },
      expect.objectContaining({
        captureData: {
          endpointInput: {
            observedContentType: 'application/x-other',
            mode: 'INPUT',
            data: Buffer.from('bytes').toString('base64'),
            encoding: 'BASE64',
          },
          endpointOutput: {
            observedContentType: 'application/x-other',
            mode: 'OUTPUT',
            data: Buffer.from('v').toString('base64'),
            encoding: 'BASE64',
          },
        },
      }),
    ]);
  });
});

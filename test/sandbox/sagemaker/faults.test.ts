import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SageMaker } from '@aws-sdk/client-sagemaker';
import { STS } from '@aws-sdk/client-sts';
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

const model = (name: string) => ({
  ModelName: name,
  ExecutionRoleArn: ROLE,
  PrimaryContainer: { Image: 'server:1' },
});

describe('faults of calls', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox()));
  afterEach(() => box.sandbox.faults.clear());
  afterAll(() => box.stop());

  test('every service says in its own words and protocol that it is called too often, and has not acted', async () => {
    box.sandbox.faults.set([{ id: 'busy', when: { first: 5 }, then: { fault: 'throttle' } }]);
    const config = {
      endpoint: box.sandbox.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    };
    const sts = new STS(config);
    const said = async (call: Promise<unknown>) => {
      const { name, message, $metadata } = await errorOf(call);
      return [name, message, $metadata?.httpStatusCode];
    };
    expect(await said(box.sagemaker.createModel(model('busy')))).toEqual(['ThrottlingException', 'Rate exceeded', 400]);
    expect(await said(invoke(box.runtime, 'none'))).toEqual(['ThrottlingException', 'Rate exceeded', 400]);
    expect(await said(box.s3.createBucket({ Bucket: 'busy' }))).toEqual([
      'SlowDown',
      'Please reduce your request rate.',
      503,
    ]);
    expect(await said(box.cloudWatch.listMetrics({}))).toEqual(['Throttling', 'Rate exceeded', 400]);
    expect(await said(sts.getCallerIdentity({}))).toEqual(['Throttling', 'Rate exceeded', 400]);
    sts.destroy();
    expect((await box.sagemaker.listModels({ NameContains: 'busy' })).Models).toEqual([]);
    expect((await box.s3.listBuckets({})).Buckets).toEqual([]);
  });

  test('a token bucket lets its burst pass for each operation and throttles the rest', async () => {
    box.sandbox.faults.set([
      { id: 'rate', match: { service: 'sagemaker' }, then: { fault: 'throttle', ratePerSecond: 0.001, burst: 2 } },
    ]);
    const outcomes = async (call: () => Promise<unknown>) => {
      const names: string[] = [];
      for (let i = 0; i < 3; i += 1)
        names.push(
          await call().then(
            () => 'ok',
            (error: Error) => error.name
          )
        );
      return names;
    };
    expect(await outcomes(() => box.sagemaker.listModels({}))).toEqual(['ok', 'ok', 'ThrottlingException']);
    expect(await outcomes(() => box.sagemaker.listEndpoints({}))).toEqual(['ok', 'ok', 'ThrottlingException']);
  });

  test('an SDK that retries gets through a server error that ends', async () => {
    box.sandbox.faults.set([{ id: 'ill', when: { first: 2 }, then: { fault: 'error', status: 503 } }]);
    const patient = new SageMaker({
      endpoint: box.sandbox.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 3,
    });
    const answer = await patient.listModels({});
    patient.destroy();
    expect(answer.$metadata.attempts).toBe(3);
    expect(box.sandbox.faults.list()).toMatchObject([{ hits: 2 }]);
    box.sandbox.faults.set([{ id: 'own', then: { fault: 'error', status: 418, code: 'Teapot', message: 'short' } }]);
    expect(await errorOf(box.sagemaker.listModels({}))).toMatchObject({
      name: 'Teapot',
      message: 'short',
      $metadata: { httpStatusCode: 418 },
    });
  });

  test('a lost answer leaves the effect behind, so that the next try finds it', async () => {
    box.sandbox.faults.set([
      { id: 'lost', match: { operation: 'CreateModel' }, when: { first: 1 }, then: { fault: 'loseAnswer' } },
    ]);
    expect(await errorOf(box.sagemaker.createModel(model('lost')))).not.toHaveProperty('$metadata.httpStatusCode');
    expect((await errorOf(box.sagemaker.createModel(model('lost')))).message).toMatch(
      /^Cannot create already existing model/
    );
    const { events } = (await (await fetch(`${box.sandbox.url}/_sandbox/journal`)).json()) as {
      readonly events: readonly { readonly kind: string; readonly reason?: string; readonly to?: string }[];
    };
    expect(events.filter(({ kind, reason }) => kind === 'fault' && reason === 'lost')).toMatchObject([
      { to: 'loseAnswer', resource: 'lost', from: 'sagemaker.CreateModel' },
    ]);
  });

  test.each([{ fault: 'reset' }, { fault: 'hang', forMs: 50 }] as const)(
    'a call cut by $fault has had no effect',
    async (then) => {
      box.sandbox.faults.set([{ id: 'cut', match: { resource: 'cut-*' }, then }]);
      expect(await errorOf(box.sagemaker.createModel(model('cut-1')))).not.toHaveProperty('$metadata.httpStatusCode');
      box.sandbox.faults.clear();
      expect((await errorOf(box.sagemaker.describeModel({ ModelName: 'cut-1' }))).message).toMatch(/^Could not find/);
    }
  );

  test('a client that gives up on a call that hangs does not hold the sandbox up', async () => {
    box.sandbox.faults.set([{ id: 'hang', match: { service: 'sagemaker' }, then: { fault: 'hang' } }]);
    const impatient = await errorOf(
      box.sagemaker.listModels({}, { abortSignal: AbortSignal.timeout(100), requestTimeout: 100 })
    );
    expect(impatient.name).toMatch(/Timeout|Abort/);
    box.sandbox.faults.clear();
    expect((await box.sagemaker.listModels({})).Models).toBeDefined();
  });

  test('a clock that is off refuses signatures, and an SDK that retries corrects itself by the answer’s date', async () => {
    const byMs = 3_600_000;
    box.sandbox.faults.set([{ id: 'skew', match: { service: 'sagemaker' }, then: { fault: 'clockSkew', byMs } }]);
    expect((await errorOf(box.sagemaker.listModels({}))).name).toBe('InvalidSignatureException');
    const adaptive = new SageMaker({
      endpoint: box.sandbox.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 3,
    });
    expect((await adaptive.listModels({})).$metadata.attempts).toBe(2);
    adaptive.destroy();
  });

  test('S3 is struck by bucket and key, other keys are not', async () => {
    await box.s3.createBucket({ Bucket: 'some' });
    box.sandbox.faults.set([
      {
        id: 'slow',
        match: { service: 's3', operation: 'PutObject', resource: 'some/hot/*' },
        then: { fault: 'throttle' },
      },
    ]);
    expect((await errorOf(box.s3.putObject({ Bucket: 'some', Key: 'hot/1', Body: 'x' }))).name).toBe('SlowDown');
    await box.s3.putObject({ Bucket: 'some', Key: 'cold/1', Body: 'x' });
    const { Contents: found = [] } = await box.s3.listObjectsV2({ Bucket: 'some' });
    expect(found.map(({ Key }) => Key)).toEqual(['cold/1']);
  });

  test('rules are set, added, listed and taken away over HTTP, and mistakes come back all together', async () => {
    const call = async (method: string, body?: unknown, query = '') => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const answer = await fetch(`${box.sandbox.url}/_sandbox/faults${query}`, init);
      return { status: answer.status, body: (await answer.json()) as object };
    };
    const rule = (id: string) => ({ id, match: { service: 's3' }, then: { fault: 'throttle' } });
    expect(await call('PUT', { faults: [rule('a')] })).toMatchObject({ status: 200, body: { faults: [{ id: 'a' }] } });
    expect(await call('POST', { faults: [rule('b')] })).toMatchObject({ body: { faults: [{ id: 'a' }, { id: 'b' }] } });
    await errorOf(box.s3.listBuckets({}));
    expect(await call('GET')).toMatchObject({ body: { faults: [{ id: 'a', matched: 1, hits: 1 }, { hits: 0 }] } });
    const refused = await call('PUT', { faults: [{ id: 'a', then: { fault: 'x' } }, { id: 'a' }] });
    expect(refused).toMatchObject({
      status: 400,
      body: { mistakes: [/no fault/, /expected/, /is taken/].map((text) => expect.stringMatching(text)) },
    });
    expect(await call('GET')).toMatchObject({ body: { faults: [{ id: 'a' }, { id: 'b' }] } });
    expect(await call('POST', { faults: [rule('a')] })).toMatchObject({ status: 400 });
    expect(await call('DELETE', undefined, '?id=a')).toMatchObject({ body: { faults: [{ id: 'b' }] } });
    expect(await call('DELETE', undefined, '?id=a')).toMatchObject({ status: 400 });
    expect(await call('DELETE')).toEqual({ status: 200, body: { faults: [] } });
  });
});

describe('faults of endpoints', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox({ knobs: { instancesPerType: 100 } })));
  afterEach(() => box.sandbox.faults.clear());
  afterAll(() => box.stop());

  test('a new configuration stays hidden for a while, though it cannot be made again', async () => {
    const { sagemaker, sandbox } = box;
    sandbox.faults.set([
      {
        id: 'late',
        match: { operation: 'CreateEndpointConfig', resource: 'hidden' },
        then: { fault: 'hide', forProviderMs: 86_400_000 },
      },
    ]);
    await createConfig(sagemaker, { name: 'hidden', variants: [{ name: 'v' }] });
    const create = () => sagemaker.createEndpoint({ EndpointName: 'hidden', EndpointConfigName: 'hidden' });
    expect((await errorOf(create())).message).toMatch(/^Could not find endpoint configuration/);
    expect((await sagemaker.listEndpointConfigs({ NameContains: 'hidden' })).EndpointConfigs).toEqual([]);
    expect(
      (
        await errorOf(
          sagemaker.createEndpointConfig({
            EndpointConfigName: 'hidden',
            ProductionVariants: [
              {
                VariantName: 'v',
                ModelName: 'hidden-v',
                InstanceType: 'ml.m5.large',
                InitialInstanceCount: 1,
              },
            ],
          })
        )
      ).message
    ).toMatch(/^Cannot create already existing endpoint configuration/);
    sandbox.clock.advance(86_400_000);
    await create();
    expect((await settledEndpoint(sagemaker, 'hidden')).EndpointStatus).toBe('InService');
  });

  test('an endpoint is stuck in Creating until its rule is taken away', async () => {
    const { sagemaker, sandbox } = box;
    sandbox.faults.set([{ id: 'stuck', match: { resource: 'stuck' }, then: { fault: 'stuck', status: 'Creating' } }]);
    await createConfig(sagemaker, { name: 'stuck', variants: [{ name: 'v' }] });
    await sagemaker.createEndpoint({ EndpointName: 'stuck', EndpointConfigName: 'stuck' });
    await until(() => sandbox.faults.list()[0]?.hits === 1);
    sandbox.clock.advance(24 * 3_600_000);
    expect((await sagemaker.describeEndpoint({ EndpointName: 'stuck' })).EndpointStatus).toBe('Creating');
    expect((await errorOf(sagemaker.deleteEndpoint({ EndpointName: 'stuck' }))).message).toMatch(
      /^Cannot update in-progress/
    );
    sandbox.faults.remove('stuck');
    expect((await settledEndpoint(sagemaker, 'stuck')).EndpointStatus).toBe('InService');
  });

  test('without capacity an endpoint fails, a change is undone, and another instance type is there', async () => {
    const { sagemaker, sandbox } = box;
    const then = { fault: 'insufficientCapacity', instanceType: 'ml.m5.*' } as const;
    sandbox.faults.set([{ id: 'full', match: { operation: 'CreateEndpoint' }, then }]);
    const failed = await createEndpoint(sagemaker, { name: 'full', variants: [{ name: 'v' }] });
    expect(failed).toMatchObject({
      EndpointStatus: 'Failed',
      FailureReason: expect.stringContaining('InsufficientInstanceCapacity'),
    });
    await sagemaker.createEndpointConfig({
      EndpointConfigName: 'roomy',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'full-v', InstanceType: 'ml.c5.large', InitialInstanceCount: 1 },
      ],
    });
    await sagemaker.createEndpoint({ EndpointName: 'roomy', EndpointConfigName: 'roomy' });
    expect((await settledEndpoint(sagemaker, 'roomy')).EndpointStatus).toBe('InService');

    sandbox.faults.set([{ id: 'grow', then: { fault: 'insufficientCapacity' } }]);
    await sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'roomy',
      DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredInstanceCount: 2 }],
    });
    expect(await settledEndpoint(sagemaker, 'roomy')).toMatchObject({
      EndpointStatus: 'InService',
      ProductionVariants: [{ CurrentInstanceCount: 1, DesiredInstanceCount: 1 }],
    });
    expect((await invoke(box.runtime, 'roomy')).variant).toBe('v');
  });

  test('a quota refuses at the call, in AWS’s words', async () => {
    box.sandbox.faults.set([{ id: 'quota', then: { fault: 'quota', instances: 0 } }]);
    await createConfig(box.sagemaker, { name: 'quota', variants: [{ name: 'v' }] });
    const error = await errorOf(box.sagemaker.createEndpoint({ EndpointName: 'quota', EndpointConfigName: 'quota' }));
    expect(error.name).toBe('ResourceLimitExceeded');
    expect(error.message).toContain("'ml.m5.large for endpoint usage' is 0 Instances");
  });

  test('an update returns to the old configuration without a word', async () => {
    const { sagemaker, sandbox } = box;
    await createEndpoint(sagemaker, { name: 'mute', variants: [{ name: 'v', env: { REPLY: 'old' } }] });
    await createConfig(sagemaker, { name: 'mute-2', variants: [{ name: 'v', env: { REPLY: 'new' } }] });
    for (const at of ['provisioning', 'baking'] as const) {
      sandbox.faults.set([{ id: 'mute', match: { resource: 'mute' }, then: { fault: 'rollback', at } }]);
      await sagemaker.updateEndpoint({ EndpointName: 'mute', EndpointConfigName: 'mute-2' });
      const after = await settledEndpoint(sagemaker, 'mute');
      expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'mute' });
      expect(after.FailureReason ?? '').toBe('');
      expect((await invoke(box.runtime, 'mute')).text).toBe('old');
    }
  });

  test('a rollback that fails leaves a mix of both configurations, which an update mends', async () => {
    const { sagemaker, sandbox } = box;
    await createEndpoint(sagemaker, { name: 'mix', variants: [{ name: 'v', count: 2, env: { REPLY: 'old' } }] });
    await createConfig(sagemaker, { name: 'mix-2', variants: [{ name: 'v', count: 2, env: { REPLY: 'new' } }] });
    sandbox.faults.set([
      { id: 'back', then: { fault: 'rollback', reason: 'an alarm rang' } },
      { id: 'mixed', then: { fault: 'rollbackFails' } },
    ]);
    await sagemaker.updateEndpoint({
      EndpointName: 'mix',
      EndpointConfigName: 'mix-2',
      DeploymentConfig: {
        RollingUpdatePolicy: { MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 }, WaitIntervalInSeconds: 60 },
      },
    });
    expect(await settledEndpoint(sagemaker, 'mix')).toMatchObject({
      EndpointStatus: 'UpdateRollbackFailed',
      EndpointConfigName: 'mix',
      FailureReason: 'an alarm rang',
    });
    sandbox.faults.clear();
    const texts = new Set<string>();
    await until(async () => texts.add((await invoke(box.runtime, 'mix')).text).size === 2);
    expect(texts).toEqual(new Set(['old', 'new']));
    expect(
      (
        await errorOf(
          sagemaker.updateEndpointWeightsAndCapacities({
            EndpointName: 'mix',
            DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredWeight: 2 }],
          })
        )
      ).message
    ).toContain('with status "UpdateRollbackFailed"');
    await sagemaker.updateEndpoint({ EndpointName: 'mix', EndpointConfigName: 'mix-2' });
    expect(await settledEndpoint(sagemaker, 'mix')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'mix-2',
    });
    expect((await invoke(box.runtime, 'mix')).text).toBe('new');
    const { endpoints } = (await (await fetch(`${sandbox.url}/_sandbox/state`)).json()) as {
      readonly endpoints: readonly { readonly name: string; readonly fleets: readonly unknown[] }[];
    };
    expect(endpoints.find(({ name }) => name === 'mix')?.fleets).toHaveLength(1);
  });
});

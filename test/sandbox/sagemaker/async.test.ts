import type { AsyncInferenceConfig } from '@aws-sdk/client-sagemaker';
import type { InvokeEndpointAsyncCommandInput } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestSandbox } from '../../support/sandbox/harness';
import { createEndpoint, errorOf, ROLE, settledEndpoint, startTestSandbox, until } from '../../support/sandbox/harness';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:';

describe('InvokeEndpointAsync', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox({ knobs: { instancesPerType: 50 } });
    for (const Bucket of ['inputs', 'out']) await box.s3.createBucket({ Bucket });
  });
  afterEach(() => box.sandbox.faults.clear());
  afterAll(() => box.stop());

  async function endpoint(name: string, config: Partial<AsyncInferenceConfig['OutputConfig']> = {}, atOnce = 2) {
    // It answers what it was sent.
    const PrimaryContainer = { Image: 'server:1' };
    await box.sagemaker.createModel({ ModelName: name, ExecutionRoleArn: ROLE, PrimaryContainer });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }],
      AsyncInferenceConfig: {
        ClientConfig: { MaxConcurrentInvocationsPerInstance: atOnce },
        OutputConfig: {
          S3OutputPath: `s3://out/${name}/`,
          S3FailurePath: `s3://out/${name}-failures`,
          NotificationConfig: { SuccessTopic: `${TOPIC}good`, ErrorTopic: `${TOPIC}bad` },
          ...config,
        },
      },
    });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    return settledEndpoint(box.sagemaker, name);
  }

  let count = 0;
  /** Puts the input into S3 and asks for it. */
  async function ask(name: string, input: string, more: Partial<InvokeEndpointAsyncCommandInput> = {}) {
    const Key = `${name}-${(count += 1)}`;
    await box.s3.putObject({ Bucket: 'inputs', Key, Body: input });
    return box.runtime.invokeEndpointAsync({ EndpointName: name, InputLocation: `s3://inputs/${Key}`, ...more });
  }

  const object = (uri = '') => {
    const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
    return box.s3.getObject({ Bucket, Key }).then(
      async ({ Body, ContentType }) => ({ text: (await Body?.transformToString()) ?? '', type: ContentType }),
      () => undefined
    );
  };
  const stored = (uri: string | undefined) => until(() => object(uri));

  async function notifications(topic: string, endpointName: string) {
    const answer = await fetch(`${box.sandbox.url}/_sandbox/notifications?topic=${TOPIC}${topic}`);
    const all = (await answer.json()) as {
      readonly notifications: readonly {
        readonly message: { readonly requestParameters: { readonly endpointName: string } };
      }[];
    };
    return all.notifications
      .map(({ message }) => message)
      .filter((one) => one.requestParameters.endpointName === endpointName);
  }

  async function metric(
    MetricName: string,
    name: string,
    variant: string | undefined,
    statistic: 'Sum' | 'Maximum' = 'Sum'
  ) {
    const now = box.sandbox.clock.now();
    const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
      ...{ Namespace: 'AWS/SageMaker', MetricName, Period: 86_400, Statistics: [statistic] },
      Dimensions: [
        { Name: 'EndpointName', Value: name },
        ...(variant === undefined ? [] : [{ Name: 'VariantName', Value: variant }]),
      ],
      // One window, whatever the second: windows of a day that begin a day ago would cut what is told now at the last full minute.
      StartTime: new Date(now - 43_200_000),
      EndTime: new Date(now + 43_200_000),
    });
    return points[0]?.[statistic];
  }

  test('answers at once with where the output will be, stores it there, and tells the topic', async () => {
    const described = await endpoint('later', { S3OutputPath: 's3://out/later/' });
    expect(described.AsyncInferenceConfig?.OutputConfig?.S3OutputPath).toBe('s3://out/later/');
    const accepted = await ask('later', 'hello', {
      ...{ ContentType: 'text/csv', Accept: 'text/plain', CustomAttributes: 'tenant=7', InferenceId: 'mine' },
    });
    expect(accepted).toMatchObject({
      InferenceId: 'mine',
      OutputLocation: expect.stringMatching(/^s3:\/\/out\/later\/[0-9a-f-]{36}\.out$/),
      FailureLocation: expect.stringMatching(/^s3:\/\/out\/later-failures\/[0-9a-f-]{36}-error\.out$/),
      $metadata: { httpStatusCode: 202 },
    });
    expect(await stored(accepted.OutputLocation)).toEqual({ text: 'hello', type: 'text/csv' });
    const [told] = await until(async () => {
      const all = await notifications('good', 'later');
      return all.length > 0 && all;
    });
    expect(told).toEqual({
      awsRegion: 'us-east-1',
      eventTime: expect.stringMatching(/Z$/),
      receivedTime: expect.stringMatching(/Z$/),
      invocationStatus: 'Completed',
      requestParameters: {
        ...{ accept: 'text/plain', contentType: 'text/csv', customAttributes: 'tenant=7', endpointName: 'later' },
        inputLocation: expect.stringMatching(/^s3:\/\/inputs\/later-/),
      },
      responseParameters: { contentType: 'text/csv', outputLocation: accepted.OutputLocation },
      inferenceId: 'mine',
      eventVersion: '1.0',
      eventSource: 'aws:sagemaker',
      eventName: 'InferenceResult',
    });
    const journal = await (await fetch(`${box.sandbox.url}/_sandbox/journal`)).text();
    expect(journal).toContain(`"kind":"notification","resource":"${TOPIC}good","to":"Completed"`);
    for (const [name, at] of [
      ['InvocationsProcessed', 'v'],
      ['Invocations', 'v'],
    ] as const)
      await until(async () => (await metric(name, 'later', at)) === 1);
    expect(await metric('TotalProcessingTime', 'later', 'v')).toBeGreaterThanOrEqual(0);
  });

  test('a request may bring its body with it and name its output; the topic may hold the answer', async () => {
    await endpoint('inline', {
      NotificationConfig: {
        ...{ SuccessTopic: `${TOPIC}good`, IncludeInferenceResponseIn: ['SUCCESS_NOTIFICATION_TOPIC'] },
      },
    });
    const { OutputLocation, FailureLocation } = await box.runtime.invokeEndpointAsync({
      ...{ EndpointName: 'inline', Body: 'within', ContentType: 'text/plain' },
      ...{ Filename: 'answer.txt', S3OutputPathExtension: 'day/1' },
    });
    expect(OutputLocation).toBe('s3://out/inline/day/1/answer.txt');
    expect(FailureLocation).toBe('s3://out/inline-failures/day/1/answer.txt');
    expect((await stored(OutputLocation)).text).toBe('within');
    const [told] = await until(async () => {
      const all = await notifications('good', 'inline');
      return all.length > 0 && all;
    });
    expect(told).toMatchObject({ responseBody: { content: 'within', encoding: 'UTF-8' } });
  });

  test('what fails is told in the place for failures and to the topic for errors', async () => {
    await endpoint('fails');
    const refused = await ask('fails', '{"status":400}');
    expect((await stored(refused.FailureLocation)).text).toBe('failed with 400');
    const crashed = await ask('fails', '{"exit":1}');
    expect((await stored(crashed.FailureLocation)).text).toContain('closed before it answered');
    const slow = await ask('fails', '{"delayMs":5000}', { InvocationTimeoutSeconds: 1 });
    expect((await stored(slow.FailureLocation)).text).toContain('timed out');
    const missing = await box.runtime.invokeEndpointAsync({
      EndpointName: 'fails',
      InputLocation: 's3://inputs/nothing',
    });
    expect((await stored(missing.FailureLocation)).text).toContain('s3://inputs/nothing');
    const reasons = await until(async () => {
      const all = await notifications('bad', 'fails');
      return all.length === 4 && all;
    });
    expect(reasons[0]).toMatchObject({
      invocationStatus: 'Failed',
      failureReason: expect.stringMatching(
        /^Received client error \(400\) from primary with message "failed with 400"/
      ),
    });
    for (const { OutputLocation } of [refused, crashed, slow, missing])
      expect(await object(OutputLocation)).toBeUndefined();
    await until(async () => (await metric('InvocationFailures', 'fails', 'v')) === 4);
    await until(async () => (await metric('RequestDownloadFailures', 'fails', 'v')) === 1);
  });

  test('requests wait in order for a free place on an instance, and the backlog is counted', async () => {
    await endpoint('queue', {}, 1);
    const end = path.join(box.sandbox.dataDir, 'queue-end');
    const inputs = [0, 1, 2, 3, 4].map((n) => JSON.stringify({ n, until: end }));
    const asked = [];
    for (const input of inputs) asked.push(await ask('queue', input));
    await until(async () => ((await metric('ApproximateBacklogSize', 'queue', undefined, 'Maximum')) ?? 0) > 1);
    const state = await (await fetch(`${box.sandbox.url}/_sandbox/state`)).text();
    expect(state).not.toMatch(/"name":"queue".*?"outstanding":[2-9]/);
    writeFileSync(end, '');
    for (const [index, { OutputLocation }] of asked.entries())
      expect((await stored(OutputLocation)).text).toBe(inputs[index]);
    const inOrder = (await notifications('good', 'queue')) as unknown as readonly {
      readonly responseParameters: { readonly outputLocation: string };
    }[];
    expect(inOrder.slice(0, 4).map((one) => one.responseParameters.outputLocation)).toEqual(
      asked.slice(0, 4).map(({ OutputLocation }) => OutputLocation)
    );
    expect(await metric('ApproximateBacklogSizePerInstance', 'queue', undefined, 'Maximum')).toBeGreaterThan(1);
    // It is told when nothing waits, too.
    box.sandbox.clock.advance(86_400_000 * 3);
    await until(async () => (await metric('ApproximateBacklogSize', 'queue', undefined, 'Maximum')) === 0);
  });

  test('a request that is not begun in its time to live expires; without instances the backlog is without capacity', async () => {
    await endpoint('idle');
    await box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'idle',
      DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredInstanceCount: 0 }],
    });
    await settledEndpoint(box.sagemaker, 'idle');
    const { FailureLocation } = await ask('idle', 'x', { RequestTTLSeconds: 60 });
    await until(async () => (await metric('HasBacklogWithoutCapacity', 'idle', undefined, 'Maximum')) === 1);
    box.sandbox.clock.advance(61_000);
    expect((await stored(FailureLocation)).text).toContain('60 seconds');
    await until(async () => (await metric('ExpiredRequests', 'idle', 'v')) === 1);
    const { OutputLocation } = await ask('idle', 'awake');
    await box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'idle',
      DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredInstanceCount: 1 }],
    });
    expect((await stored(OutputLocation)).text).toBe('awake');
  });

  test('a deleted endpoint’s requests go with it', async () => {
    await endpoint('gone');
    box.sandbox.faults.add({ id: 'deaf', match: { resource: 'gone' }, then: { fault: 'crash', at: 'invocation' } });
    await ask('gone', 'x');
    await box.sagemaker.deleteEndpoint({ EndpointName: 'gone' });
    await until(() =>
      box.sagemaker.describeEndpoint({ EndpointName: 'gone' }).then(
        () => false,
        () => true
      )
    );
    expect((await errorOf(ask('gone', 'x'))).message).toContain('Endpoint gone of account');
  });

  test.each<[string, Partial<InvokeEndpointAsyncCommandInput>, string]>([
    ['no input', { InputLocation: undefined }, 'Exactly one of InputLocation and Body'],
    ['two inputs', { Body: 'x' }, 'Exactly one of InputLocation and Body'],
    ['an input that is nowhere in S3', { InputLocation: 'https://example.org/x' }, 'not the location of an S3 object'],
    ['too short a time to live', { RequestTTLSeconds: 59 }, "Value '59' at 'requestTTLSeconds'"],
    ['too long a timeout', { InvocationTimeoutSeconds: 3601 }, "Value '3601' at 'invocationTimeoutSeconds'"],
    ['a file name with a folder', { Filename: 'a/b' }, "at 'filename'"],
    ['a path out of the bucket', { S3OutputPathExtension: 's3://x' }, "at 's3OutputPathExtension'"],
    ['a body above the limit', { InputLocation: undefined, Body: Buffer.alloc(128_001) }, "at 'body'"],
    ['an unknown endpoint', { EndpointName: 'nowhere' }, 'Endpoint nowhere of account 123456789012 not found.'],
    ['a real-time endpoint', { EndpointName: 'now' }, 'is not an asynchronous endpoint'],
  ])('%s is a ValidationError, and nothing is accepted', async (_, input, message) => {
    if (input.EndpointName === 'now') await createEndpoint(box.sagemaker, { name: 'now', variants: [{ name: 'v' }] });
    const refused = box.runtime.invokeEndpointAsync({
      ...{ EndpointName: 'later', InputLocation: 's3://inputs/x' },
      ...input,
    });
    const error = await errorOf(refused);
    expect(error).toMatchObject({ name: 'ValidationError', $metadata: { httpStatusCode: 400 } });
    expect(error.message).toContain(message);
  });

  test('an asynchronous endpoint takes no synchronous calls', async () => {
    const call = { EndpointName: 'later', Body: 'x' };
    for (const refused of [box.runtime.invokeEndpoint(call), box.runtime.invokeEndpointWithResponseStream(call)])
      expect((await errorOf(refused)).message).toContain('InvokeEndpointAsync');
  });

  test.each<[string, object, object]>([
    ['several variants', {}, { ProductionVariants: ['a', 'b'] }],
    ['shadows', {}, { ShadowProductionVariants: ['b'] }],
    ['no place for outputs', { S3OutputPath: undefined }, {}],
    ['a serverless variant', {}, { ServerlessConfig: { MaxConcurrency: 1, MemorySizeInMB: 1024 } }],
  ])('%s cannot stand beside AsyncInferenceConfig', async (what, output, config) => {
    const {
      ProductionVariants = ['a'],
      ShadowProductionVariants,
      ServerlessConfig,
    } = config as {
      readonly ProductionVariants?: readonly string[];
      readonly ShadowProductionVariants?: readonly string[];
      readonly ServerlessConfig?: { readonly MaxConcurrency: number; readonly MemorySizeInMB: number };
    };
    const variant = (VariantName: string) => ({
      ...{ VariantName, ModelName: 'later' },
      ...(ServerlessConfig
        ? { ServerlessConfig }
        : ({ InstanceType: 'ml.m5.large', InitialInstanceCount: 1 } as const)),
    });
    const refused = box.sagemaker.createEndpointConfig({
      EndpointConfigName: what.replaceAll(' ', '-'),
      ProductionVariants: ProductionVariants.map(variant),
      ...(ShadowProductionVariants ? { ShadowProductionVariants: ShadowProductionVariants.map(variant) } : {}),
      AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://out', ...output } },
    });
    expect((await errorOf(refused)).name).toBe('ValidationException');
  });
});

import type { InvokeEndpointWithResponseStreamCommandOutput, ResponseStream } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createEndpoint,
  errorOf,
  invoke,
  ROLE,
  settledEndpoint,
  SIGNATURE,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

describe('InvokeEndpointWithResponseStream', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox({ knobs: { streamTimeoutMs: 3_000, instancesPerType: 50 } });
    await createEndpoint(box.sagemaker, { name: 'talks', variants: [{ name: 'v' }] });
  });
  afterEach(() => box.sandbox.faults.clear());
  afterAll(() => box.stop());

  const open = (body: object, more: object = {}) =>
    box.runtime.invokeEndpointWithResponseStream({ EndpointName: 'talks', Body: JSON.stringify(body), ...more });

  let files = 0;
  /** A file that lets a model send its next part once this one has been read. What comes in a busy moment would come together else. */
  const heardFile = () => path.join(box.sandbox.dataDir, `heard-${(files += 1)}`);

  /** The parts as they came, and the error that ended them. */
  async function read(answer: InvokeEndpointWithResponseStreamCommandOutput, heard?: string) {
    const parts: string[] = [];
    try {
      for await (const event of answer.Body ?? ([] as unknown as AsyncIterable<ResponseStream>)) {
        parts.push(Buffer.from(event.PayloadPart?.Bytes ?? []).toString());
        if (heard !== undefined) appendFileSync(heard, '.');
      }
    } catch (error) {
      return { parts, error };
    }
    return { parts };
  }

  const outstanding = async (): Promise<boolean> =>
    /"outstanding":[1-9]/.test(await (await fetch(`${box.sandbox.url}/_sandbox/state`)).text());

  test('hands the model’s answer on part by part, as the SDK reads it', async () => {
    const heard = heardFile();
    const answer = await open(
      { parts: ['to', ' be', ' or'], heard },
      { ContentType: 'application/json', Accept: 'text/plain' }
    );
    expect(answer).toMatchObject({
      ContentType: 'text/event-stream',
      CustomAttributes: 'streamed',
      InvokedProductionVariant: 'v',
      $metadata: { httpStatusCode: 200 },
    });
    expect(await read(answer, heard)).toEqual({ parts: ['to', ' be', ' or'] });
    await until(async () => !(await outstanding()));
  });

  test('is a plain answer in one part where the model does not stream', async () => {
    const answer = await box.runtime.invokeEndpointWithResponseStream({ EndpointName: 'talks', Body: 'x' });
    expect(await read(answer)).toEqual({ parts: ['v'] });
  });

  test.each<[string, object, object]>([
    ['a model that is cut off', { parts: ['a'], then: 'cut' }, { name: 'ModelStreamError', ErrorCode: 'StreamBroken' }],
    [
      'a model that does not end',
      { parts: ['a'], then: 'hang' },
      {
        name: 'ModelStreamError',
        ErrorCode: 'ModelInvocationTimeExceeded',
        message: 'Your model primary did not complete sending the inference response in the allotted time.',
      },
    ],
  ])('%s ends the stream with an exception in it', async (_, body, error) => {
    expect(await read(await open(body))).toMatchObject({ parts: ['a'], error });
    await until(async () => !(await outstanding()));
  });

  test.each<['InternalStreamFailure' | 'StreamBroken', string]>([
    ['InternalStreamFailure', 'InternalStreamFailure'],
    ['StreamBroken', 'ModelStreamError'],
  ])('a rule breaks a stream with %s after so many parts', async (error, name) => {
    box.sandbox.faults.set([
      { id: 'break', match: { resource: 'talks' }, then: { fault: 'breakStream', error, afterParts: 2 } },
    ]);
    const heard = heardFile();
    const answer = await open({ parts: ['a', 'b', 'c'], heard });
    expect(await read(answer, heard)).toMatchObject({ parts: ['a', 'b'], error: { name } });
  });

  test('what fails before the first part is refused as InvokeEndpoint refuses it', async () => {
    expect(await errorOf(open({ status: 503 }))).toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 503,
      OriginalMessage: 'failed with 503',
    });
    expect((await errorOf(open({}, { EndpointName: 'none' }))).name).toBe('ValidationError');
    expect((await errorOf(open({}, { TargetVariant: 'w' }))).name).toBe('ValidationError');
    expect((await errorOf(open({}, { SessionId: 'abc' }))).message).toContain('SessionId is not implemented');
  });

  test('a client that leaves gives its instance back, long before the model’s time is over', async () => {
    const patient = await startTestSandbox();
    try {
      await createEndpoint(patient.sagemaker, { name: 'talks', variants: [{ name: 'v' }] });
      const state = async () => (await fetch(`${patient.sandbox.url}/_sandbox/state`)).text();
      const leave = new AbortController();
      const answer = await fetch(`${patient.sandbox.url}/endpoints/talks/invocations-response-stream`, {
        ...{ method: 'POST', body: '{"parts":["a"],"then":"hang"}', signal: leave.signal },
        headers: { authorization: SIGNATURE },
      });
      expect(answer.status).toBe(200);
      expect(await state()).toContain('"outstanding":1');
      leave.abort();
      await until(async () => (await state()).includes('"outstanding":0'));
    } finally {
      await patient.stop();
    }
  });

  test('a pipeline streams the answer of its last container', async () => {
    const heard = heardFile();
    const REPLY = JSON.stringify({ parts: ['x', 'y'], heard });
    await box.sagemaker.createModel({
      ModelName: 'chain',
      ExecutionRoleArn: ROLE,
      Containers: [
        { Image: 'server:1', ContainerHostname: 'a', Environment: { REPLY } },
        { Image: 'server:1', ContainerHostname: 'b' },
      ],
    });
    const variant = {
      VariantName: 'v',
      ModelName: 'chain',
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: 1,
    } as const;
    await box.sagemaker.createEndpointConfig({ EndpointConfigName: 'chain', ProductionVariants: [variant] });
    await box.sagemaker.createEndpoint({ EndpointName: 'chain', EndpointConfigName: 'chain' });
    await settledEndpoint(box.sagemaker, 'chain');
    const answer = await box.runtime.invokeEndpointWithResponseStream({ EndpointName: 'chain', Body: 'x' });
    expect(await read(answer, heard)).toEqual({ parts: ['x', 'y'] });
    const refused = box.runtime.invokeEndpointWithResponseStream({ EndpointName: 'chain', Body: '{"exit":1}' });
    expect((await errorOf(refused)).name).toBe('ModelError');
  });

  test('is counted, with the time to the first part and the streams that broke', async () => {
    await read(await open({ parts: ['a', 'b'] }));
    await read(await open({ parts: ['a'], then: 'cut' }));
    await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
    const now = box.sandbox.clock.now();
    const of = async (MetricName: string) => {
      const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
        ...{ Namespace: 'AWS/SageMaker', MetricName, Period: 86_400, Statistics: ['Sum', 'SampleCount'] },
        Dimensions: [
          { Name: 'EndpointName', Value: 'talks' },
          { Name: 'VariantName', Value: 'v' },
        ],
        StartTime: new Date(now - 3_600_000),
        EndTime: new Date(now + 3_600_000),
      });
      return points[0] ?? {};
    };
    const first = await of('FirstChunkLatency');
    expect(first.SampleCount).toBeGreaterThan(2);
    expect((await of('ModelLatency')).Sum).toBeGreaterThan((await of('FirstChunkModelLatency')).Sum ?? Infinity);
    expect((await of('MidStreamErrors')).Sum).toBeGreaterThan(0);
    expect((await invoke(box.runtime, 'talks')).text).toBe('v');
  });
});

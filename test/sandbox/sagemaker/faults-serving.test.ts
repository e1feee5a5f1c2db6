import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { create as createTar } from 'tar';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FaultRule } from '../../../sandbox/faults/rule';
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

describe('faults of containers and of their records', () => {
  let box: TestSandbox;
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-faults-'));
  beforeAll(async () => void (box = await startTestSandbox()));
  afterEach(() => box.sandbox.faults.clear());
  afterAll(async () => {
    await box.stop();
    rmSync(dir, { recursive: true });
  });

  const strike = (then: FaultRule['then'], more: Partial<FaultRule> = {}) =>
    box.sandbox.faults.set([{ id: 'rule', ...more, then }]);
  const flush = () => fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });

  /** Creates an endpoint of one variant with settings of its own; the rules strike it while it comes up. */
  async function endpoint(name: string, variant: object, modelDataUrl?: string) {
    await box.sagemaker.createModel({
      ModelName: name,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: {
        Image: 'server:1',
        ...(modelDataUrl === undefined ? {} : { ModelDataUrl: modelDataUrl }),
      },
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [
        { VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1, ...variant },
      ],
    });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    return settledEndpoint(box.sagemaker, name);
  }

  test('a container slower than its health check allows fails the endpoint, one a little slow does not', async () => {
    const variant = { ContainerStartupHealthCheckTimeoutInSeconds: 60 };
    strike({ fault: 'slowStart', byProviderMs: 60_000 });
    expect(await endpoint('asleep', variant)).toMatchObject({
      EndpointStatus: 'Failed',
      FailureReason: expect.stringMatching(
        /^The primary container for production variant v did not pass the ping health check/
      ),
    });
    strike({ fault: 'slowStart', byProviderMs: 59_000 });
    expect((await endpoint('drowsy', variant)).EndpointStatus).toBe('InService');
  });

  test('a download slower than the variant allows fails the endpoint', async () => {
    writeFileSync(path.join(dir, 'model.json'), '{}');
    await createTar({ gzip: true, cwd: dir, file: path.join(dir, 'model.tar.gz') }, ['model.json']);
    await box.s3.createBucket({ Bucket: 'models' });
    await box.s3.putObject({ Bucket: 'models', Key: 'm.tar.gz', Body: readFileSync(path.join(dir, 'model.tar.gz')) });
    const variant = { ModelDataDownloadTimeoutInSeconds: 120 };
    strike({ fault: 'slowDownload', byProviderMs: 120_000 });
    expect(await endpoint('far', variant, 's3://models/m.tar.gz')).toMatchObject({
      EndpointStatus: 'Failed',
      FailureReason: expect.stringContaining('ModelDataDownloadTimeoutInSeconds of 120 seconds'),
    });
    strike({ fault: 'slowDownload', byProviderMs: 60_000 });
    expect((await endpoint('near', variant, 's3://models/m.tar.gz')).EndpointStatus).toBe('InService');
  });

  test('containers that crash at every start fail the endpoint, one crash is got over', async () => {
    strike({ fault: 'crash', at: 'start' });
    expect((await endpoint('doomed', {})).EndpointStatus).toBe('Failed');
    strike({ fault: 'crash', at: 'start' }, { when: { first: 1 } });
    expect((await endpoint('stumbling', {})).EndpointStatus).toBe('InService');
  });

  test('a container that crashes at an invocation costs that one, and comes back', async () => {
    await createEndpoint(box.sagemaker, { name: 'brittle', variants: [{ name: 'v' }] });
    strike({ fault: 'crash', at: 'invocation' }, { when: { nth: 2 } });
    expect((await invoke(box.runtime, 'brittle')).text).toBe('v');
    expect(await errorOf(invoke(box.runtime, 'brittle'))).toMatchObject({ name: 'ModelError', OriginalStatusCode: 0 });
    expect((await until(() => invoke(box.runtime, 'brittle').catch(() => undefined))).text).toBe('v');
  });

  test('a container that fails its pings is replaced', async () => {
    await createEndpoint(box.sagemaker, { name: 'flaky', variants: [{ name: 'v' }] });
    strike({ fault: 'failPing' }, { match: { resource: 'flaky' }, when: { first: 3 } });
    const events = async () => {
      const answer = await fetch(`${box.sandbox.url}/_sandbox/journal`);
      const { events: all } = (await answer.json()) as {
        readonly events: readonly { readonly resource: string; readonly to?: string; readonly reason?: string }[];
      };
      return all.filter(({ resource, to }) => resource.startsWith('flaky/v/') && to === 'restarting');
    };
    await until(async () => (await events()).some(({ reason }) => reason === 'missed 3 pings in a row'));
    expect((await until(() => invoke(box.runtime, 'flaky').catch(() => undefined))).text).toBe('v');
  });

  test('one variant answers with errors or slowly, and its metrics show it, while the other is well', async () => {
    await createEndpoint(box.sagemaker, { name: 'ab', variants: [{ name: 'a' }, { name: 'b' }] });
    box.sandbox.faults.set([
      {
        id: 'bad',
        match: { variant: 'b' },
        when: { nth: 1 },
        then: { fault: 'badInvocation', status: 503, body: 'no' },
      },
      {
        id: 'odd',
        match: { variant: 'b' },
        when: { nth: 1 },
        then: { fault: 'badInvocation', status: 200, body: '?' },
      },
      { id: 'slow', match: { variant: 'b' }, when: { nth: 3 }, then: { fault: 'slowInvocation', byMs: 200 } },
    ]);
    const to = (targetVariant: string) => invoke(box.runtime, 'ab', { targetVariant });
    expect(await errorOf(to('b'))).toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 503,
      OriginalMessage: 'no',
    });
    expect((await to('b')).text).toBe('?');
    expect((await to('b')).text).toBe('b');
    expect((await to('a')).text).toBe('a');
    await flush();
    const worst = async (variant: string) => {
      const now = box.sandbox.clock.now();
      const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
        Namespace: 'AWS/SageMaker',
        MetricName: 'ModelLatency',
        Dimensions: [
          { Name: 'EndpointName', Value: 'ab' },
          { Name: 'VariantName', Value: variant },
        ],
        StartTime: new Date(now - 600_000),
        EndTime: new Date(now + 600_000),
        Period: 3600,
        Statistics: ['Maximum'],
      });
      return Math.max(...points.map((point) => point.Maximum ?? 0));
    };
    expect(await worst('b')).toBeGreaterThanOrEqual(199_000);
  });

  test('metrics are lost or come late, with the time at which they were true', async () => {
    await createEndpoint(box.sagemaker, { name: 'dim', variants: [{ name: 'v' }] });
    const count = async (name: string) => {
      const now = box.sandbox.clock.now();
      const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
        Namespace: 'AWS/SageMaker',
        MetricName: name,
        Dimensions: [
          { Name: 'EndpointName', Value: 'dim' },
          { Name: 'VariantName', Value: 'v' },
        ],
        StartTime: new Date(now - 24 * 3_600_000),
        EndTime: new Date(now + 600_000),
        Period: 300,
        Statistics: ['SampleCount'],
      });
      return points.reduce((sum, point) => sum + (point.SampleCount ?? 0), 0);
    };
    box.sandbox.faults.set([
      { id: 'lost', then: { fault: 'lostMetrics', metric: 'Invocation5XX*' } },
      { id: 'late', then: { fault: 'lateMetrics', metric: 'ModelLatency', byProviderMs: 12 * 3_600_000 } },
    ]);
    await invoke(box.runtime, 'dim');
    await flush();
    expect(await Promise.all(['Invocations', 'Invocation5XXErrors', 'ModelLatency'].map(count))).toEqual([1, 0, 0]);
    box.sandbox.clock.advance(12 * 3_600_000);
    await until(async () => (await count('ModelLatency')) === 1);
    expect(await count('Invocation5XXErrors')).toBe(0);
  });

  test('captured records are lost, doubled or late', async () => {
    await box.s3.createBucket({ Bucket: 'captured' });
    await createConfig(box.sagemaker, { name: 'seen', variants: [{ name: 'v' }] });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'seen-captured',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'seen-v', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 },
      ],
      DataCaptureConfig: {
        EnableCapture: true,
        InitialSamplingPercentage: 100,
        DestinationS3Uri: 's3://captured/',
        CaptureOptions: [{ CaptureMode: 'Input' }],
      },
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'seen', EndpointConfigName: 'seen-captured' });
    await settledEndpoint(box.sagemaker, 'seen');
    const files = async () => (await box.s3.listObjectsV2({ Bucket: 'captured' })).KeyCount ?? 0;
    const send = async () => {
      await invoke(box.runtime, 'seen');
      await flush();
    };
    box.sandbox.faults.set([
      { id: 'lost', when: { nth: 1 }, then: { fault: 'lostCapture' } },
      { id: 'double', when: { nth: 1 }, then: { fault: 'duplicateCapture' } },
      { id: 'late', when: { nth: 1 }, then: { fault: 'lateCapture', byProviderMs: 24 * 3_600_000 } },
    ]);
    await send();
    expect(await files()).toBe(0);
    await send();
    expect(await files()).toBe(2);
    await send();
    expect(await files()).toBe(2);
    box.sandbox.clock.advance(24 * 3_600_000);
    await until(async () => (await files()) === 3);
    await send();
    expect(await files()).toBe(4);
  });
});

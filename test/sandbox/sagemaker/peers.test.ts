import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { Interceptor } from '../../../sandbox/http/server';
import { startServer } from '../../../sandbox/http/server';
import type { Service } from '../../../sandbox/http/service';
import type { MetricSink } from '../../../sandbox/ports';
import type { AlarmState } from '../../../sandbox/sagemaker/context';
import {
  createConfig,
  createEndpoint,
  errorOf,
  invoke,
  settledEndpoint,
  SIGNATURE,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

type Datum = Parameters<MetricSink['put']>[0];

const silent = (name: string): Service => ({ name, handle: async () => ({ status: 200, headers: {}, body: name }) });

function cloudWatch(alarms: Map<string, AlarmState>) {
  const data: Datum[] = [];
  return {
    data,
    peer: {
      service: silent('cloudWatch'),
      sink: { put: (datum: Datum) => void data.push(datum) },
      alarmState: (name: string) => alarms.get(name),
      close: async () => undefined,
    },
  };
}

describe('metrics and alarms', () => {
  test('every invocation is published by variant and by variant and configuration, in AWS’s units', async () => {
    const { data, peer } = cloudWatch(new Map());
    const box = await startTestSandbox({ services: { cloudWatch: peer } });
    try {
      await createEndpoint(box.sagemaker, { name: 'm', variants: [{ name: 'v', count: 2 }] });
      await invoke(box.runtime, 'm');
      await errorOf(invoke(box.runtime, 'm', { body: '{"status":404}' }));
      await errorOf(invoke(box.runtime, 'm', { body: '{"status":500}' }));
      await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
    } finally {
      await box.stop();
    }
    const values = (name: string, extra: object = {}) =>
      data
        .filter(
          (datum) =>
            datum.name === name &&
            JSON.stringify(datum.dimensions) === JSON.stringify({ EndpointName: 'm', VariantName: 'v', ...extra })
        )
        .map((datum) => datum.value);
    for (const extra of [{}, { EndpointConfigName: 'm' }]) {
      expect(values('Invocations', extra)).toEqual([1, 1, 1]);
      expect(values('InvocationsPerInstance', extra)).toEqual([0.5, 0.5, 0.5]);
      expect(values('Invocation4XXErrors', extra)).toEqual([0, 1, 0]);
      expect(values('Invocation5XXErrors', extra)).toEqual([0, 0, 1]);
      expect(values('InvocationModelErrors', extra)).toEqual([0, 1, 1]);
    }
    const latency = data.filter((datum) => datum.name === 'ModelLatency');
    expect(
      latency.every(
        (datum) =>
          datum.namespace === 'AWS/SageMaker' &&
          datum.unit === 'Microseconds' &&
          Number.isInteger(datum.value) &&
          datum.value > 0
      )
    ).toBe(true);
  });

  test('invocations can be read from CloudWatch, and an alarm on them rolls an update back', async () => {
    const box = await startTestSandbox();
    try {
      const { sagemaker, cloudWatch: client, sandbox } = box;
      await createEndpoint(sagemaker, { name: 'real', variants: [{ name: 'v', env: { REPLY: 'old' } }] });
      await createConfig(sagemaker, { name: 'real-2', variants: [{ name: 'v', env: { STATUS: '500' } }] });
      const metric = {
        Namespace: 'AWS/SageMaker',
        MetricName: 'Invocation5XXErrors',
        Dimensions: [
          { Name: 'EndpointName', Value: 'real' },
          { Name: 'VariantName', Value: 'v' },
          { Name: 'EndpointConfigName', Value: 'real-2' },
        ],
      };
      await client.putMetricAlarm({
        AlarmName: 'real-5xx',
        ...metric,
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0.5,
        ComparisonOperator: 'GreaterThanThreshold',
      });
      await sagemaker.updateEndpoint({
        EndpointName: 'real',
        EndpointConfigName: 'real-2',
        DeploymentConfig: {
          BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 3600 } },
          AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'real-5xx' }] },
        },
      });
      // The hour in which it bakes is to be longer than what is done in it.
      sandbox.clock.setSpeed(100);
      // The new fleet answers with 500 until the alarm has it withdrawn; then the old one is back.
      await until(() =>
        invoke(box.runtime, 'real').then(
          () => false,
          () => true
        )
      );
      await fetch(`${sandbox.url}/_sandbox/flush`, { method: 'POST' });
      sandbox.clock.advance(60_000);
      expect(await settledEndpoint(sagemaker, 'real')).toMatchObject({
        EndpointStatus: 'InService',
        EndpointConfigName: 'real',
        FailureReason: expect.stringContaining('[real-5xx]'),
      });
      expect((await invoke(box.runtime, 'real')).text).toBe('old');
      const { Metrics = [] } = await client.listMetrics({ Namespace: 'AWS/SageMaker', MetricName: 'ModelLatency' });
      expect(
        Metrics.map(({ Dimensions = [] }) => Dimensions.find(({ Name }) => Name === 'EndpointConfigName')?.Value).sort()
      ).toEqual(['real', 'real-2', undefined].sort());
    } finally {
      await box.stop();
    }
  });

  test('an alarm that rings while the new fleet bakes rolls the update back, and one that does not exist is refused', async () => {
    const alarms = new Map<string, AlarmState>([['errors', 'INSUFFICIENT_DATA']]);
    const box = await startTestSandbox({ services: { cloudWatch: cloudWatch(alarms).peer } });
    try {
      const { sagemaker } = box;
      await createEndpoint(sagemaker, { name: 'e', variants: [{ name: 'v', env: { REPLY: 'old' } }] });
      await createConfig(sagemaker, { name: 'e2', variants: [{ name: 'v', env: { REPLY: 'new' } }] });
      const update = (AlarmName: string) =>
        sagemaker.updateEndpoint({
          EndpointName: 'e',
          EndpointConfigName: 'e2',
          DeploymentConfig: {
            BlueGreenUpdatePolicy: {
              TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 3600 },
            },
            AutoRollbackConfiguration: { Alarms: [{ AlarmName }] },
          },
        });
      expect((await errorOf(update('no-such-alarm'))).message).toContain('no-such-alarm');
      await update('errors');
      // All traffic is on the new fleet while it bakes.
      await until(async () => (await invoke(box.runtime, 'e')).text === 'new');
      box.sandbox.clock.setSpeed(10);
      alarms.set('errors', 'ALARM');
      box.sandbox.clock.advance(60_000);
      const statuses = new Set<string | undefined>();
      await until(async () => {
        const { EndpointStatus: status } = await sagemaker.describeEndpoint({ EndpointName: 'e' });
        statuses.add(status);
        return status === 'RollingBack';
      });
      expect((await invoke(box.runtime, 'e')).text).toBe('old');
      box.sandbox.clock.advance(60_000);
      const after = await settledEndpoint(sagemaker, 'e');
      expect(after).toMatchObject({
        EndpointStatus: 'InService',
        EndpointConfigName: 'e',
        FailureReason: expect.stringContaining('[errors]'),
      });
    } finally {
      await box.stop();
    }
  });

  test('with silent rollbacks the reason is empty, as some users of AWS report', async () => {
    const box = await startTestSandbox({ knobs: { isRollbackSilent: true } });
    try {
      await createEndpoint(box.sagemaker, { name: 'e', variants: [{ name: 'v' }] });
      await createConfig(box.sagemaker, { name: 'e2', variants: [{ name: 'v', env: { EXIT_AT_START: '1' } }] });
      await box.sagemaker.updateEndpoint({ EndpointName: 'e', EndpointConfigName: 'e2' });
      expect(await settledEndpoint(box.sagemaker, 'e')).toMatchObject({
        EndpointStatus: 'InService',
        EndpointConfigName: 'e',
        FailureReason: '',
      });
    } finally {
      await box.stop();
    }
  });
});

describe('one port for all services', () => {
  const named = Object.fromEntries(
    (['control', 'sagemaker', 'runtime', 's3', 'cloudWatch', 'sts', 'autoScaling'] as const).map((name) => [
      name,
      silent(name),
    ])
  );
  const services = { control: silent('control'), sagemaker: silent('sagemaker'), runtime: silent('runtime'), ...named };
  const options = { port: 0, region: 'us-east-1', services, now: () => 0, onInternalError: () => undefined };
  const scope = (service: string) => ({ authorization: SIGNATURE.replace('/sagemaker/', `/${service}/`) });
  const form = (service: string) => ({ ...scope(service), 'content-type': 'application/x-www-form-urlencoded' });

  test.each([
    ['control', 'GET', '/_sandbox/health', {}],
    ['sagemaker', 'POST', '/', { 'x-amz-target': 'SageMaker.ListModels' }],
    ['cloudWatch', 'POST', '/', { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData' }],
    [
      'cloudWatch',
      'POST',
      '/service/GraniteServiceVersion20100801/operation/ListMetrics',
      { 'smithy-protocol': 'rpc-v2-cbor' },
    ],
    ['cloudWatch', 'POST', '/', form('monitoring')],
    ['autoScaling', 'POST', '/', { 'x-amz-target': 'AnyScaleFrontendService.RegisterScalableTarget' }],
    ['sts', 'POST', '/', form('sts')],
    ['runtime', 'POST', '/endpoints/e/invocations', scope('sagemaker')],
    ['s3', 'PUT', '/endpoints/e/invocations', scope('s3')],
    ['s3', 'PUT', '/bucket/key', {}],
    ['s3', 'GET', '/', {}],
  ])('%s answers %s %s', async (service, method, path, headers) => {
    const server = await startServer(options);
    try {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        method,
        headers,
        ...(method === 'POST' ? { body: '' } : {}),
      });
      expect(await response.text()).toBe(service);
    } finally {
      await server.close(1_000);
    }
  });

  test('an interceptor can refuse a call before its effect, and lose the answer after it', async () => {
    let effects = 0;
    const sagemaker: Service = {
      name: 'sagemaker',
      handle: async () => ({ status: 200, headers: {}, body: String((effects += 1)) }),
    };
    const interceptor: Interceptor = {
      before: async ({ exchange }) =>
        exchange.headers['x-fault'] === 'refuse' ? { status: 503, headers: {}, body: 'refused' } : undefined,
      after: async ({ exchange, answer }) => (exchange.headers['x-fault'] === 'lose' ? 'drop' : answer),
    };
    const server = await startServer({ ...options, services: { ...services, sagemaker }, interceptor });
    const call = (fault: string) =>
      fetch(`http://127.0.0.1:${server.port}/`, {
        method: 'POST',
        headers: { 'x-amz-target': 'SageMaker.X', 'x-fault': fault },
      });
    try {
      expect((await call('refuse')).status).toBe(503);
      expect(effects).toBe(0);
      await expect(call('lose')).rejects.toThrow('fetch failed');
      expect(effects).toBe(1);
      expect(await (await call('none')).text()).toBe('2');
    } finally {
      await server.close(1_000);
    }
  });

  test('a port that is taken is an error at the start, and leaves nothing running', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startTestSandbox({ port })).rejects.toThrow('EADDRINUSE');
    await new Promise((resolve) => taken.close(resolve));
  });
});

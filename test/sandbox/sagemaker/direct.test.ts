import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import { createEndpoint, errorOf, ROLE, settledEndpoint, startTestSandbox } from '../../support/sandbox/harness';

describe('a multi-container endpoint whose containers are invoked directly', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox()));
  afterAll(() => box.stop());

  const container = (name: string) => ({ Image: 'server:1', ContainerHostname: name, Environment: { REPLY: name } });
  const ask = async (endpoint: string, hostname?: string) => {
    const answer = await box.runtime.invokeEndpoint({
      EndpointName: endpoint,
      Body: 'x',
      ...(hostname === undefined ? {} : { TargetContainerHostname: hostname }),
    });
    return answer.Body.transformToString();
  };

  async function endpoint(name: string, mode: 'Direct' | 'Serial'): Promise<void> {
    await box.sagemaker.createModel({
      ModelName: name,
      ExecutionRoleArn: ROLE,
      Containers: [container('first'), container('second')],
      InferenceExecutionConfig: { Mode: mode },
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }],
    });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    expect((await settledEndpoint(box.sagemaker, name)).EndpointStatus).toBe('InService');
  }

  test('the container that a request names answers it, alone, and has metrics of its own', async () => {
    await endpoint('direct', 'Direct');
    expect(await ask('direct', 'first')).toBe('first');
    expect(await ask('direct', 'second')).toBe('second');
    const failing = box.runtime.invokeEndpoint({
      EndpointName: 'direct',
      Body: '{"status":500}',
      TargetContainerHostname: 'second',
    });
    expect((await errorOf(failing)).message).toMatch(/^Received server error \(500\) from second/);
    await fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });
    const now = box.sandbox.clock.now();
    const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
      Namespace: 'AWS/SageMaker',
      MetricName: 'Invocations',
      Dimensions: [
        { Name: 'EndpointName', Value: 'direct' },
        { Name: 'VariantName', Value: 'v' },
        { Name: 'ContainerName', Value: 'second' },
      ],
      StartTime: new Date(now - 3_600_000),
      EndTime: new Date(now + 3_600_000),
      Period: 86_400,
      Statistics: ['Sum'],
    });
    expect(points).toMatchObject([{ Sum: 2 }]);
  });

  test('a request without a container, with an unknown one, or with one where none belongs is refused', async () => {
    await endpoint('strict', 'Direct');
    await endpoint('serial', 'Serial');
    await createEndpoint(box.sagemaker, { name: 'plain', variants: [{ name: 'v' }] });
    const said = async (name: string, hostname?: string) => {
      const error = await errorOf(ask(name, hostname));
      expect(error.name).toBe('ValidationError');
      return error.message;
    };
    expect(await said('strict')).toContain('TargetContainerHostname must be specified');
    expect(await said('strict', 'third')).toContain('Its containers are: first, second.');
    expect(await said('serial', 'first')).toContain('must not be specified');
    expect(await said('plain', 'primary')).toContain('must not be specified');
    const modelless = box.runtime.invokeEndpoint({ EndpointName: 'plain', Body: 'x', TargetModel: 'm.tar.gz' });
    expect((await errorOf(modelless)).message).toContain('is not a multi-model endpoint');
  });

  test('every direct container needs a hostname', async () => {
    const create = box.sagemaker.createModel({
      ModelName: 'nameless',
      ExecutionRoleArn: ROLE,
      Containers: [{ Image: 'server:1' }, { Image: 'server:1' }],
      InferenceExecutionConfig: { Mode: 'Direct' },
    });
    expect((await errorOf(create)).message).toContain('ContainerHostname must be specified for all containers');
  });
});

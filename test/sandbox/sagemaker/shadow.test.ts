import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProductionVariant } from '@aws-sdk/client-sagemaker';
import { shadowShare } from '../../../sandbox/runtime/shadow-share';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  errorOf,
  invoke,
  plainCaller,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

describe('a shadow variant', () => {
  let box: TestSandbox;
  beforeAll(async () => {
    box = await startTestSandbox({ seed: 3 });
    await box.s3.createBucket({ Bucket: 'captured' });
  });
  afterAll(() => box.stop());

  const variant = (name: string, model: string, weight = 1): ProductionVariant => ({
    VariantName: name,
    ModelName: model,
    InstanceType: 'ml.m5.large',
    InitialInstanceCount: 1,
    InitialVariantWeight: weight,
  });

  /** An endpoint `name` with the variant `live` and the shadow `dark`. */
  async function endpoint(name: string, shadow: { readonly weight?: number; readonly env?: Record<string, string> }) {
    await createConfig(box.sagemaker, {
      name: `${name}-models`,
      variants: [{ name: 'live' }, { name: 'dark', ...(shadow.env ? { env: shadow.env } : {}) }],
    });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: name,
      ProductionVariants: [variant('live', `${name}-models-live`)],
      ShadowProductionVariants: [variant('dark', `${name}-models-dark`, shadow.weight)],
      DataCaptureConfig: {
        EnableCapture: true,
        InitialSamplingPercentage: 100,
        DestinationS3Uri: `s3://captured/${name}`,
        CaptureOptions: [{ CaptureMode: 'InputAndOutput' }],
      },
    });
    await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
    return settledEndpoint(box.sagemaker, name);
  }

  const flush = () => fetch(`${box.sandbox.url}/_sandbox/flush`, { method: 'POST' });

  async function invocations(name: string, variantName: string, metric = 'Invocations'): Promise<number> {
    await flush();
    const now = box.sandbox.clock.now();
    const { Datapoints: points = [] } = await box.cloudWatch.getMetricStatistics({
      Namespace: 'AWS/SageMaker',
      MetricName: metric,
      Dimensions: [
        { Name: 'EndpointName', Value: name },
        { Name: 'VariantName', Value: variantName },
      ],
      StartTime: new Date(now - 3_600_000),
      EndTime: new Date(now + 3_600_000),
      Period: 86_400,
      Statistics: ['Sum'],
    });
    return points[0]?.Sum ?? 0;
  }

  test('gets copies, with metrics and captured records of its own, and never answers', async () => {
    const described = await endpoint('copied', {});
    expect(described).toMatchObject({
      EndpointStatus: 'InService',
      ProductionVariants: [{ VariantName: 'live' }],
      ShadowProductionVariants: [{ VariantName: 'dark', CurrentWeight: 1, CurrentInstanceCount: 1 }],
    });
    for (let i = 0; i < 5; i += 1)
      expect(await invoke(box.runtime, 'copied')).toEqual({ text: 'live', variant: 'live' });
    await until(async () => (await invocations('copied', 'dark')) === 5);
    expect(await invocations('copied', 'live')).toBe(5);
    const { Contents: found = [] } = await box.s3.listObjectsV2({ Bucket: 'captured', Prefix: 'copied/copied/' });
    const folders = new Set(found.map(({ Key = '' }) => Key.split('/')[2]));
    expect(folders).toEqual(new Set(['live', 'dark']));
    expect((await errorOf(invoke(box.runtime, 'copied', { targetVariant: 'dark' }))).name).toBe('ValidationError');
    const config = await box.sagemaker.describeEndpointConfig({ EndpointConfigName: 'copied' });
    expect(config.ShadowProductionVariants).toMatchObject([{ VariantName: 'dark', InitialVariantWeight: 1 }]);
  });

  test('that fails, hangs or crashes does not touch the live answer', async () => {
    await endpoint('ill', { env: { STATUS: '500' } });
    for (let i = 0; i < 3; i += 1) expect((await invoke(box.runtime, 'ill')).text).toBe('live');
    await until(async () => (await invocations('ill', 'dark', 'Invocation5XXErrors')) === 3);
    expect(await invocations('ill', 'live', 'Invocation5XXErrors')).toBe(0);
    box.sandbox.faults.set([
      { id: 'hang', match: { variant: 'dark' }, when: { first: 5 }, then: { fault: 'slowInvocation', byMs: 30_000 } },
      { id: 'die', match: { variant: 'dark' }, when: { nth: 6 }, then: { fault: 'crash', at: 'invocation' } },
    ]);
    // Ten answers come while the copies are still under way: a live answer that waited for its copy would take half a minute.
    for (let i = 0; i < 10; i += 1) expect((await invoke(box.runtime, 'ill')).text).toBe('live');
    expect(box.sandbox.faults.list()[0]).toMatchObject({ hits: 5 });
    box.sandbox.faults.clear();
  });

  test('gets the part of the requests that its weight says', async () => {
    await endpoint('half', { weight: 0.3 });
    const caller = plainCaller(box.sandbox.url, 'half');
    let left = 2_000;
    const call = async () => {
      for (; left > 0; left -= 1) await caller.call();
    };
    await Promise.all([call(), call()]);
    caller.close();
    const live = await invocations('half', 'live');
    await until(async () => {
      const state = (await (await fetch(`${box.sandbox.url}/_sandbox/state`)).json()) as {
        readonly endpoints: readonly {
          readonly name: string;
          readonly fleets: readonly {
            readonly variants: readonly { readonly instances: readonly { readonly outstanding: number }[] }[];
          }[];
        }[];
      };
      const fleets = state.endpoints.find(({ name }) => name === 'half')?.fleets ?? [];
      return fleets.every(({ variants }) =>
        variants.every(({ instances }) => instances.every(({ outstanding }) => outstanding === 0))
      );
    });
    const dark = await invocations('half', 'dark');
    // Five standard deviations of a binomial with n = 2,000 and p = 0.3 are 102.
    expect(Math.abs(dark - 0.3 * live)).toBeLessThan(103);
    await box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'half',
      DesiredWeightsAndCapacities: [{ VariantName: 'dark', DesiredWeight: 0 }],
    });
    await settledEndpoint(box.sagemaker, 'half');
    await invoke(box.runtime, 'half');
    expect(await invocations('half', 'dark')).toBe(dark);
  });

  test('weights become parts in one of three ways', () => {
    const weights = { production: 4, shadow: 1 };
    expect(shadowShare('ofProduction', weights)).toBe(0.25);
    expect(shadowShare('ofSum', weights)).toBe(0.2);
    expect(shadowShare('percent', weights)).toBe(0.01);
    expect(shadowShare('ofProduction', { production: 1, shadow: 3 })).toBe(1);
    expect(shadowShare('ofProduction', { production: 0, shadow: 0 })).toBe(0);
  });

  test('goes away with an update to a configuration without it', async () => {
    await endpoint('gone', {});
    await createConfig(box.sagemaker, { name: 'gone-2', variants: [{ name: 'live' }] });
    await box.sagemaker.updateEndpoint({ EndpointName: 'gone', EndpointConfigName: 'gone-2' });
    const after = await settledEndpoint(box.sagemaker, 'gone');
    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'gone-2' });
    expect(after.ShadowProductionVariants).toBeUndefined();
  });

  test('stands beside exactly one production variant of one plain container', async () => {
    await createConfig(box.sagemaker, { name: 'kinds', variants: [{ name: 'one' }] });
    const containers = ['a', 'b'].map((name) => ({ Image: 'server:1', ContainerHostname: name }));
    await box.sagemaker.createModel({ ModelName: 'pipeline', ExecutionRoleArn: ROLE, Containers: containers });
    await box.sagemaker.createModel({
      ModelName: 'many',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: 'server:1', Mode: 'MultiModel', ModelDataUrl: 's3://captured/' },
    });
    const refused = async (production: readonly ProductionVariant[], shadows: readonly ProductionVariant[]) => {
      const create = box.sagemaker.createEndpointConfig({
        EndpointConfigName: 'refused',
        ProductionVariants: [...production],
        ShadowProductionVariants: [...shadows],
      });
      const error = await errorOf(create);
      expect(error.name).toBe('ValidationException');
      return error.message;
    };
    const one = 'kinds-one';
    const live = variant('live', one);
    expect(await refused([live, variant('b', one)], [variant('dark', one)])).toContain('exactly one production');
    expect(await refused([live], [variant('c', one), variant('d', one)])).toContain('exactly one production');
    expect(await refused([live], [variant('live', one)])).toContain('Duplicate production variant name "live"');
    expect(await refused([live], [variant('dark', 'pipeline')])).toContain('inference pipelines');
    expect(await refused([variant('live', 'many')], [variant('dark', one)])).toContain('multi-model');
    expect(await refused([live], [variant('dark', 'missing')])).toMatch(/^Could not find model/);
  });
});

import type { ProductionVariant, StopInferenceExperimentCommandInput } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shadowShare, shadowWeight } from '../../../sandbox/runtime/shadow-share';
import {
  experimentable,
  experimentIn,
  experimentOn,
  variantOf,
  variantStatuses,
} from '../../support/sandbox/experiments';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createEndpoint,
  errorOf,
  invoke,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  whileFrozen,
} from '../../support/sandbox/harness';

const DAY_MS = 86_400_000;

describe('stopping an inference experiment', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox({ knobs: { instancesPerType: 100 } })));
  afterAll(() => box.stop());

  async function running(name: string): Promise<void> {
    await experimentable(box.sagemaker, name);
    await box.sagemaker.createInferenceExperiment(experimentOn(name));
    await experimentIn(box, name, 'Running');
  }

  test('is for real-time endpoints: asynchronous and serverless ones are refused by their kind', async () => {
    const { sagemaker } = box;
    await sagemaker.createModel({ ModelName: 'm', ExecutionRoleArn: ROLE, PrimaryContainer: { Image: 'server:1' } });
    const kinds = {
      asynchronous: {
        ProductionVariants: [{ VariantName: 'live', ModelName: 'm', InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }],
        AsyncInferenceConfig: { OutputConfig: { S3OutputPath: 's3://out/' } },
      },
      serverless: {
        ProductionVariants: [{ VariantName: 'live', ModelName: 'm', ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 1 } }],
      },
    } as const; // prettier-ignore
    for (const [kind, config] of Object.entries(kinds)) {
      await sagemaker.createEndpointConfig({ ...config, EndpointConfigName: kind, ProductionVariants: [...config.ProductionVariants] }); // prettier-ignore
      await sagemaker.createEndpoint({ EndpointName: kind, EndpointConfigName: kind });
      await settledEndpoint(sagemaker, kind);
      const ModelVariants = [variantOf('live', 'm'), variantOf('dark', 'm')];
      const refusal = await errorOf(sagemaker.createInferenceExperiment(experimentOn(kind, { ModelVariants })));
      expect([refusal.name, refusal.message]).toEqual([
        'ValidationException',
        expect.stringContaining(`not supported on the ${kind} endpoint`),
      ]);
      await sagemaker.deleteEndpoint({ EndpointName: kind });
    }
  });

  async function stopped(name: string, how: Omit<StopInferenceExperimentCommandInput, 'Name'>) {
    await box.sagemaker.stopInferenceExperiment({ Name: name, ...how });
    const experiment = await experimentIn(box, name, 'Completed', 'Cancelled');
    return { experiment, endpoint: await settledEndpoint(box.sagemaker, name) };
  }

  test('promotes the shadow in place of the production variant, with the instances that are asked for', async () => {
    await running('promoted');
    const { experiment, endpoint } = await stopped('promoted', {
      ModelVariantActions: { live: 'Remove', dark: 'Promote' },
      DesiredModelVariants: [variantOf('dark', 'promoted-dark', 2)],
      DesiredState: 'Completed',
      Reason: 'faster',
    });
    expect(experiment).toMatchObject({ Status: 'Completed', StatusReason: 'faster' });
    expect(variantStatuses(experiment)).toEqual({ live: 'Deleted', dark: 'InService' });
    expect(endpoint).toMatchObject({
      EndpointStatus: 'InService',
      ProductionVariants: [{ VariantName: 'dark', CurrentWeight: 2, CurrentInstanceCount: 2 }],
    });
    expect(endpoint.ShadowProductionVariants).toBeUndefined();
    expect(await invoke(box.runtime, 'promoted')).toEqual({ text: 'dark', variant: 'dark' });
  });

  test('retains both as they are, or the production variant with other instances', async () => {
    await running('retained');
    const before = await settledEndpoint(box.sagemaker, 'retained');
    const { endpoint } = await stopped('retained', { ModelVariantActions: { live: 'Retain', dark: 'Retain' } });
    expect(endpoint.EndpointConfigName).toBe(before.EndpointConfigName);
    expect(endpoint.ShadowProductionVariants).toMatchObject([{ VariantName: 'dark' }]);
    const again = experimentOn('retained', { Name: 'retained-2' });
    expect((await errorOf(box.sagemaker.createInferenceExperiment(again))).message).toContain(
      'a shadow variant already'
    );

    await running('resized');
    const resized = await stopped('resized', {
      ModelVariantActions: { live: 'Retain', dark: 'Remove' },
      DesiredModelVariants: [variantOf('live', 'resized-live', 2)],
    });
    expect(resized.experiment.Status).toBe('Cancelled');
    expect(resized.endpoint.ProductionVariants).toMatchObject([{ VariantName: 'live', CurrentInstanceCount: 2 }]);
    expect(resized.endpoint.ShadowProductionVariants).toBeUndefined();
  });

  test('brings back a configuration that was deleted from under the endpoint', async () => {
    await running('orphan');
    await box.sagemaker.deleteEndpointConfig({ EndpointConfigName: 'orphan' });
    const { endpoint } = await stopped('orphan', { ModelVariantActions: { dark: 'Remove' } });
    expect(endpoint.EndpointConfigName).toBe('orphan');
    await box.sagemaker.describeEndpointConfig({ EndpointConfigName: 'orphan' });
  });

  test('before it has started leaves the endpoint alone', async () => {
    await experimentable(box.sagemaker, 'early');
    const StartTime = new Date(box.sandbox.clock.now() + DAY_MS);
    await box.sagemaker.createInferenceExperiment(experimentOn('early', { Schedule: { StartTime } }));
    await experimentIn(box, 'early', 'Created');
    const before = await settledEndpoint(box.sagemaker, 'early');
    const { experiment, endpoint } = await stopped('early', {
      ModelVariantActions: { dark: 'Remove' },
      Reason: 'not now',
    });
    expect(experiment).toMatchObject({ Status: 'Cancelled', StatusReason: 'not now' });
    expect(variantStatuses(experiment)).toEqual({ live: 'InService', dark: 'Deleted' });
    expect(endpoint.LastModifiedTime).toEqual(before.LastModifiedTime);
  });

  test('is refused when the endpoint would not keep exactly one production variant', async () => {
    await running('kept');
    const stop = async (how: Omit<StopInferenceExperimentCommandInput, 'Name'>) => {
      const error = await errorOf(box.sagemaker.stopInferenceExperiment({ Name: 'kept', ...how }));
      return [error.name, error.message];
    };
    const refused = (text: string) => ['ValidationException', expect.stringContaining(text)];
    const one = 'exactly one production variant';
    expect(await stop({ ModelVariantActions: { live: 'Remove', dark: 'Remove' } })).toEqual(refused(one));
    expect(await stop({ ModelVariantActions: { live: 'Retain', dark: 'Promote' } })).toEqual(refused(one));
    expect(await stop({ ModelVariantActions: { live: 'Remove' } })).toEqual(refused(one));
    expect(await stop({ ModelVariantActions: { live: 'Promote' } })).toEqual(refused('a production variant already'));
    expect(await stop({ ModelVariantActions: { other: 'Remove' } })).toEqual(refused('no variant "other"'));
    expect(
      await stop({ ModelVariantActions: { dark: 'Remove' }, DesiredModelVariants: [variantOf('dark', 'kept-dark')] })
    ).toEqual(refused('the variants that stay [live]'));
    expect(
      await stop({ ModelVariantActions: { dark: 'Remove' }, DesiredModelVariants: [variantOf('live', 'no-model')] })
    ).toEqual(refused('Could not find model'));
    expect((await box.sagemaker.describeInferenceExperiment({ Name: 'kept' })).Status).toBe('Running');
    await whileFrozen(box, async () => {
      await box.sagemaker.stopInferenceExperiment({ Name: 'kept', ModelVariantActions: { dark: 'Remove' } });
      const described = await box.sagemaker.describeInferenceExperiment({ Name: 'kept' });
      expect(described.Status).toBe('Stopping');
      expect(variantStatuses(described)).toEqual({ live: 'Updating', dark: 'Deleting' });
      expect((await stop({ ModelVariantActions: { dark: 'Remove' } }))[0]).toBe('ConflictException');
      const update = box.sagemaker.updateInferenceExperiment({ Name: 'kept', Description: 'late' });
      expect((await errorOf(update)).name).toBe('ConflictException');
    });
    await experimentIn(box, 'kept', 'Cancelled');
  });
});

describe('creating an inference experiment', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox()));
  afterAll(() => box.stop());

  test('is refused for endpoints, variants and schedules that SageMaker does not take, and leaves nothing behind', async () => {
    const { sagemaker, sandbox } = box;
    await experimentable(sagemaker, 'e');
    await createEndpoint(sagemaker, { name: 'two', variants: [{ name: 'live' }, { name: 'other' }] });
    const containers = ['a', 'b'].map((name) => ({ Image: 'server:1', ContainerHostname: name }));
    await sagemaker.createModel({ ModelName: 'pipeline', ExecutionRoleArn: ROLE, Containers: containers });
    await sagemaker.createModel({
      ModelName: 'many',
      PrimaryContainer: { Image: 'server:1', Mode: 'MultiModel', ModelDataUrl: 's3://none/' },
    });
    const live: ProductionVariant = {
      VariantName: 'live',
      ModelName: 'many',
      InstanceType: 'ml.m5.large',
      InitialInstanceCount: 1,
    };
    await sagemaker.createEndpointConfig({ EndpointConfigName: 'many', ProductionVariants: [live] });
    await sagemaker.createEndpoint({ EndpointName: 'many', EndpointConfigName: 'many' });
    await settledEndpoint(sagemaker, 'many');
    const before = await sagemaker.listEndpointConfigs({ MaxResults: 100 });

    const said = async (more: Parameters<typeof experimentOn>[1], endpoint = 'e') => {
      const { name, message } = await errorOf(sagemaker.createInferenceExperiment(experimentOn(endpoint, more)));
      return [name, message];
    };
    const refused = (text: string) => ['ValidationException', expect.stringContaining(text)];
    const models = (dark: string, production = 'e-live') => ({
      ModelVariants: [variantOf('live', production), variantOf('dark', dark)],
    });
    const days = (n: number) => new Date(sandbox.clock.now() + n * DAY_MS);
    const shadow = (name: string, pct = 1) => ({
      ShadowModeConfig: {
        SourceModelVariantName: 'live',
        ShadowModelVariants: [{ ShadowModelVariantName: name, SamplingPercentage: pct }],
      },
    });
    expect(await said({}, 'none')).toEqual(refused('Could not find endpoint "arn:'));
    expect(await said({ ...models('two-other', 'two-live') }, 'two')).toEqual(refused('one production variant'));
    expect(await said(models('pipeline'))).toEqual(refused('not supported with inference pipelines'));
    expect(await said(models('e-dark', 'many'), 'many')).toEqual(refused('not supported with multi-model endpoints'));
    expect(await said(models('missing'))).toEqual(refused('Could not find model "arn:'));
    expect(await said(models('e-dark', 'e-dark'))).toEqual(refused('runs the model "e-live", not "e-dark"'));
    expect(await said({ ModelVariants: [variantOf('live', 'e-live')] })).toEqual(
      refused('not in ModelVariants: "dark"')
    );
    expect(await said(shadow('live'))).toEqual(refused('of different names'));
    expect(await said(shadow('gone'))).toEqual(refused('not in ModelVariants: "gone"'));
    expect(await said(shadow('dark', -1))).toEqual(refused('between 0 and 100'));
    expect(await said({ ModelVariants: [variantOf('live', 'e-live'), variantOf('dark', 'e-dark', 0)] })).toEqual(
      refused('at least 1')
    );
    expect(await said({ Schedule: { EndTime: days(-1) } })).toEqual(refused('in the future'));
    expect(await said({ Schedule: { StartTime: days(2), EndTime: days(1) } })).toEqual(refused('after its StartTime'));
    expect(await said({ Schedule: { StartTime: days(1), EndTime: days(32) } })).toEqual(refused('30 days at most'));
    expect(
      await said({ ModelVariants: [{ ...variantOf('dark', 'e-dark'), VariantName: 'x' }, variantOf('live', 'e-live')] })
    ).toEqual(refused('not in ModelVariants: "dark"'));
    expect((await sagemaker.listInferenceExperiments({})).InferenceExperiments).toEqual([]);
    expect(await sagemaker.listEndpointConfigs({ MaxResults: 100 })).toMatchObject({
      EndpointConfigs: before.EndpointConfigs,
    });

    await sagemaker.createInferenceExperiment(experimentOn('e'));
    expect((await said({}))[0]).toBe('ResourceInUse');
    expect(await said({ Name: 'second' })).toEqual(['ResourceInUse', expect.stringContaining('experiment e.')]);
    await experimentIn(box, 'e', 'Running');
  });

  test('can be struck by faults: throttled by name, and made although the answer is lost', async () => {
    const { sagemaker, sandbox } = box;
    await experimentable(sagemaker, 'struck');
    sandbox.faults.set([
      { id: 't', match: { operation: 'Create*Experiment' }, when: { first: 1 }, then: { fault: 'throttle' } },
      { id: 'l', match: { operation: 'Create*Experiment' }, when: { nth: 1 }, then: { fault: 'loseAnswer' } },
      { id: 'c', match: { operation: 'UpdateEndpoint', resource: 'struck' }, then: { fault: 'insufficientCapacity' } },
    ]);
    expect((await errorOf(sagemaker.createInferenceExperiment(experimentOn('struck')))).name).toBe(
      'ThrottlingException'
    );
    await errorOf(sagemaker.createInferenceExperiment(experimentOn('struck')));
    const over = await experimentIn(box, 'struck', 'Running', 'Cancelled');
    expect(over).toMatchObject({
      Status: 'Cancelled',
      StatusReason: expect.stringContaining('InsufficientInstanceCapacity'),
    });
    sandbox.faults.clear();
  });
});

test('the weight of a sampling percentage gives the shadow that part of the requests, however weights are read', () => {
  const wishes = fc.record({
    production: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    pct: fc.integer({ min: 0, max: 100 }),
  });
  const samplings = fc.constantFrom('ofProduction' as const, 'ofSum' as const, 'percent' as const);
  fc.assert(
    fc.property(samplings, wishes, (sampling, wish) => {
      const shadow = shadowWeight(sampling, wish);
      expect(shadowShare(sampling, { production: wish.production, shadow })).toBeCloseTo(wish.pct / 100, 9);
    })
  );
});

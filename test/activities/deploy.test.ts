import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  contextFor,
  deleteEndpoints,
  deployFirst,
  failureOf,
  liveOn,
  resourcesOf,
  specFor,
  splitAt,
  startWorld,
} from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
});
/** Instances of an account are limited, in the sandbox too. */
afterEach(() => deleteEndpoints(world));
afterAll(() => world.stop());

/** By the provider's clock: a window in real time, short enough for a test, would be too short for the healthy ones on a busy machine. */
const neverHealthy = (resource: string, variant = '*') =>
  ({
    ...{ id: `sick-${resource}`, match: { resource, variant } },
    then: { fault: 'slowStart', byProviderMs: 24 * 3_600_000 },
  }) as const;

describe('inspectEndpoint', () => {
  test('says that there is none', async () => {
    expect(await liveOn(world, 'nowhere')).toBeNull();
  });

  test('reads what serves: variant, share, model and live instances', async () => {
    const incumbent = await deployFirst(world, 'inspected', { count: 2 });
    expect(await liveOn(world, 'inspected')).toEqual({
      status: 'InService',
      configName: 'inspected-v1-r1',
      variants: [
        { name: 'v1', modelName: incumbent.modelName, sharePct: 100, instanceType: 'ml.m5.large', instanceCount: 2 },
      ],
    });
  });

  test('refuses an endpoint that Sluice did not make', async () => {
    await deployFirst(world, 'theirs');
    const { EndpointArn } = await world.aws.sagemaker.describeEndpoint({ EndpointName: 'theirs' });
    await world.aws.sagemaker.deleteTags({ ResourceArn: EndpointArn, TagKeys: ['sluice:endpoint'] });
    expect(await failureOf(liveOn(world, 'theirs'))).toEqual({
      type: 'EndpointNotOurs',
      text: 'Endpoint theirs exists and was not made by Sluice.',
    });
  });
});

describe('createEndpoint', () => {
  test('makes model, config and endpoint with capture as the file says, and the same once more makes nothing', async () => {
    const context = contextFor(specFor('created', { name: 'v1' }), 1);
    await world.activities.createEndpoint(context);
    await world.activities.awaitEndpoint({
      endpoint: 'created',
      configName: context.names.single.v1 ?? '',
      sharesPct: null,
    });
    const once = await resourcesOf(world, 'created');
    await world.activities.createEndpoint(context);
    expect(await resourcesOf(world, 'created')).toEqual(once);
    expect(await world.aws.sagemaker.describeEndpoint({ EndpointName: 'created' })).toMatchObject({
      EndpointStatus: 'InService',
      DataCaptureConfig: {
        EnableCapture: true,
        CurrentSamplingPercentage: 100,
        DestinationS3Uri: 's3://capture/reviews',
      },
    });
  });

  test('whose container never becomes healthy fails with SageMaker’s reason', async () => {
    const context = contextFor(specFor('sick', { name: 'v1' }), 1);
    world.sandbox.faults.add(neverHealthy('sick'));
    await world.activities.createEndpoint(context);
    const awaited = { endpoint: 'sick', configName: context.names.single.v1 ?? '', sharesPct: null };
    const { type, text } = await failureOf(world.activities.awaitEndpoint(awaited));
    expect(type).toBe('EndpointFailed');
    expect(text).toMatch(/^Endpoint sick is Failed: .*ping/i);
  });

  test('refuses a config of the same name with other content, and leaves it alone', async () => {
    await deployFirst(world, 'taken');
    const context = contextFor(specFor('taken', { name: 'v1', count: 2 }), 1);
    expect((await failureOf(world.activities.createEndpoint(context))).type).toBe('NameCollision');
  });
});

describe('deploy', () => {
  test('keeps the live instance count of the incumbent and gives the candidate no traffic', async () => {
    const incumbent = await deployFirst(world, 'scaled');
    // An autoscaler at work since the rollout began.
    await world.aws.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'scaled',
      DesiredWeightsAndCapacities: [{ VariantName: 'v1', DesiredInstanceCount: 3 }],
    });
    await world.activities.awaitEndpoint({ endpoint: 'scaled', configName: incumbent.configName, sharesPct: null });
    const context = contextFor(specFor('scaled', { name: 'v2' }), 2, incumbent);
    await world.activities.deploy({ ...context, to: 'split' });
    await world.activities.awaitEndpoint({
      endpoint: 'scaled',
      configName: context.names.split,
      sharesPct: null,
    });
    expect(await liveOn(world, 'scaled')).toMatchObject({
      variants: [
        { name: 'v1', sharePct: 100, instanceCount: 3 },
        { name: 'v2', sharePct: 0, instanceCount: 1 },
      ],
    });
  });

  test('asked for twice, also while the first is under way, changes the endpoint once', async () => {
    const context = contextFor(specFor('twice', { name: 'v2' }), 2, await deployFirst(world, 'twice'));
    await world.activities.deploy({ ...context, to: 'split' });
    await world.activities.deploy({ ...context, to: 'split' });
    await world.activities.awaitEndpoint({ endpoint: 'twice', configName: context.names.split, sharesPct: null });
    const { LastModifiedTime } = await world.aws.sagemaker.describeEndpoint({ EndpointName: 'twice' });
    const once = await resourcesOf(world, 'twice');
    await world.activities.deploy({ ...context, to: 'split' });
    expect(await resourcesOf(world, 'twice')).toEqual(once);
    expect(await world.aws.sagemaker.describeEndpoint({ EndpointName: 'twice' })).toMatchObject({ LastModifiedTime });
  });

  test('waits its turn while somebody else changes the endpoint', async () => {
    const incumbent = await deployFirst(world, 'busy');
    // The change lasts until the end of these tests, whoever is slow.
    world.sandbox.faults.add(neverHealthy('busy'));
    await world.aws.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'busy',
      DesiredWeightsAndCapacities: [{ VariantName: 'v1', DesiredInstanceCount: 2 }],
    });
    const context = contextFor(specFor('busy', { name: 'v2' }), 2, incumbent);
    expect((await failureOf(world.activities.deploy({ ...context, to: 'split' }))).type).toBe('EndpointBusy');
  });
});

describe('shiftTraffic', () => {
  test('sets the share, which is read back, and the same once more changes nothing', async () => {
    const context = contextFor(specFor('shifted', { name: 'v2' }), 2, await deployFirst(world, 'shifted'));
    const { split } = context.names;
    await world.activities.deploy({ ...context, to: 'split' });
    await world.activities.awaitEndpoint({ endpoint: 'shifted', configName: split, sharesPct: null });
    for (const sharePct of [5, 5, 50, 100]) {
      await world.activities.shiftTraffic({ ...context, layout: splitAt(sharePct) });
      const sharesPct = { v1: 100 - sharePct, v2: sharePct };
      await world.activities.awaitEndpoint({ endpoint: 'shifted', configName: split, sharesPct });
      const live = await liveOn(world, 'shifted');
      expect(live?.variants.map((variant) => variant.sharePct)).toEqual([100 - sharePct, sharePct]);
    }
  });

  test('gives the candidate as many instances as its share of the live fleet needs, before the share grows', async () => {
    const context = contextFor(specFor('roomy', { name: 'v2' }), 2, await deployFirst(world, 'roomy', { count: 4 }));
    const { split } = context.names;
    await world.activities.deploy({ ...context, to: 'split' });
    await world.activities.awaitEndpoint({ endpoint: 'roomy', configName: split, sharesPct: null });
    const counts: (readonly number[])[] = [];
    for (const sharePct of [5, 50]) {
      await world.activities.shiftTraffic({ ...context, layout: splitAt(sharePct) });
      const sharesPct = { v1: 100 - sharePct, v2: sharePct };
      await world.activities.awaitEndpoint({ endpoint: 'roomy', configName: split, sharesPct });
      counts.push((await liveOn(world, 'roomy'))?.variants.map(({ instanceCount }) => instanceCount) ?? []);
    }
    expect(counts).toEqual([
      [4, 1],
      [4, 2],
    ]);
  });

  test('says so when the candidate is not on the endpoint any more', async () => {
    const context = contextFor(specFor('gone', { name: 'v2' }), 2, await deployFirst(world, 'gone'));
    expect(await failureOf(world.activities.shiftTraffic({ ...context, layout: splitAt(5) }))).toEqual({
      type: 'OutsideChange',
      text: 'Endpoint gone has no variant v2 any more; config gone-v1-r1.',
    });
  });
});

describe('awaitEndpoint', () => {
  test('notices that SageMaker went back by itself, though the endpoint is in service', async () => {
    const quick = await startWorld({ knobs: { isRollbackSilent: true } });
    try {
      const incumbent = await deployFirst(quick, 'silent');
      const context = contextFor(specFor('silent', { name: 'v2' }), 2, incumbent);
      quick.sandbox.faults.add(neverHealthy('silent', 'v2'));
      await quick.activities.deploy({ ...context, to: 'split' });
      const awaited = { endpoint: 'silent', configName: context.names.split, sharesPct: null };
      const { type, text } = await failureOf(quick.activities.awaitEndpoint(awaited));
      expect(type).toBe('SilentRollback');
      expect(text).toContain('is in service on config silent-v1-r1, not on silent-v2-r2-split');
    } finally {
      await quick.stop();
    }
  });

  test('gives a change half a minute to show, then says that it was not made', async () => {
    const { configName } = await deployFirst(world, 'patient');
    let nowMs = 0;
    const activities = world.activitiesAt(() => (nowMs += 16_000));
    const awaited = { endpoint: 'patient', configName, sharesPct: { v1: 40 } };
    expect(await failureOf(activities.awaitEndpoint(awaited))).toEqual({
      type: 'OutsideChange',
      text: 'v1 has 100.00 % of the weight on patient, not 40 %.',
    });
    expect(nowMs).toBeGreaterThan(30_000);
  });

  test('says that the endpoint is gone', async () => {
    const awaited = { endpoint: 'never-was', configName: 'c', sharesPct: null };
    expect((await failureOf(world.activities.awaitEndpoint(awaited))).type).toBe('OutsideChange');
  });
});

test('an AWS that cannot be reached is a failure that is tried again', async () => {
  const other = await startWorld();
  await other.stop();
  const { type, text } = await failureOf(liveOn(other, 'e'));
  expect(type).toBe('ProviderUnavailable');
  expect(text).toContain('Could not read endpoint e');
});

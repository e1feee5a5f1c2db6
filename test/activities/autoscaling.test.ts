import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlannedContext } from '../../activities/types';
import type { VariantScaling } from '../../spec/live';
import type { AutoscalingSettings } from '../../spec/types';
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
afterEach(() => deleteEndpoints(world));
afterAll(() => world.stop());

const KIND = { ServiceNamespace: 'sagemaker', ScalableDimension: 'sagemaker:variant:DesiredInstanceCount' } as const;
const FIRST: AutoscalingSettings = { min: 2, max: 8, invocationsPerInstance: 600, scheduled: [] };
const OWN: AutoscalingSettings = {
  min: 1,
  max: 3,
  invocationsPerInstance: 900,
  // Never while these tests run: the sandbox's timestamps are real, and the action would change what is looked at.
  scheduled: [{ at: 'cron(0 8 ? * MON-FRI 2099)', min: 2, max: 3 }],
};

/** How the variants of an endpoint are scaled. */
async function scaled(endpoint: string): Promise<Readonly<Record<string, VariantScaling | undefined>>> {
  const live = await liveOn(world, endpoint);
  return Object.fromEntries((live?.variants ?? []).map(({ name, scaling }) => [name, scaling]));
}

async function targets(): Promise<readonly (string | undefined)[]> {
  const { ScalableTargets = [] } = await world.aws.autoscaling.describeScalableTargets({
    ServiceNamespace: 'sagemaker',
  });
  return ScalableTargets.map(({ ResourceId }) => ResourceId);
}

async function rolloutOn(endpoint: string, own?: AutoscalingSettings): Promise<PlannedContext> {
  const incumbent = await deployFirst(world, endpoint, { count: 4, autoscaling: FIRST });
  const candidate = { name: 'v2', ...(own !== undefined && { autoscaling: own }) };
  return contextFor(specFor(endpoint, candidate), 2, incumbent);
}

async function split(context: PlannedContext, sharePct: number): Promise<void> {
  const awaited = { endpoint: context.spec.endpoint, configName: context.names.split, sharesPct: null };
  await world.activities.deploy({ ...context, to: 'split' });
  await world.activities.awaitEndpoint(awaited);
  await world.activities.shiftTraffic({ ...context, layout: splitAt(sharePct) });
  await world.activities.awaitEndpoint({ ...awaited, sharesPct: { v1: 100 - sharePct, v2: sharePct } });
}

/** Auto scaling has brought v2 to so many instances. */
async function settled(endpoint: string, count: number): Promise<void> {
  for (;;) {
    const { EndpointStatus, ProductionVariants = [] } = await world.aws.sagemaker.describeEndpoint({
      EndpointName: endpoint,
    });
    const v2 = ProductionVariants.find(({ VariantName }) => VariantName === 'v2');
    if (EndpointStatus === 'InService' && v2?.CurrentInstanceCount === count) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function promote(context: PlannedContext): Promise<void> {
  const { endpoint } = context.spec;
  await world.activities.rewriteToWinner({ ...context, winner: 'v2' });
  await world.activities.awaitEndpoint({ endpoint, configName: context.names.single.v2 ?? '', sharesPct: { v2: 100 } });
}

test('a first deployment is scaled as its file says', async () => {
  await deployFirst(world, 'first', { autoscaling: OWN });
  expect((await scaled('first')).v1).toEqual({
    min: 1,
    max: 3,
    suspended: { in: false, out: false, scheduled: false },
    policies: [
      {
        name: 'sluice-invocations-per-instance',
        type: 'TargetTrackingScaling',
        settings: {
          TargetValue: 900,
          PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        },
      },
    ],
    actions: [{ name: 'sluice-1', schedule: 'cron(0 8 ? * MON-FRI 2099)', min: 2, max: 3 }],
  });
});

describe('while the traffic moves', () => {
  test('the candidate is scaled before it gets a request and never below its share; the incumbent never shrinks', async () => {
    const context = await rolloutOn('moving', OWN);
    await split(context, 50);
    const { v1, v2 } = await scaled('moving');
    expect(v1).toEqual({ ...context.incumbent?.scaling, suspended: { in: true, out: false, scheduled: false } });
    expect(v2).toMatchObject({ min: 2, max: 3, policies: [{ settings: { TargetValue: 900 } }] });
    // Four would be its part, three is what its file allows.
    await world.activities.shiftTraffic({ ...context, layout: splitAt(100) });
    expect((await liveOn(world, 'moving'))?.variants).toMatchObject([{ instanceCount: 4 }, { instanceCount: 3 }]);
    expect((await scaled('moving')).v2).toMatchObject({ min: 3, max: 3 });
  });

  test('an outsider’s scaling activity is kept: a rollout never resets a count', async () => {
    const context = await rolloutOn('busy', { ...OWN, max: 8 });
    await split(context, 5);
    // Its scheduled action, or its policy, at work.
    await world.aws.autoscaling.registerScalableTarget({
      ...KIND,
      ResourceId: 'endpoint/busy/variant/v2',
      MinCapacity: 5,
      MaxCapacity: 8,
    });
    await settled('busy', 5);
    await world.activities.shiftTraffic({ ...context, layout: splitAt(20) });
    await world.activities.awaitEndpoint({
      endpoint: 'busy',
      configName: context.names.split,
      sharesPct: { v1: 80, v2: 20 },
    });
    expect((await liveOn(world, 'busy'))?.variants).toMatchObject([{ instanceCount: 4 }, { instanceCount: 5 }]);
    await promote(context);
    expect((await liveOn(world, 'busy'))?.variants).toMatchObject([{ name: 'v2', instanceCount: 5 }]);
  });
});

describe('after the promotion', () => {
  test('the winner is scaled as its file says, and nothing else is', async () => {
    const context = await rolloutOn('won', OWN);
    await split(context, 100);
    await promote(context);
    expect(await scaled('won')).toMatchObject({ v2: { min: 1, max: 3, actions: [{ name: 'sluice-1' }] } });
    expect((await targets()).filter((id) => id?.startsWith('endpoint/won/'))).toEqual(['endpoint/won/variant/v2']);
  });

  test('of a candidate whose file says nothing, it is scaled as the incumbent was', async () => {
    const context = await rolloutOn('heir');
    const settings = {
      TargetValue: 70,
      CustomizedMetricSpecification: {
        MetricName: 'CPUUtilization',
        Namespace: '/aws/sagemaker/Endpoints',
        Dimensions: [
          { Name: 'EndpointName', Value: 'heir' },
          { Name: 'VariantName', Value: 'v1' },
        ],
        Statistic: 'Average',
      },
    } as const;
    const ResourceId = 'endpoint/heir/variant/v1';
    await world.aws.autoscaling.putScalingPolicy({
      ...KIND,
      ResourceId,
      PolicyName: 'cpu',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        ...settings,
        CustomizedMetricSpecification: {
          ...settings.CustomizedMetricSpecification,
          Dimensions: [...settings.CustomizedMetricSpecification.Dimensions],
        },
      },
    });
    const scaling = (await scaled('heir')).v1;
    const known = { ...context, incumbent: context.incumbent && { ...context.incumbent, ...(scaling && { scaling }) } };
    await split(known, 50);
    await promote(known);
    const { v2 } = await scaled('heir');
    expect(v2).toMatchObject({ min: 2, max: 8, suspended: { in: false } });
    expect(JSON.stringify(v2?.policies)).toBe(JSON.stringify(scaling?.policies).replace('"v1"', '"v2"'));
  });
});

describe('after the way back', () => {
  test.each([
    ['split', async (context: PlannedContext) => split(context, 50)],
    [
      'promoted',
      async (context: PlannedContext) => {
        await split(context, 100);
        await promote(context);
      },
    ],
  ] as const)('(%s) targets, policies, actions and counts are those of before', async (name, reach) => {
    const endpoint = `back-${name}`;
    const context = await rolloutOn(endpoint, OWN);
    const before = [await scaled(endpoint), await resourcesOf(world, endpoint)];
    await reach(context);
    for (const _twice of [1, 2]) await world.activities.restoreIncumbent({ ...context, doubtful: false });
    await world.activities.collectGarbage({ ...context, keep: null });
    expect([await scaled(endpoint), await resourcesOf(world, endpoint)]).toEqual(before);
    expect((await targets()).filter((id) => id?.startsWith(`endpoint/${endpoint}/`))).toEqual([
      `endpoint/${endpoint}/variant/v1`,
    ]);
  });
});

test('a step policy, which could not be taken over, is refused at the first look; with scaling of one’s own it is fine', async () => {
  await deployFirst(world, 'stepped', { count: 2, autoscaling: FIRST });
  await world.aws.autoscaling.putScalingPolicy({
    ...KIND,
    ResourceId: 'endpoint/stepped/variant/v1',
    PolicyName: 'steps',
    PolicyType: 'StepScaling',
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
    },
  });
  const look = (own?: AutoscalingSettings) =>
    world.activities.inspectEndpoint(
      contextFor(specFor('stepped', { name: 'v2', ...(own !== undefined && { autoscaling: own }) }), 2)
    );
  expect(await failureOf(look())).toEqual({
    type: 'InvalidRequest',
    text: 'v1 is scaled by the step policy steps, which v2 cannot take over: alarms call it by its ARN. Write `autoscaling` for v2, or scale v1 by target tracking.',
  });
  expect((await look(OWN)).live?.variants).toMatchObject([{ name: 'v1' }]);
});

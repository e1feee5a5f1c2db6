import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlannedContext } from '../../activities/types';
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

/** An endpoint with its incumbent, and a second rollout on it that has a plan. */
async function rolloutOn(endpoint: string): Promise<PlannedContext> {
  const incumbent = await deployFirst(world, endpoint, { count: 2 });
  return contextFor(specFor(endpoint, { name: 'v2' }), 2, incumbent);
}

async function toPair(context: PlannedContext, sharePct: number): Promise<void> {
  const { endpoint } = context.spec;
  const configName = context.names.split;
  await world.activities.deploy({ ...context, to: 'split' });
  await world.activities.awaitEndpoint({ endpoint, configName, sharesPct: null });
  if (sharePct === 0) return;
  await world.activities.shiftTraffic({ ...context, layout: splitAt(sharePct) });
  await world.activities.awaitEndpoint({ endpoint, configName, sharesPct: { v1: 100 - sharePct, v2: sharePct } });
}

async function toSolo(context: PlannedContext): Promise<void> {
  await world.activities.rewriteToWinner({ ...context, winner: 'v2' });
  const { endpoint } = context.spec;
  await world.activities.awaitEndpoint({ endpoint, configName: context.names.single.v2 ?? '', sharesPct: null });
}

/** Each state that a rollout can be in when it must go back. */
const INTERMEDIATE: readonly (readonly [string, (context: PlannedContext) => Promise<void>])[] = [
  ['nothing was changed yet', async () => undefined],
  ['the pair is being deployed', async (context) => void (await world.activities.deploy({ ...context, to: 'split' }))],
  ['the candidate is up, without traffic', (context) => toPair(context, 0)],
  ['the candidate has traffic', (context) => toPair(context, 5)],
  [
    'the share is being changed',
    async (context) => {
      await toPair(context, 5);
      await world.activities.shiftTraffic({ ...context, layout: splitAt(50) });
    },
  ],
  ['all traffic is on the candidate', (context) => toPair(context, 100)],
  [
    'the endpoint is being rewritten to the candidate',
    async (context) => {
      await toPair(context, 100);
      await world.activities.rewriteToWinner({ ...context, winner: 'v2' });
    },
  ],
  [
    'the candidate serves alone',
    async (context) => {
      await toPair(context, 100);
      await toSolo(context);
    },
  ],
];

describe('restoreIncumbent', () => {
  test.each(INTERMEDIATE.map(([name, reach], i) => [name, reach, `back-${i}`] as const))(
    'when %s, brings back config, weights and counts exactly as they were, and cleans up',
    async (_name, reach, endpoint) => {
      const context = await rolloutOn(endpoint);
      const before = await resourcesOf(world, endpoint);
      await reach(context);
      await world.activities.restoreIncumbent({ ...context, doubtful: false });
      await world.activities.restoreIncumbent({ ...context, doubtful: false });
      expect(await liveOn(world, endpoint)).toMatchObject({
        status: 'InService',
        configName: context.incumbent?.configName,
        variants: [{ name: 'v1', sharePct: 100, instanceCount: 2 }],
      });
      await world.activities.collectGarbage({ ...context, keep: null });
      await world.activities.collectGarbage({ ...context, keep: null });
      expect(await resourcesOf(world, endpoint)).toEqual(before);
    }
  );

  test('takes the traffic off the candidate before it changes the fleet', async () => {
    const context = await rolloutOn('order');
    await toPair(context, 50);
    const shares: number[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      while (!stop.signal.aborted) {
        const { EndpointStatus, ProductionVariants, PendingDeploymentSummary } =
          await world.aws.sagemaker.describeEndpoint({ EndpointName: 'order' });
        const candidate = ProductionVariants?.find(({ VariantName }) => VariantName === 'v2');
        if (EndpointStatus === 'Updating' && PendingDeploymentSummary !== undefined && candidate !== undefined)
          shares.push(candidate.CurrentWeight ?? 0);
      }
    })();
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
    stop.abort();
    await watching;
    expect(shares.length).toBeGreaterThan(0);
    expect(new Set(shares)).toEqual(new Set([0]));
  });

  test('says that there is nothing to bring back when somebody deleted the endpoint', async () => {
    const context = await rolloutOn('deleted');
    await world.aws.sagemaker.deleteEndpoint({ EndpointName: 'deleted' });
    expect((await failureOf(world.activities.restoreIncumbent({ ...context, doubtful: false }))).type).toBe(
      'EndpointFailed'
    );
  });
});

describe('rewriteToWinner', () => {
  test('leaves the candidate alone with its live counts; then only what the incumbent used is deleted', async () => {
    const context = await rolloutOn('promoted');
    await toPair(context, 100);
    await world.aws.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'promoted',
      DesiredWeightsAndCapacities: [{ VariantName: 'v2', DesiredInstanceCount: 3 }],
    });
    await world.activities.awaitEndpoint({
      endpoint: 'promoted',
      configName: context.names.split,
      sharesPct: { v1: 0, v2: 100 },
    });
    await toSolo(context);
    await world.activities.rewriteToWinner({ ...context, winner: 'v2' });
    for (const _twice of [1, 2]) {
      await world.activities.collectGarbage({ ...context, keep: 'v2' });
      expect(await resourcesOf(world, 'promoted')).toEqual({
        models: [context.incumbent?.modelName, context.names.models.v2].sort(),
        configs: ['promoted-v2-r2'],
        endpoints: [
          {
            name: 'promoted',
            status: 'InService',
            config: 'promoted-v2-r2',
            pending: null,
            variants: [{ name: 'v2', weight: 1, count: 3 }],
          },
        ],
      });
    }
  });
});

describe('collectGarbage', () => {
  test('never deletes the config that the endpoint is on, whatever it is told', async () => {
    const context = await rolloutOn('in-use');
    await toPair(context, 5);
    await world.activities.collectGarbage({ ...context, keep: null });
    const { configs } = (await resourcesOf(world, 'in-use')) as { readonly configs: readonly string[] };
    expect(configs).toEqual(['in-use-v1-r1', 'in-use-v2-r2-split']);
  });

  test('leaves alone what others made under a name of ours', async () => {
    const context = await rolloutOn('foreign');
    const { split } = context.names;
    await world.aws.sagemaker.createEndpointConfig({
      EndpointConfigName: split,
      ProductionVariants: [
        {
          VariantName: 'mine',
          ModelName: context.incumbent?.modelName,
          InstanceType: 'ml.m5.large',
          InitialInstanceCount: 1,
        },
      ],
    });
    expect((await failureOf(world.activities.deploy({ ...context, to: 'split' }))).type).toBe('NameCollision');
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
    await world.activities.collectGarbage({ ...context, keep: null });
    const { configs } = (await resourcesOf(world, 'foreign')) as { readonly configs: readonly string[] };
    expect(configs).toContain(split);
  });
});

describe('removeEndpoint', () => {
  test('undoes a first deployment at any stage: afterwards nothing is left', async () => {
    const context = contextFor(specFor('undone', { name: 'v1' }), 1);
    const nothing = await resourcesOf(world, 'undone');
    for (const wait of [false, true]) {
      await world.activities.createEndpoint(context);
      const awaited = { endpoint: 'undone', configName: context.names.single.v1 ?? '', sharesPct: null };
      if (wait) await world.activities.awaitEndpoint(awaited);
      await world.activities.removeEndpoint(context);
      await world.activities.removeEndpoint(context);
      await world.activities.collectGarbage({ ...context, keep: null });
      expect(await resourcesOf(world, 'undone')).toEqual(nothing);
    }
  });

  test('leaves alone an endpoint that somebody else created under the name meanwhile', async () => {
    await deployFirst(world, 'meanwhile');
    const late = contextFor(specFor('meanwhile', { name: 'v9' }), 2);
    expect((await failureOf(world.activities.createEndpoint(late))).type).toBe('NameCollision');
    await world.activities.removeEndpoint(late);
    await world.activities.collectGarbage({ ...late, keep: null });
    expect(await resourcesOf(world, 'meanwhile')).toMatchObject({
      configs: ['meanwhile-v1-r1'],
      endpoints: [{ name: 'meanwhile', status: 'InService' }],
    });
  });
});

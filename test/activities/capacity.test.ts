import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlannedContext } from '../../activities/types';
import type { FaultRule } from '../../sandbox/faults/rule';
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
  const started = await startWorld();
  // A change that the sandbox takes back between two looks is believed after half a minute; here a minute passes in a second.
  const startMs = Date.now();
  world = { ...started, activities: started.activitiesAt(() => startMs + (Date.now() - startMs) * 60) };
});
afterEach(async () => {
  world.sandbox.faults.set([]);
  await deleteEndpoints(world);
});
afterAll(() => world.stop());

/** From now on AWS has none of these machines. */
const NO_CAPACITY = (instanceType: string): FaultRule => ({
  id: instanceType,
  then: { fault: 'insufficientCapacity', instanceType },
});
/** … and the account may have none of them. */
const NO_QUOTA = (instanceType: string): FaultRule => ({
  id: instanceType,
  then: { fault: 'quota', instanceType, instances: 0 },
});

/** Not the incumbent's machines first, which a new fleet needs, too. */
const INSTANCE = {
  type: 'ml.c5.large',
  count: 2,
  alternatives: [
    { type: 'ml.c5.xlarge', count: 1 },
    { type: 'ml.c5.2xlarge', count: 3 },
  ],
} as const;

function wanting(endpoint: string, number: number, incumbent: PlannedContext['incumbent']): PlannedContext {
  const spec = specFor(endpoint, { name: `v${number}` });
  return contextFor({ ...spec, candidates: [{ ...spec.candidates[0], instance: INSTANCE }] }, number, incumbent);
}

describe('when AWS has no such machines', () => {
  test.each([
    ['capacity', NO_CAPACITY],
    ['quota', NO_QUOTA],
  ] as const)('(%s) the alternatives are tried in order, and what fits is kept to the end', async (kind, no) => {
    const endpoint = `fits-${kind}`;
    const context = wanting(endpoint, 2, await deployFirst(world, endpoint, { count: 2 }));
    world.sandbox.faults.set([no('ml.c5.large'), no('ml.c5.xlarge')]);
    const { alternatives } = INSTANCE;
    for (const _ of ['first', 'again'])
      expect(await world.activities.deploy({ ...context, to: 'split' })).toEqual({
        instances: { v2: alternatives[1] },
      });
    expect(await liveOn(world, endpoint)).toMatchObject({
      configName: context.names.split,
      variants: [
        { name: 'v1', instanceType: 'ml.m5.large', instanceCount: 2, sharePct: 100 },
        { name: 'v2', instanceType: 'ml.c5.2xlarge', instanceCount: 3, sharePct: 0 },
      ],
    });

    await world.activities.shiftTraffic({ ...context, layout: splitAt(100) });
    await world.activities.awaitEndpoint({ endpoint, configName: context.names.split, sharesPct: { v2: 100 } });
    await world.activities.rewriteToWinner({ ...context, winner: 'v2' });
    const configName = context.names.single.v2 ?? '';
    await world.activities.awaitEndpoint({ endpoint, configName, sharesPct: { v2: 100 } });
    expect((await liveOn(world, endpoint))?.variants).toMatchObject([
      { name: 'v2', instanceType: 'ml.c5.2xlarge', instanceCount: 3 },
    ]);
  });

  test('of any kind, it says what was tried, and after the way back nothing is left', async () => {
    const incumbent = await deployFirst(world, 'none');
    const before = await resourcesOf(world, 'none');
    const context = wanting('none', 2, incumbent);
    world.sandbox.faults.set([NO_QUOTA('ml.c5.large'), NO_CAPACITY('ml.c5.*')]);
    expect(await failureOf(world.activities.deploy({ ...context, to: 'split' }))).toEqual({
      type: 'CapacityUnavailable',
      text: 'AWS has no machines for none, neither of the first choice nor of the alternatives: 2 × ml.c5.large (over the quota), 1 × ml.c5.xlarge (no capacity), 3 × ml.c5.2xlarge (no capacity).',
    });
    await world.activities.restoreIncumbent({ ...context, doubtful: true });
    await world.activities.collectGarbage({ ...context, keep: null });
    expect(await resourcesOf(world, 'none')).toEqual(before);
  });

  test('for a first deployment, the endpoint is made anew with the alternative, or not at all', async () => {
    const nothing = await resourcesOf(world, 'first');
    const context = wanting('first', 1, null);
    world.sandbox.faults.set([NO_CAPACITY('ml.c5.*')]);
    expect(await failureOf(world.activities.createEndpoint(context))).toMatchObject({ type: 'CapacityUnavailable' });
    await world.activities.removeEndpoint(context);
    await world.activities.collectGarbage({ ...context, keep: null });
    expect(await resourcesOf(world, 'first')).toEqual(nothing);

    world.sandbox.faults.set([NO_CAPACITY('ml.c5.large')]);
    await world.activities.createEndpoint(context);
    expect((await liveOn(world, 'first'))?.variants).toMatchObject([
      { name: 'v1', instanceType: 'ml.c5.xlarge', instanceCount: 1 },
    ]);
  });

  test('without an alternative it is said as what it is, not as a container that failed', async () => {
    const incumbent = await deployFirst(world, 'bare');
    const context = contextFor(specFor('bare', { name: 'v2' }), 2, incumbent);
    world.sandbox.faults.set([NO_CAPACITY('ml.m5.large')]);
    await world.activities.deploy({ ...context, to: 'split' });
    const awaited = { endpoint: 'bare', configName: context.names.split, sharesPct: null };
    const failure = await failureOf(world.activities.awaitEndpoint(awaited));
    expect(failure.type).toBe('CapacityUnavailable');
    expect(failure.text).toContain('InsufficientInstanceCapacity');
  });

  test('to grow a candidate before its share, its share does not grow', async () => {
    const incumbent = await deployFirst(world, 'small', { count: 4 });
    const context = contextFor(specFor('small', { name: 'v2' }), 2, incumbent);
    const configName = context.names.split;
    await world.activities.deploy({ ...context, to: 'split' });
    await world.activities.awaitEndpoint({ endpoint: 'small', configName, sharesPct: null });
    world.sandbox.faults.set([
      {
        id: 'grow',
        match: { operation: 'UpdateEndpointWeightsAndCapacities' },
        then: { fault: 'insufficientCapacity' },
      },
    ]);
    const failure = await failureOf(world.activities.shiftTraffic({ ...context, layout: splitAt(50) }));
    expect(failure.type).toBe('CapacityUnavailable');
    expect(failure.text).toMatch(/^v2 needs 2 instances for its share and AWS gave 1: .*InsufficientInstanceCapacity/);
    expect((await liveOn(world, 'small'))?.variants).toMatchObject([{ sharePct: 100 }, { sharePct: 0 }]);
  });
});

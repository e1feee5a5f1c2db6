import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LookRequest, PlannedContext } from '../../activities/types';
import type { ShadowStage } from '../../spec/types';
import {
  contextFor,
  deployFirst,
  failureOf,
  liveOn,
  resourcesOf,
  specFor,
  startWorld,
} from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { makeBuckets } from '../support/evidence';

const shadow: ShadowStage = {
  kind: 'shadow',
  engine: 'experiment',
  samplePct: 50,
  until: { pairs: 10, atMostMs: 3_600_000 },
  onInconclusive: 'rollBack',
};

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['capture']);
});
afterAll(() => world.stop());

async function shadowing(endpoint: string): Promise<PlannedContext> {
  const incumbent = await deployFirst(world, endpoint);
  const spec = specFor(endpoint, { name: 'v2' }, { stages: [shadow, ...specFor('x', { name: 'v2' }).stages] });
  const context = contextFor(spec, 2, incumbent);
  await world.activities.deploy({ ...context, to: 'shadowed' });
  // A repetition, as after a lost answer, finds what the first one began.
  await world.activities.deploy({ ...context, to: 'shadowed' });
  return context;
}

function lookOf(context: PlannedContext): LookRequest {
  return {
    ...context,
    layout: { kind: 'shadowed', sharesPct: {}, copyPct: 50, groups: [], epoch: 1 },
    bandit: null,
    holding: null,
    shares: [],
    guards: [],
    traffic: { requests: {}, lastLook: null, pairs: 0, compared: [], throughMs: 0 },
  };
}

describe('a shadow by inference experiment', () => {
  test('runs on the endpoint’s own incumbent, is left for a split, and leaves nothing of itself behind', async () => {
    const context = await shadowing('studied');
    const { ShadowProductionVariants } = await world.aws.sagemaker.describeEndpoint({ EndpointName: 'studied' });
    expect(ShadowProductionVariants?.map(({ VariantName }) => VariantName)).toEqual(['v2']);
    expect((await world.activities.judge(lookOf(context))).decisions.v2?.kind).toBe('undecided');
    await world.activities.deploy({ ...context, to: 'split' });
    const configName = context.names.split;
    await world.activities.awaitEndpoint({ endpoint: 'studied', configName, sharesPct: { v1: 100, v2: 0 } });
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
    await world.activities.collectGarbage({ ...context, keep: null });
    expect((await world.aws.sagemaker.listInferenceExperiments({})).InferenceExperiments).toEqual([]);
    expect(await liveOn(world, 'studied')).toMatchObject({ configName: context.incumbent?.configName });
  });

  test('goes back to the incumbent’s config from the middle of the experiment', async () => {
    const context = await shadowing('returned');
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
    expect(await resourcesOf(world, 'returned')).toMatchObject({
      endpoints: [{ status: 'InService', config: context.incumbent?.configName }],
    });
  });

  test('that somebody stopped is noticed at the next look', async () => {
    const context = await shadowing('stopped');
    await world.aws.sagemaker.stopInferenceExperiment({
      Name: context.names.shadowed,
      ModelVariantActions: { v1: 'Retain', v2: 'Remove' },
    });
    expect((await failureOf(world.activities.judge(lookOf(context)))).type).toMatch(/SilentRollback|OutsideChange/);
  });
});

import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { LookRequest, PlannedContext } from '../../activities/types';
import type { DeploymentReading } from '../../rollout';
import type { BlueGreenByGuardrails, GuardrailShift } from '../../spec/types';
import {
  contextFor,
  deleteEndpoints,
  deployFirst,
  failureOf,
  liveOn,
  resourcesOf,
  specFor,
  startWorld,
} from '../support/activity-world';
import type { ActivityWorld } from '../support/activity-world';
import { makeBuckets } from '../support/evidence';
import { whileFrozen } from '../support/sandbox/harness';
import { until } from '../scripts/until';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const HALF: GuardrailShift = { kind: 'canary', sizePct: 50, waitMs: MINUTE_MS };
const LONG: GuardrailShift = { kind: 'canary', sizePct: 50, waitMs: HOUR_MS };

let world: ActivityWorld;
beforeAll(async () => {
  world = await startWorld();
  await makeBuckets(world, ['capture']);
});
/** CloudWatch's minutes are real ones: each test begins in a fresh one, with room in it. */
beforeEach(() => {
  const { clock } = world.sandbox;
  clock.set(Math.ceil(clock.now() / MINUTE_MS) * MINUTE_MS + 1_000);
});
/** Instances of an account are limited, in the sandbox too. */
afterEach(() => deleteEndpoints(world));
afterAll(() => world.stop());

interface Wanted {
  readonly shift?: GuardrailShift;
  readonly count?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly alarms?: readonly string[];
}

/** An endpoint with its incumbent, and a rollout on it whose one stage is SageMaker's. */
async function rolloutOn(endpoint: string, wanted: Wanted = {}): Promise<PlannedContext> {
  const { shift = LONG, count = 2, env = {}, alarms = [] } = wanted;
  const incumbent = await deployFirst(world, endpoint, { count });
  const stage: BlueGreenByGuardrails = {
    kind: 'blueGreen',
    engine: 'guardrails',
    shift,
    terminationWaitMs: 0,
    maximumMs: 4 * HOUR_MS,
    alarms,
    onInconclusive: 'rollBack',
  };
  const spec = specFor(endpoint, { name: 'v2', env, count }, { stages: [stage], counts: { from: 'cloudwatch' } });
  return contextFor(spec, 2, incumbent);
}

const start = (context: PlannedContext): Promise<void> => world.activities.startGuardrails({ ...context, stage: 0 });

async function follow(
  context: PlannedContext,
  options: { readonly fromMs?: number; readonly nowMs?: number } = {}
): ReturnType<typeof world.activities.followGuardrails> {
  const nowMs = options.nowMs ?? world.sandbox.clock.now();
  const request: LookRequest = {
    ...context,
    layout: { kind: 'single', sharesPct: {}, copyPct: 0, groups: [], epoch: 1 },
    shares: [],
    guards: [],
    traffic: { requests: {}, lastLook: null, pairs: 0, compared: [], throughMs: options.fromMs ?? 0 },
    bandit: null,
    holding: null,
  };
  return world.activitiesAt(() => nowMs).followGuardrails({ ...request, stage: 0 });
}

async function untilStage(context: PlannedContext, stage: string): Promise<DeploymentReading> {
  return until(
    async () => (await follow(context)).reading,
    (reading) => (stage === 'through' ? reading.isThrough : reading.stage === stage)
  );
}

async function callTimes(endpoint: string, times: number): Promise<number> {
  let failed = 0;
  for (let i = 0; i < times; i++) {
    const Body = JSON.stringify({ truth: 'good', draw: i / times });
    const call = world.aws.runtime.send(
      new InvokeEndpointCommand({ EndpointName: endpoint, ContentType: 'application/json', Body })
    );
    await call.catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'ModelError' });
      failed++;
    });
  }
  await fetch(`${world.sandbox.url}/_sandbox/flush`, { method: 'POST' });
  return failed;
}

/** At the sandbox's speed an hour's bake is over in 3.6 s, and calls may take as long on a busy machine: it stands still meanwhile. */
const callInTheBake = (endpoint: string, times: number): Promise<number> =>
  whileFrozen(world, () => callTimes(endpoint, times));

async function alarmsOf(endpoint: string): Promise<readonly string[]> {
  const { sagemaker } = world.aws;
  const { LastDeploymentConfig } = await sagemaker.describeEndpoint({ EndpointName: endpoint });
  return (LastDeploymentConfig?.AutoRollbackConfiguration?.Alarms ?? []).map(({ AlarmName }) => AlarmName ?? '');
}

async function existingAlarms(prefix: string): Promise<readonly (string | undefined)[]> {
  const command = new DescribeAlarmsCommand({ AlarmNamePrefix: `sluice-${prefix}` });
  return ((await world.aws.cloudwatch.send(command)).MetricAlarms ?? []).map(({ AlarmName }) => AlarmName);
}

describe('a canary by SageMaker’s guardrails', () => {
  test('bakes, and goes through; the variant keeps its name, and the next rollout is told the version', async () => {
    const context = await rolloutOn('through', { shift: HALF });
    await start(context);
    // A repetition of what was asked for asks for nothing.
    await start(context);
    await untilStage(context, 'through');
    expect(await liveOn(world, 'through')).toMatchObject({
      configName: 'through-v2-r2',
      variants: [{ name: 'v1', version: 'v2', modelName: context.names.models.v2, sharePct: 100, instanceCount: 2 }],
    });
    expect(await alarmsOf('through')).toEqual(['sluice-through-v2-r2-errors', 'sluice-through-v2-r2-abort']);

    await world.activities.collectGarbage({ ...context, keep: 'v2' });
    expect(await resourcesOf(world, 'through')).toMatchObject({ configs: ['through-v2-r2'] });
    expect(await existingAlarms('through')).toEqual([]);
  });

  test('keeps the live instance count, and shows its stage while it bakes', async () => {
    const context = await rolloutOn('scaled', { count: 2 });
    await world.aws.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'scaled',
      DesiredWeightsAndCapacities: [{ VariantName: 'v1', DesiredInstanceCount: 4 }],
    });
    const { configName } = context.incumbent ?? { configName: '' };
    await world.activities.awaitEndpoint({ endpoint: 'scaled', configName, sharesPct: null });
    await start(context);
    const reading = await untilStage(context, 'Baking');
    expect(reading).toMatchObject({ isThrough: false, stage: 'Baking' });
    expect(reading.stageSinceMs).toBeGreaterThan(0);
    const { PendingDeploymentSummary } = await world.aws.sagemaker.describeEndpoint({ EndpointName: 'scaled' });
    expect(PendingDeploymentSummary?.ProductionVariants?.[0]?.DesiredInstanceCount).toBe(4);
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
  });

  test('tells the fleets apart by their endpoint configs, exactly', async () => {
    const context = await rolloutOn('apart');
    await start(context);
    await untilStage(context, 'Baking');
    const minute = Math.floor(world.sandbox.clock.now() / MINUTE_MS) * MINUTE_MS;
    await callInTheBake('apart', 40);
    const { look } = await follow(context, { fromMs: minute, nowMs: minute + 4 * MINUTE_MS });
    const { v1 = 0, v2 = 0 } = look.traffic.requests;
    expect(v1 + v2).toBe(40);
    expect(v2).toBeGreaterThan(5);
    expect(v1).toBeGreaterThan(5);
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
  });

  test('whose new fleet fails is rolled back by SageMaker, which is noticed with the alarm’s name', async () => {
    const context = await rolloutOn('failing', { env: { ERRORS: '1' } });
    await callTimes('failing', 20);
    await start(context);
    expect(await existingAlarms('failing')).toHaveLength(3);
    await untilStage(context, 'Baking');
    expect(await callInTheBake('failing', 60)).toBeGreaterThanOrEqual(5);
    world.sandbox.clock.advance(MINUTE_MS);
    const ended = await until(
      () =>
        follow(context).then(
          () => null,
          () => failureOf(follow(context))
        ),
      (failure) => failure !== null
    );
    expect(ended?.type).toBe('SilentRollback');
    expect(ended?.text).toContain('sluice-failing-v2-r2-errors');
    expect(await liveOn(world, 'failing')).toMatchObject({ configName: 'failing-v1-r1' });
  });

  test('is stopped mid-bake by the abort alarm, and nothing of it is left', async () => {
    const context = await rolloutOn('stopped', { shift: LONG });
    const before = await resourcesOf(world, 'stopped');
    await start(context);
    await untilStage(context, 'Baking');
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
    const { FailureReason } = await world.aws.sagemaker.describeEndpoint({ EndpointName: 'stopped' });
    expect(FailureReason).toContain('[sluice-stopped-v2-r2-abort]');
    await world.activities.collectGarbage({ ...context, keep: null });
    expect(await resourcesOf(world, 'stopped')).toEqual(before);
    expect(await existingAlarms('stopped')).toEqual([]);
  });

  test('that is through is undone by the incumbent’s own config', async () => {
    const context = await rolloutOn('undone', { shift: { kind: 'allAtOnce', waitMs: 0 } });
    const before = await resourcesOf(world, 'undone');
    await start(context);
    await untilStage(context, 'through');
    await world.activities.restoreIncumbent({ ...context, doubtful: false });
    await world.activities.collectGarbage({ ...context, keep: null });
    expect(await resourcesOf(world, 'undone')).toEqual(before);
  });
});

describe('SageMaker shifts step by step', () => {
  test.each<[string, GuardrailShift]>([
    ['linear', { kind: 'linear', stepPct: 25, waitMs: 30 * MINUTE_MS }],
    ['rolling', { kind: 'rolling', batchPct: 25, waitMs: 30 * MINUTE_MS }],
  ])('%s: a quarter of the fleet after another, each baked, while every request is answered', async (kind, shift) => {
    const context = await rolloutOn(kind, { shift, count: 4 });
    await start(context);
    const bakes = new Set<number>();
    let isThrough = false;
    // Beside the readings, so that these come often enough to see each bake of less than two seconds.
    const calling = (async () => {
      let [called, failed] = [0, 0];
      for (; !isThrough; called += 5) failed += await callTimes(kind, 5);
      return { called, failed };
    })();
    try {
      while (!isThrough) {
        const { reading } = await follow(context);
        if (reading.stage === 'Baking' && reading.stageSinceMs !== null) bakes.add(reading.stageSinceMs);
        isThrough = reading.isThrough;
      }
    } finally {
      isThrough = true;
    }
    const { called, failed } = await calling;
    expect(failed).toBe(0);
    expect(called).toBeGreaterThan(10);
    expect(bakes.size).toBe(4);
    expect(await liveOn(world, kind)).toMatchObject({
      configName: `${kind}-v2-r2`,
      variants: [{ name: 'v1', version: 'v2', sharePct: 100, instanceCount: 4 }],
    });
    const { LastDeploymentConfig: config } = await world.aws.sagemaker.describeEndpoint({ EndpointName: kind });
    const quarter = { Type: 'CAPACITY_PERCENT', Value: 25 };
    expect(
      kind === 'linear'
        ? config?.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration
        : { Type: 'ROLLING', ...config?.RollingUpdatePolicy }
    ).toMatchObject(
      kind === 'linear' ? { Type: 'LINEAR', LinearStepSize: quarter } : { Type: 'ROLLING', MaximumBatchSize: quarter }
    );
  });

  test('rolling whose first batch fails gives the instances back', async () => {
    const shift: GuardrailShift = { kind: 'rolling', batchPct: 50, waitMs: HOUR_MS };
    const context = await rolloutOn('rolled', { shift, env: { ERRORS: '1' } });
    await callTimes('rolled', 20);
    await start(context);
    await untilStage(context, 'Baking');
    expect(await callInTheBake('rolled', 60)).toBeGreaterThanOrEqual(5);
    world.sandbox.clock.advance(MINUTE_MS);
    const ended = await until(
      () =>
        follow(context).then(
          () => null,
          () => failureOf(follow(context))
        ),
      (failure) => failure !== null
    );
    expect(ended?.text).toContain('sluice-rolled-v2-r2-errors');
    expect(await liveOn(world, 'rolled')).toMatchObject({
      configName: 'rolled-v1-r1',
      variants: [{ name: 'v1', instanceCount: 2 }],
    });
    expect(await callTimes('rolled', 20)).toBe(0);
  });
});

describe('a live fleet that guardrails do not shift is refused before anything is made', () => {
  test.each([
    [
      'serverless',
      { ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 2 } },
      'it is serverless, so it has no instances to shift; write `shift: allAtOnce`.',
    ],
    [
      'inf1',
      { InstanceType: 'ml.inf1.xlarge' as const, InitialInstanceCount: 2 },
      'ml.inf1.xlarge is replaced all at once and without a bake; write `engine: weights`.',
    ],
  ] as const)('%s', async (endpoint, machines, text) => {
    const { sagemaker } = world.aws;
    const spec = specFor(endpoint, { name: 'v1' });
    await sagemaker.createModel({
      ModelName: `${endpoint}-live`,
      ExecutionRoleArn: spec.aws.role,
      PrimaryContainer: { Image: 'classifier:1' },
    });
    await sagemaker.createEndpointConfig({
      EndpointConfigName: `${endpoint}-live`,
      ProductionVariants: [{ VariantName: 'v1', ModelName: `${endpoint}-live`, ...machines }],
    });
    await sagemaker.createEndpoint({ EndpointName: endpoint, EndpointConfigName: `${endpoint}-live` });
    await world.activities.awaitEndpoint({ endpoint, configName: `${endpoint}-live`, sharesPct: null });
    const before = await resourcesOf(world, endpoint);
    const stage: BlueGreenByGuardrails = {
      kind: 'blueGreen',
      engine: 'guardrails',
      shift: HALF,
      terminationWaitMs: 0,
      maximumMs: HOUR_MS,
      alarms: [],
      onInconclusive: 'rollBack',
    };
    const incumbent = {
      variant: 'v1',
      version: 'v1',
      modelName: `${endpoint}-live`,
      configName: `${endpoint}-live`,
      instanceType: 'ml.m5.large',
      instanceCount: 2,
    };
    const context = contextFor(specFor(endpoint, { name: 'v2' }, { stages: [stage] }), 2, incumbent);
    expect(await failureOf(start(context))).toEqual({
      type: 'InvalidRequest',
      text: `SageMaker’s guardrails cannot take v1: ${text}`,
    });
    expect(await resourcesOf(world, endpoint)).toEqual(before);
    expect(await existingAlarms(endpoint)).toEqual([]);
  });
});

describe('what guardrails cannot do is refused before anything is made', () => {
  test.each([
    [{ shift: HALF, count: 1 }, '`canary: 50%` of 1 live instance is less than one; write `shift: allAtOnce`'],
    [
      { shift: { kind: 'linear', stepPct: 10, waitMs: 0 }, count: 4 },
      '`linear: 10%` of 4 live instances is less than one; write `linear: 25%` or more, or write `engine: weights`',
    ],
    [{ alarms: ['no-such'] }, 'no-such: no such alarm in CloudWatch'],
  ] as readonly (readonly [Wanted, string])[])('%j', async (wanted, text) => {
    const endpoint = `refused-${wanted.shift?.kind ?? 'alarm'}`;
    const context = await rolloutOn(endpoint, wanted);
    const before = await resourcesOf(world, endpoint);
    const found = await failureOf(start(context));
    expect(found.type).toBe('InvalidRequest');
    expect(found.text).toContain(text);
    expect(await resourcesOf(world, endpoint)).toEqual(before);
    expect(await existingAlarms(endpoint)).toEqual([]);
  });
});

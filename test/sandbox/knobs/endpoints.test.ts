import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DeploymentConfig } from '@aws-sdk/client-sagemaker';
import type { Knobs } from '../../../sandbox/knobs/knobs';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  createEndpoint,
  errorOf,
  invoke,
  ROLE,
  settledEndpoint,
  startTestSandbox,
  until,
  whileFrozen,
} from '../../support/sandbox/harness';

const ALL = { TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 1 } } as const;
const bake = (seconds: number): DeploymentConfig => ({
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: { ...ALL.TrafficRoutingConfiguration, WaitIntervalInSeconds: seconds },
  },
});
const one = { Type: 'INSTANCE_COUNT', Value: 1 } as const;
const alarmed = (name: string): DeploymentConfig => ({
  BlueGreenUpdatePolicy: ALL,
  AutoRollbackConfiguration: { Alarms: [{ AlarmName: name }] },
});

async function prepare(box: TestSandbox, name: string, { count = 1, variant = 'v' } = {}): Promise<void> {
  await createEndpoint(box.sagemaker, { name, variants: [{ name: 'v', count, env: { REPLY: 'old' } }] });
  await createConfig(box.sagemaker, { name: `${name}-2`, variants: [{ name: variant, count, env: { REPLY: 'new' } }] });
}

const update = (box: TestSandbox, name: string, config?: DeploymentConfig, more: object = {}) =>
  box.sagemaker.updateEndpoint({
    EndpointName: name,
    EndpointConfigName: `${name}-2`,
    ...(config ? { DeploymentConfig: config } : {}),
    ...more,
  });

async function ringing(box: TestSandbox, name: string): Promise<void> {
  await box.cloudWatch.putMetricAlarm({
    ...{
      AlarmName: name,
      Namespace: 'Own',
      MetricName: 'Bad',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 1,
    },
    ...{ EvaluationPeriods: 1, Period: 60, Statistic: 'Sum', TreatMissingData: 'ignore' },
  });
  await box.cloudWatch.setAlarmState({ AlarmName: name, StateValue: 'ALARM', StateReason: 'test' });
}

/** An endpoint of two instances in `UpdateRollbackFailed`. */
async function mixed(box: TestSandbox, name: string): Promise<void> {
  await prepare(box, name, { count: 2 });
  box.sandbox.faults.set([
    { id: 'back', then: { fault: 'rollback', reason: 'an alarm rang' } },
    { id: 'mixed', then: { fault: 'rollbackFails' } },
  ]);
  await update(box, name, { RollingUpdatePolicy: { MaximumBatchSize: one, WaitIntervalInSeconds: 60 } });
  expect((await settledEndpoint(box.sagemaker, name)).EndpointStatus).toBe('UpdateRollbackFailed');
  box.sandbox.faults.clear();
}

function withKnobs(knobs: Partial<Knobs>): () => TestSandbox {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox({ knobs: { instancesPerType: 100, ...knobs } })));
  afterAll(() => box.stop());
  return () => box;
}

describe('an endpoint with every switch the other way', () => {
  const at = withKnobs({
    rollbackStatus: 'Updating',
    inServiceAfter: 'trafficShift',
    missingAlarm: 'ignored',
    ringingAlarm: 'refused',
    renamedVariants: 'allowed',
    bothDeploymentConfigs: 'retained',
    rollbackFailedShows: 'new',
    rollbackFailedTakes: 'weights',
    multiModelCombinations: 'allowed',
    shadowWeights: 'refused',
    shadowTarget: 'served',
    texts: [
      { match: '^Could not find endpoint "(.*)"\\.$', text: 'No $1 here.' },
      { match: '^Endpoint (\\S+) of account .*', text: 'Who is $1?' },
    ],
  });

  test('shows Updating while an update is undone, in the list as well', async () => {
    const box = at();
    await prepare(box, 'undone');
    box.sandbox.faults.set([
      { id: 'back', then: { fault: 'rollback', at: 'baking' } },
      { id: 'hold', match: { resource: 'undone' }, then: { fault: 'stuck', status: 'RollingBack' } },
    ]);
    await update(box, 'undone', bake(1));
    await until(async () => {
      const state = (await (await fetch(`${box.sandbox.url}/_sandbox/journal`)).json()) as {
        readonly events: readonly { readonly resource: string; readonly to?: string }[];
      };
      return state.events.some(({ resource, to }) => resource === 'undone' && to === 'RollingBack');
    });
    const shown = await box.sagemaker.describeEndpoint({ EndpointName: 'undone' });
    expect(shown.EndpointStatus).toBe('Updating');
    const { Endpoints = [] } = await box.sagemaker.listEndpoints({ StatusEquals: 'Updating' });
    expect(Endpoints.map(({ EndpointName, EndpointStatus }) => [EndpointName, EndpointStatus])).toEqual([
      ['undone', 'Updating'],
    ]);
    box.sandbox.faults.clear();
    expect((await settledEndpoint(box.sagemaker, 'undone')).EndpointConfigName).toBe('undone');
  });

  test('is in service when the traffic has moved, and its old fleet ends after the wait', async () => {
    const box = at();
    await prepare(box, 'early');
    // An hour is to last while it is looked at.
    const { speed } = box.sandbox.clock;
    box.sandbox.clock.setSpeed(speed / 4);
    await update(box, 'early', { BlueGreenUpdatePolicy: { ...ALL, TerminationWaitInSeconds: 3_600 } });
    expect((await settledEndpoint(box.sagemaker, 'early')).EndpointConfigName).toBe('early-2');
    const journal = async (): Promise<string> => (await fetch(`${box.sandbox.url}/_sandbox/journal`)).text();
    const ended = (text: string) => (text.match(/"resource":"early\/v\/[^"]*","to":"not serving"/g) ?? []).length;
    expect(ended(await journal())).toBe(0);
    box.sandbox.clock.setSpeed(speed);
    box.sandbox.clock.advance(3_600_000);
    await until(async () => ended(await journal()) === 1);
    expect((await invoke(box.runtime, 'early')).text).toBe('new');
  });

  test('takes an update whose alarm does not exist, and refuses one whose alarm rings', async () => {
    const box = at();
    await prepare(box, 'alarms');
    await ringing(box, 'rings');
    expect((await errorOf(update(box, 'alarms', alarmed('rings')))).message).toContain('[rings]');
    await update(box, 'alarms', alarmed('ghost'));
    expect((await settledEndpoint(box.sagemaker, 'alarms')).EndpointConfigName).toBe('alarms-2');
  });

  test.each<[string, DeploymentConfig]>([
    ['rolling', { RollingUpdatePolicy: { MaximumBatchSize: one, WaitIntervalInSeconds: 1 } }],
    [
      'canary',
      {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'CANARY', WaitIntervalInSeconds: 1, CanarySize: one },
        },
      },
    ],
  ])('shifts traffic to a variant of another name by %s', async (name, config) => {
    const box = at();
    await prepare(box, name, { count: 2, variant: 'renamed' });
    await update(box, name, config);
    const { ProductionVariants: live } = await settledEndpoint(box.sagemaker, name);
    expect(live).toMatchObject([{ VariantName: 'renamed', CurrentInstanceCount: 2 }]);
    expect(await invoke(box.runtime, name)).toEqual({ text: 'new', variant: 'renamed' });
  });

  test('keeps the retained deployment configuration where one is given as well', async () => {
    const box = at();
    await prepare(box, 'kept');
    await update(box, 'kept', bake(1));
    await settledEndpoint(box.sagemaker, 'kept');
    await update(box, 'kept', bake(2), { RetainDeploymentConfig: true });
    expect((await settledEndpoint(box.sagemaker, 'kept')).LastDeploymentConfig).toEqual(bake(1));
  });

  test('shows the new deployment after a failed rollback, and takes weights and counts of the old one', async () => {
    const box = at();
    await mixed(box, 'mix');
    expect((await box.sagemaker.describeEndpoint({ EndpointName: 'mix' })).EndpointConfigName).toBe('mix-2');
    await box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'mix',
      DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredInstanceCount: 1 }],
    });
    expect((await settledEndpoint(box.sagemaker, 'mix')).EndpointStatus).toBe('UpdateRollbackFailed');
    const texts = new Set<string>();
    await until(async () => texts.add((await invoke(box.runtime, 'mix')).text).size === 2);
  });

  test('may combine multi-model containers with others', async () => {
    const many = (name: string) => ({
      ...{ Image: 'server:1', ContainerHostname: name, Mode: 'MultiModel', ModelDataUrl: 's3://models/all/' },
    });
    for (const mode of ['Direct', 'Serial'] as const)
      await at().sagemaker.createModel({
        ModelName: `many-${mode}`,
        ExecutionRoleArn: ROLE,
        Containers: [many('a'), many('b')],
        InferenceExecutionConfig: { Mode: mode },
      } as Parameters<TestSandbox['sagemaker']['createModel']>[0]);
  });

  test('answers from a shadow that is named, and keeps its weight', async () => {
    const box = at();
    await createConfig(box.sagemaker, { name: 'parts', variants: [{ name: 'live' }, { name: 'dark' }] });
    const variant = (name: string) =>
      ({
        VariantName: name,
        ModelName: `parts-${name}`,
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: 1,
      }) as const;
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'shadowed',
      ProductionVariants: [variant('live')],
      ShadowProductionVariants: [variant('dark')],
    });
    await box.sagemaker.createEndpoint({ EndpointName: 'shadowed', EndpointConfigName: 'shadowed' });
    await settledEndpoint(box.sagemaker, 'shadowed');
    expect((await invoke(box.runtime, 'shadowed', { targetVariant: 'dark' })).text).toBe('dark');
    const weights = box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'shadowed',
      DesiredWeightsAndCapacities: [{ VariantName: 'dark', DesiredWeight: 2 }],
    });
    expect((await errorOf(weights)).message).toContain('"dark"');
  });

  test('words refusals as it is told to', async () => {
    const { sagemaker, runtime } = at();
    expect((await errorOf(sagemaker.describeEndpoint({ EndpointName: 'ghost' }))).message).toMatch(
      /^No arn:aws:sagemaker:.*\/ghost here\.$/
    );
    expect((await errorOf(invoke(runtime, 'ghost'))).message).toBe('Who is ghost?');
  });
});

describe('an endpoint with the third ways', () => {
  const at = withKnobs({
    ringingAlarm: 'ignored',
    bothDeploymentConfigs: 'refused',
    rollbackFailedTakes: 'deletion',
    rollingRollbackBakes: true,
    // A fleet comes in no time, a change of weights takes an hour.
    provisionMs: 0,
    weightsMs: 3_600_000,
  });

  test('is updated past an alarm that rang before, and not with two deployment configurations', async () => {
    const box = at();
    await prepare(box, 'past');
    await ringing(box, 'rang');
    await update(box, 'past', alarmed('rang'));
    expect((await settledEndpoint(box.sagemaker, 'past')).EndpointConfigName).toBe('past-2');
    const both = update(box, 'past', bake(1), { RetainDeploymentConfig: true });
    expect((await errorOf(both)).message).toContain('RetainDeploymentConfig');
  });

  test('can only be deleted after a failed rollback', async () => {
    const box = at();
    await mixed(box, 'lost');
    expect((await errorOf(update(box, 'lost'))).message).toContain('UpdateRollbackFailed');
    await box.sagemaker.deleteEndpoint({ EndpointName: 'lost' });
  });

  test('bakes between the batches of a rolling rollback', async () => {
    const box = at();
    await prepare(box, 'slow', { count: 4 });
    box.sandbox.faults.set([{ id: 'back', when: { nth: 4 }, then: { fault: 'rollback', at: 'baking' } }]);
    await update(box, 'slow', {
      RollingUpdatePolicy: { MaximumBatchSize: one, RollbackMaximumBatchSize: one, WaitIntervalInSeconds: 3_600 },
    });
    const journal = async (): Promise<string> => (await fetch(`${box.sandbox.url}/_sandbox/journal`)).text();
    await until(async () => {
      if ((await journal()).includes('"resource":"slow","to":"rolling back"')) return true;
      box.sandbox.clock.advance(600_000);
      return false;
    });
    // Four batches, three bakes of an hour: after two of them it is still on its way.
    box.sandbox.clock.advance(3_000_000);
    expect((await box.sagemaker.describeEndpoint({ EndpointName: 'slow' })).EndpointStatus).toBe('RollingBack');
    await until(async () => {
      box.sandbox.clock.advance(600_000);
      return (await box.sagemaker.describeEndpoint({ EndpointName: 'slow' })).EndpointStatus === 'InService';
    });
  });

  test('takes the time that it is told to', async () => {
    const box = at();
    await createEndpoint(box.sagemaker, { name: 'times', variants: [{ name: 'v' }] });
    await whileFrozen(box, async () => {
      await box.sagemaker.updateEndpointWeightsAndCapacities({
        EndpointName: 'times',
        DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredWeight: 2 }],
      });
      box.sandbox.clock.advance(3_599_000);
      expect((await box.sagemaker.describeEndpoint({ EndpointName: 'times' })).EndpointStatus).toBe('Updating');
      box.sandbox.clock.advance(1_000);
    });
    expect((await settledEndpoint(box.sagemaker, 'times')).ProductionVariants?.[0]?.CurrentWeight).toBe(2);
  });
});

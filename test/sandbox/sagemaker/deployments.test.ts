import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { DeploymentConfig } from '@aws-sdk/client-sagemaker';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { deploymentPlan } from '../../../sandbox/sagemaker/deployment-plan';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  createEndpoint,
  errorOf,
  invoke,
  settledEndpoint,
  startTestSandbox,
  until,
} from '../../support/sandbox/harness';

const one = { Type: 'INSTANCE_COUNT', Value: 1 } as const;
const linear = (waitSeconds: number): DeploymentConfig => ({
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: { Type: 'LINEAR', WaitIntervalInSeconds: waitSeconds, LinearStepSize: one },
    TerminationWaitInSeconds: waitSeconds,
    MaximumExecutionTimeoutInSeconds: 28_800,
  },
});

/** An endpoint of `count` instances that answer `old`, and a configuration `<name>-2` whose answer `new`. */
async function prepare(box: TestSandbox, name: string, count: number): Promise<void> {
  await createEndpoint(box.sagemaker, { name, variants: [{ name: 'v', count, env: { REPLY: 'old' } }] });
  await createConfig(box.sagemaker, { name: `${name}-2`, variants: [{ name: 'v', count, env: { REPLY: 'new' } }] });
}

interface FleetState {
  readonly configName: string;
  readonly share: number;
  readonly variants: readonly { readonly instances: readonly { readonly outstanding: number }[] }[];
}

async function fleetsOf(box: TestSandbox, name: string): Promise<readonly FleetState[]> {
  const state = (await (await fetch(`${box.sandbox.url}/_sandbox/state`)).json()) as {
    readonly endpoints: readonly { readonly name: string; readonly fleets: readonly FleetState[] }[];
  };
  return state.endpoints.find((endpoint) => endpoint.name === name)?.fleets ?? [];
}

describe('deployments', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox({ knobs: { instancesPerType: 100 } })));
  afterEach(() => box.sandbox.faults.clear());
  afterAll(() => box.stop());

  const update = (name: string, config: DeploymentConfig | undefined, more: object = {}) =>
    box.sagemaker.updateEndpoint({
      EndpointName: name,
      EndpointConfigName: `${name}-2`,
      ...(config ? { DeploymentConfig: config } : {}),
      ...more,
    });

  test('a linear update takes its steps one bake at a time, and shows its stages', async () => {
    const { sagemaker, sandbox } = box;
    await prepare(box, 'steps', 3);
    await update('steps', linear(3_600));
    const stage = async (status: string) =>
      until(async () => {
        const described = await sagemaker.describeEndpoint({ EndpointName: 'steps' });
        const [pending] = described.PendingDeploymentSummary?.ProductionVariants ?? [];
        return pending?.VariantStatus?.[0]?.Status === status ? { described, pending } : undefined;
      });
    const shares: number[] = [];
    for (let step = 1; step <= 3; step += 1) {
      const { described, pending } = await until(async () => {
        const found = await stage('Baking');
        const fleets = await fleetsOf(box, 'steps');
        const share = fleets.find(({ configName }) => configName === 'steps-2')?.share ?? 0;
        return share > (shares.at(-1) ?? 0) ? { ...found, share: shares.push(share) } : undefined;
      });
      expect(described).toMatchObject({ EndpointStatus: 'Updating', EndpointConfigName: 'steps' });
      expect(pending).toMatchObject({ CurrentInstanceCount: 3, DesiredInstanceCount: 3, CurrentWeight: 1 });
      sandbox.clock.advance(3_600_000);
    }
    expect(shares.map((share) => Math.round(share * 3))).toEqual([1, 2, 3]);
    await until(async () => {
      const { ProductionVariants: live } = await sagemaker.describeEndpoint({ EndpointName: 'steps' });
      return live?.[0]?.VariantStatus?.[0]?.Status === 'Deleting';
    });
    sandbox.clock.advance(3_600_000);
    expect(await settledEndpoint(sagemaker, 'steps')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'steps-2',
    });
    expect(await fleetsOf(box, 'steps')).toMatchObject([{ configName: 'steps-2', share: 1 }]);
  });

  test('an alarm that rings in the second step of a linear update takes all traffic back', async () => {
    const { sagemaker, sandbox, cloudWatch } = box;
    await prepare(box, 'rings', 2);
    await cloudWatch.putMetricAlarm({
      AlarmName: 'rings',
      Namespace: 'Own',
      MetricName: 'Bad',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      Period: 60,
      Statistic: 'Sum',
      TreatMissingData: 'ignore',
    });
    await update('rings', { ...linear(3_600), AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'rings' }] } });
    const shareOfNew = async () =>
      (await fleetsOf(box, 'rings')).find(({ configName }) => configName === 'rings-2')?.share ?? 0;
    await until(async () => (await shareOfNew()) === 0.5);
    sandbox.clock.advance(3_600_000);
    await until(async () => (await shareOfNew()) === 1);
    await cloudWatch.setAlarmState({ AlarmName: 'rings', StateValue: 'ALARM', StateReason: 'test' });
    const after = await settledEndpoint(sagemaker, 'rings');
    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'rings' });
    expect(after.FailureReason).toContain('[rings]');
    expect((await invoke(box.runtime, 'rings')).text).toBe('old');
  });

  test('a rolling update is undone in batches of the size that it names', async () => {
    const { sagemaker, sandbox } = box;
    await prepare(box, 'batches', 4);
    sandbox.faults.set([
      { id: 'back', when: { nth: 3 }, then: { fault: 'rollback', reason: 'no' } },
      // Every batch takes its time to come, or a busy watcher might miss one.
      { id: 'slow', match: { resource: 'batches' }, then: { fault: 'slowStart', byProviderMs: 200_000 } },
    ]);
    const seen = new Set<string>();
    await update('batches', {
      RollingUpdatePolicy: {
        MaximumBatchSize: one,
        WaitIntervalInSeconds: 0,
        RollbackMaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 },
      },
    });
    const watch = async () => {
      for (;;) {
        const [blue] = (await fleetsOf(box, 'batches')).filter(({ configName }) => configName === 'batches');
        const status = (await sagemaker.describeEndpoint({ EndpointName: 'batches' })).EndpointStatus;
        if (blue) seen.add(`${status}: ${blue.variants[0]?.instances.length} at ${blue.share.toFixed(3)}`);
        if (status === 'InService') return;
      }
    };
    await watch();
    // Struck at a share of 3/4: half of that goes back first, so that the old fleet has 1/4 and 3/8.
    expect([...seen].filter((text) => /^RollingBack: [34] at 0\.625$/.test(text))).not.toEqual([]);
    expect(await settledEndpoint(sagemaker, 'batches')).toMatchObject({
      EndpointConfigName: 'batches',
      FailureReason: 'no',
    });
    expect(await fleetsOf(box, 'batches')).toMatchObject([{ share: 1, variants: [{ instances: { length: 4 } }] }]);
  });

  test('the last deployment configuration is used again when it is to be retained, and only then', async () => {
    const { sagemaker, sandbox } = box;
    await prepare(box, 'retain', 2);
    await update('retain', linear(0));
    expect((await settledEndpoint(sagemaker, 'retain')).LastDeploymentConfig).toMatchObject(linear(0));
    const steps = async (more: object) => {
      const { events } = (await (await fetch(`${sandbox.url}/_sandbox/journal`)).json()) as {
        readonly events: readonly { readonly sequence: number }[];
      };
      const after = events.at(-1)?.sequence ?? 0;
      sandbox.faults.set([{ id: 'count', when: { probability: 0 }, then: { fault: 'rollback', at: 'baking' } }]);
      await update('retain', undefined, more);
      await settledEndpoint(sagemaker, 'retain');
      expect(after).toBeGreaterThan(0);
      return sandbox.faults.list()[0]?.matched;
    };
    expect(await steps({ RetainDeploymentConfig: true })).toBe(2);
    expect(await steps({})).toBe(1);
  });

  test('what guardrails exclude is refused: other variant names step by step, rolling with several variants', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, { name: 'guard', variants: [{ name: 'v', count: 2 }] });
    await createConfig(sagemaker, { name: 'guard-2', variants: [{ name: 'w', count: 2 }] });
    expect((await errorOf(update('guard', linear(0)))).message).toContain(
      'must have the names of the current ones [v]'
    );
    await createConfig(sagemaker, { name: 'pair-2', variants: [{ name: 'v' }, { name: 'w' }] });
    await createEndpoint(sagemaker, { name: 'pair', variants: [{ name: 'v' }, { name: 'w' }] });
    const rolling = { RollingUpdatePolicy: { MaximumBatchSize: one, WaitIntervalInSeconds: 0 } };
    expect((await errorOf(update('pair', rolling))).message).toContain('not supported for endpoints with multiple');
    expect((await sagemaker.describeEndpoint({ EndpointName: 'guard' })).EndpointStatus).toBe('InService');
    await update('guard', undefined);
    expect((await settledEndpoint(sagemaker, 'guard')).ProductionVariants).toMatchObject([{ VariantName: 'w' }]);
  });

  test('Inf1 instances fall back to all at once without a bake, as AWS does without a word', () => {
    const config = { BlueGreenUpdatePolicy: { ...linear(600).BlueGreenUpdatePolicy } } as Parameters<
      typeof deploymentPlan
    >[0];
    const steps = (type: string) => deploymentPlan(config, { instances: 2, instanceTypes: [type] }).steps;
    expect(steps('ml.inf1.xlarge')).toEqual([{ greenShare: 1, bakeMs: 0 }]);
    expect(steps('ml.inf2.xlarge')).toHaveLength(2);
  });

  test('routing by least outstanding requests spreads what is under way evenly, random routing does not', async () => {
    const { sagemaker, sandbox } = box;
    await createConfig(sagemaker, { name: 'spread-model', variants: [{ name: 'v' }] });
    const highest = async (strategy: 'LEAST_OUTSTANDING_REQUESTS' | 'RANDOM') => {
      const name = `spread-${strategy === 'RANDOM' ? 'random' : 'least'}`;
      await sagemaker.createEndpointConfig({
        EndpointConfigName: name,
        ProductionVariants: [
          {
            VariantName: 'v',
            ModelName: 'spread-model-v',
            InstanceType: 'ml.m5.large',
            InitialInstanceCount: 4,
            RoutingConfig: { RoutingStrategy: strategy },
          },
        ],
      });
      await sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
      await settledEndpoint(sagemaker, name);
      const end = path.join(sandbox.dataDir, `${name}-end`);
      const body = JSON.stringify({ until: end });
      const calls = Array.from({ length: 24 }, () => invoke(box.runtime, name, { body }));
      const loads = await until(async () => {
        const [fleet] = await fleetsOf(box, name);
        const each = (fleet?.variants[0]?.instances ?? []).map(({ outstanding }) => outstanding);
        return each.reduce((sum, one) => sum + one, 0) === 24 && each;
      });
      writeFileSync(end, '');
      await Promise.all(calls);
      return Math.max(...loads);
    };
    expect(await highest('LEAST_OUTSTANDING_REQUESTS')).toBe(6);
    // That chance spreads 24 requests evenly over 4 instances has a probability of 1 %; the seed makes it certain that it does not.
    expect(await highest('RANDOM')).toBeGreaterThan(6);
  });
});

describe('a mix that a failed rollback left', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-mixed-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  test('comes back with both fleets after a restart, and can be deleted', async () => {
    const dataDir = path.join(dir, 'data');
    const first = await startTestSandbox({ dataDir });
    await prepare(first, 'mix', 2);
    first.sandbox.faults.set([
      { id: 'back', then: { fault: 'rollback', reason: 'no' } },
      { id: 'mixed', then: { fault: 'rollbackFails' } },
    ]);
    await first.sagemaker.updateEndpoint({
      EndpointName: 'mix',
      EndpointConfigName: 'mix-2',
      DeploymentConfig: { RollingUpdatePolicy: { MaximumBatchSize: one, WaitIntervalInSeconds: 0 } },
    });
    const before = await settledEndpoint(first.sagemaker, 'mix');
    expect(before.EndpointStatus).toBe('UpdateRollbackFailed');
    await first.stop();

    const second = await startTestSandbox({ dataDir });
    try {
      const texts = new Set<string>();
      await until(async () => texts.add((await invoke(second.runtime, 'mix')).text).size === 2);
      expect(texts).toEqual(new Set(['old', 'new']));
      const after = await second.sagemaker.describeEndpoint({ EndpointName: 'mix' });
      expect({ ...after, $metadata: undefined }).toEqual({ ...before, $metadata: undefined });
      expect(await fleetsOf(second, 'mix')).toMatchObject([
        { configName: 'mix', share: 0.5 },
        { configName: 'mix-2', share: 0.5 },
      ]);
      await second.sagemaker.deleteEndpoint({ EndpointName: 'mix' });
      await until(async () =>
        second.sagemaker.describeEndpoint({ EndpointName: 'mix' }).then(
          () => false,
          () => true
        )
      );
    } finally {
      await second.stop();
    }
  });
});

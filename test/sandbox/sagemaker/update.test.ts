import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestSandbox } from '../../support/sandbox/harness';
import {
  createConfig,
  createEndpoint,
  errorOf,
  invoke,
  settledEndpoint,
  startTestSandbox,
  whileFrozen,
} from '../../support/sandbox/harness';

describe('changing an endpoint', () => {
  let box: TestSandbox;
  beforeAll(async () => void (box = await startTestSandbox({ knobs: { instancesPerType: 100 } })));
  afterAll(() => box.stop());

  /** Invokes from several callers until told to stop; returns what was answered, and every failure. */
  function load(endpoint: string) {
    const texts: string[] = [];
    const failures: string[] = [];
    let isOn = true;
    const callers = Array.from({ length: 4 }, async () => {
      while (isOn) {
        try {
          texts.push((await invoke(box.runtime, endpoint, { body: '{"delayMs":5}' })).text);
        } catch (error) {
          failures.push(String(error));
        }
      }
    });
    return {
      stop: async () => {
        isOn = false;
        await Promise.all(callers);
        return { texts, failures };
      },
    };
  }

  test('an update shows the old configuration until the flip, and drops no request under load', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, { name: 'flip', variants: [{ name: 'main', count: 2, env: { REPLY: 'old' } }] });
    await createConfig(sagemaker, { name: 'flip-2', variants: [{ name: 'main', count: 2, env: { REPLY: 'new' } }] });
    const traffic = load('flip');
    await whileFrozen(box, async () => {
      await sagemaker.updateEndpoint({ EndpointName: 'flip', EndpointConfigName: 'flip-2' });
      const during = await sagemaker.describeEndpoint({ EndpointName: 'flip' });
      expect(during).toMatchObject({
        EndpointStatus: 'Updating',
        EndpointConfigName: 'flip',
        PendingDeploymentSummary: { EndpointConfigName: 'flip-2' },
      });
    });
    const after = await settledEndpoint(sagemaker, 'flip');
    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'flip-2' });
    expect(after.PendingDeploymentSummary).toBeUndefined();
    expect((await invoke(box.runtime, 'flip')).text).toBe('new');
    const { texts, failures } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(texts).toContain('old');
    expect(texts.at(-1)).toBe('new');
  });

  test('changes of weights and of instance counts drop no request under load', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, {
      name: 'scale',
      variants: [
        { name: 'a', weight: 1, count: 2 },
        { name: 'b', weight: 1 },
      ],
    });
    const traffic = load('scale');
    const change = async (
      wishes: Parameters<typeof sagemaker.updateEndpointWeightsAndCapacities>[0]['DesiredWeightsAndCapacities']
    ) => {
      await sagemaker.updateEndpointWeightsAndCapacities({
        EndpointName: 'scale',
        DesiredWeightsAndCapacities: wishes,
      });
      return settledEndpoint(sagemaker, 'scale');
    };
    await change([{ VariantName: 'a', DesiredWeight: 0 }]);
    expect((await invoke(box.runtime, 'scale')).text).toBe('b');
    await change([{ VariantName: 'b', DesiredInstanceCount: 3 }]);
    const last = await change([
      { VariantName: 'a', DesiredInstanceCount: 1, DesiredWeight: 5 },
      { VariantName: 'b', DesiredWeight: 0 },
    ]);
    expect(last.ProductionVariants).toMatchObject([
      { VariantName: 'a', CurrentWeight: 5, DesiredWeight: 5, CurrentInstanceCount: 1, DesiredInstanceCount: 1 },
      { VariantName: 'b', CurrentWeight: 0, DesiredWeight: 0, CurrentInstanceCount: 3, DesiredInstanceCount: 3 },
    ]);
    expect((await invoke(box.runtime, 'scale')).text).toBe('a');
    expect((await traffic.stop()).failures).toEqual([]);
  });

  test('a desired weight shows at once, the current one when the change is done', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, { name: 'slow', variants: [{ name: 'a' }] });
    await whileFrozen(box, async () => {
      await sagemaker.updateEndpointWeightsAndCapacities({
        EndpointName: 'slow',
        DesiredWeightsAndCapacities: [{ VariantName: 'a', DesiredWeight: 7 }],
      });
      const during = await sagemaker.describeEndpoint({ EndpointName: 'slow' });
      expect(during).toMatchObject({
        EndpointStatus: 'Updating',
        ProductionVariants: [{ CurrentWeight: 1, DesiredWeight: 7 }],
      });
    });
    expect((await settledEndpoint(sagemaker, 'slow')).ProductionVariants).toMatchObject([
      { CurrentWeight: 7, DesiredWeight: 7 },
    ]);
  });

  test('an update whose containers fail ends InService on the old configuration, with a reason, and never stops serving', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, { name: 'silent', variants: [{ name: 'main', env: { REPLY: 'old' } }] });
    await createConfig(sagemaker, { name: 'silent-2', variants: [{ name: 'main', env: { EXIT_AT_START: '1' } }] });
    const traffic = load('silent');
    await sagemaker.updateEndpoint({ EndpointName: 'silent', EndpointConfigName: 'silent-2' });
    const after = await settledEndpoint(sagemaker, 'silent');
    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'silent' });
    expect(after.FailureReason).toContain('did not pass the ping health check');
    expect(after.PendingDeploymentSummary).toBeUndefined();
    const { texts, failures } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(new Set(texts)).toEqual(new Set(['old']));
  });

  test('an update resets weights and counts to the new configuration unless they are retained', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, {
      name: 'keep',
      variants: [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 1 },
      ],
    });
    await sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'keep',
      DesiredWeightsAndCapacities: [{ VariantName: 'a', DesiredWeight: 9, DesiredInstanceCount: 2 }],
    });
    await settledEndpoint(sagemaker, 'keep');
    const update = async (options: object) => {
      await sagemaker.updateEndpoint({ EndpointName: 'keep', EndpointConfigName: 'keep', ...options });
      const { ProductionVariants: variants = [] } = await settledEndpoint(sagemaker, 'keep');
      return variants.map((variant) => [variant.CurrentWeight, variant.CurrentInstanceCount]);
    };
    expect(await update({ RetainAllVariantProperties: true })).toEqual([
      [9, 2],
      [1, 1],
    ]);
    expect(
      await update({
        RetainAllVariantProperties: true,
        ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
      })
    ).toEqual([
      [1, 2],
      [1, 1],
    ]);
    expect(await update({})).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test('a canary holds its share while it bakes and then takes all', async () => {
    const { sagemaker, sandbox } = box;
    await createEndpoint(sagemaker, { name: 'canary', variants: [{ name: 'main', count: 4, env: { REPLY: 'old' } }] });
    await createConfig(sagemaker, { name: 'canary-2', variants: [{ name: 'main', count: 4, env: { REPLY: 'new' } }] });
    const before = sandbox.clock.speed;
    await sagemaker.updateEndpoint({
      EndpointName: 'canary',
      EndpointConfigName: 'canary-2',
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: {
            Type: 'CANARY',
            WaitIntervalInSeconds: 3600,
            CanarySize: { Type: 'CAPACITY_PERCENT', Value: 25 },
          },
          MaximumExecutionTimeoutInSeconds: 28_800,
        },
      },
    });
    const stageOf = async () =>
      (await sagemaker.describeEndpoint({ EndpointName: 'canary' })).PendingDeploymentSummary?.ProductionVariants?.[0]
        ?.VariantStatus?.[0]?.Status;
    while ((await stageOf()) !== 'Baking')
      expect((await sagemaker.describeEndpoint({ EndpointName: 'canary' })).EndpointStatus).toBe('Updating');
    sandbox.clock.setSpeed(0.001);
    const answers = await Promise.all(Array.from({ length: 400 }, () => invoke(box.runtime, 'canary')));
    const share = answers.filter(({ text }) => text === 'new').length / 400;
    // 25 % of 400: five standard deviations are 0.108.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.108);
    sandbox.clock.setSpeed(before);
    sandbox.clock.advance(2 * 3_600_000);
    const after = await settledEndpoint(sagemaker, 'canary');
    expect(after).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'canary-2',
      LastDeploymentConfig: { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY' } } },
    });
  });

  test('a rolling update replaces the fleet batch by batch without dropping a request', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, { name: 'roll', variants: [{ name: 'main', count: 2, env: { REPLY: 'old' } }] });
    await createConfig(sagemaker, { name: 'roll-2', variants: [{ name: 'main', count: 2, env: { REPLY: 'new' } }] });
    const traffic = load('roll');
    await sagemaker.updateEndpoint({
      EndpointName: 'roll',
      EndpointConfigName: 'roll-2',
      DeploymentConfig: {
        RollingUpdatePolicy: { MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 }, WaitIntervalInSeconds: 60 },
      },
    });
    expect(await settledEndpoint(sagemaker, 'roll')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'roll-2',
    });
    const { texts, failures } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(texts).toContain('new');
  });

  test('a deployment that outlives its time limit is rolled back', async () => {
    const { sagemaker, sandbox } = box;
    await createEndpoint(sagemaker, { name: 'late', variants: [{ name: 'main', env: { REPLY: 'old' } }] });
    await createConfig(sagemaker, { name: 'late-2', variants: [{ name: 'main', env: { FAIL_PING: '1' } }] });
    await sagemaker.updateEndpoint({
      EndpointName: 'late',
      EndpointConfigName: 'late-2',
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 0 },
          MaximumExecutionTimeoutInSeconds: 600,
        },
      },
    });
    sandbox.clock.advance(600_000);
    const after = await settledEndpoint(sagemaker, 'late');
    expect(after).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'late' });
    expect(after.FailureReason).toContain('maximum execution timeout of 600 seconds');
  });

  test('weights for unknown or repeated variants are refused', async () => {
    const { sagemaker } = box;
    await createEndpoint(sagemaker, { name: 'names', variants: [{ name: 'a' }] });
    const said = async (names: readonly string[]) =>
      (
        await errorOf(
          sagemaker.updateEndpointWeightsAndCapacities({
            EndpointName: 'names',
            DesiredWeightsAndCapacities: names.map((VariantName) => ({ VariantName, DesiredWeight: 1 })),
          })
        )
      ).message;
    expect(await said(['ghost'])).toBe(
      'The variant name(s) "ghost" is/are not present within endpoint configuration "names".'
    );
    expect(await said(['a', 'a'])).toBe('The variant name "a" was non-unique within the request.');
    expect((await sagemaker.describeEndpoint({ EndpointName: 'names' })).EndpointStatus).toBe('InService');
  });

  test('an alarm to roll back by needs CloudWatch to know it', async () => {
    const { sagemaker } = box;
    const error = await errorOf(
      sagemaker.updateEndpoint({
        EndpointName: 'names',
        EndpointConfigName: 'names',
        DeploymentConfig: { AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'no-such-alarm' }] } },
      })
    );
    expect(error.name).toBe('ValidationException');
    expect(error.message).toMatch(/alarm|AutoRollback/i);
  });
});

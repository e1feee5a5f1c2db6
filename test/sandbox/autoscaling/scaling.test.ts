import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { scalingTables } from '../../../sandbox/autoscaling/tables';
import { openStore } from '../../../sandbox/engine/store';
import type { ScalingSandbox } from '../../support/sandbox/auto-scaling';
import {
  activitiesOf,
  minutesOfTraffic,
  scaledEndpoint,
  servingInstances,
  startMinute,
  startScalingSandbox,
  targetOf,
  untilCount,
} from '../../support/sandbox/auto-scaling';
import { createConfig, createEndpoint, errorOf, settledEndpoint, until } from '../../support/sandbox/harness';

const MINUTE_MS = 60_000;

const perInstance = (TargetValue: number, cooldowns: object = {}) =>
  ({
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue,
      PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
      ...cooldowns,
    },
  }) as const;

describe('auto scaling', () => {
  let box: ScalingSandbox;
  beforeAll(async () => {
    box = await startScalingSandbox();
  });
  afterAll(() => box.stop());
  // Containers of one test would take the quota and the processor of the next.
  afterEach(async () => {
    // A target that is left would begin the next change just when its endpoint has settled, and that one could not be deleted.
    const { ScalableTargets = [] } = await box.scaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' });
    for (const { ServiceNamespace, ResourceId, ScalableDimension } of ScalableTargets)
      await box.scaling.deregisterScalableTarget({ ServiceNamespace, ResourceId, ScalableDimension });
    for (const { EndpointName, EndpointStatus } of (await box.sagemaker.listEndpoints({})).Endpoints ?? []) {
      // One that the former test has deleted may be gone at any moment.
      if (EndpointStatus === 'Deleting') continue;
      await settledEndpoint(box.sagemaker, EndpointName ?? '');
      await box.sagemaker.deleteEndpoint({ EndpointName });
    }
  });

  test('target tracking starts processes under load, and ends them when the traffic stops', async () => {
    await scaledEndpoint(box, { name: 'tracked', limits: [1, 4] });
    const put = await box.scaling.putScalingPolicy({ ...targetOf('tracked'), PolicyName: 'load', ...perInstance(10) });
    expect(put.PolicyARN).toMatch(
      /^arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:[^:]+:resource\/sagemaker\/endpoint\/tracked\/variant\/v:policyName\/load$/
    );
    startMinute(box);
    await minutesOfTraffic(box, { endpoint: 'tracked', minutes: 3, perMinute: 25 });
    expect(await untilCount(box, 'tracked', 3)).toBe(3);
    const [out] = await until(async () => {
      const all = await activitiesOf(box.scaling, 'tracked');
      return all[0]?.StatusCode === 'Successful' && all;
    });
    expect(out).toMatchObject({
      Description: 'Setting desired instance count to 3.',
      Cause: expect.stringMatching(
        /^monitor alarm TargetTracking-endpoint\/tracked\/variant\/v-AlarmHigh-\S+ in state ALARM triggered policy load$/
      ),
      StatusMessage: 'Successfully set desired instance count to 3. Change successfully fulfilled by sagemaker.',
      EndTime: expect.any(Date),
    });

    box.sandbox.clock.advance(20 * MINUTE_MS);
    expect(await untilCount(box, 'tracked', 1)).toBe(1);
    expect((await activitiesOf(box.scaling, 'tracked'))[0]?.Cause).toContain('-AlarmLow-');
  });

  test('a policy makes the two alarms that AWS makes, and they go with it', async () => {
    await scaledEndpoint(box, { name: 'alarms', limits: [1, 2] });
    const at = { ...targetOf('alarms'), PolicyName: 'p' };
    const { Alarms, PolicyARN } = await box.scaling.putScalingPolicy({ ...at, ...perInstance(100) });
    const { MetricAlarms = [] } = await box.cloudWatch.describeAlarms({
      AlarmNamePrefix: 'TargetTracking-endpoint/alarms/variant/v-',
    });
    expect(MetricAlarms).toEqual([
      expect.objectContaining({
        AlarmName: expect.stringContaining('-AlarmHigh-'),
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 100,
        EvaluationPeriods: 3,
        Period: 60,
        Statistic: 'Sum',
        MetricName: 'InvocationsPerInstance',
        AlarmActions: [PolicyARN],
      }),
      expect.objectContaining({
        AlarmName: expect.stringContaining('-AlarmLow-'),
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 90,
        EvaluationPeriods: 15,
      }),
    ]);
    expect(Alarms?.map(({ AlarmARN }) => AlarmARN)).toEqual(MetricAlarms.map(({ AlarmArn }) => AlarmArn));

    const configuration = perInstance(50, { DisableScaleIn: true });
    const again = await box.scaling.putScalingPolicy({ ...at, ...configuration });
    expect(again.PolicyARN).toBe(PolicyARN);
    expect(again.Alarms?.map(({ AlarmName }) => AlarmName)).toEqual([MetricAlarms[0]?.AlarmName]);
    await box.scaling.deleteScalingPolicy(at);
    const left = await box.cloudWatch.describeAlarms({ AlarmNamePrefix: 'TargetTracking-endpoint/alarms/' });
    expect(left.MetricAlarms).toEqual([]);
  });

  test('within its cooldown a policy does nothing, however long its alarm rings', async () => {
    await scaledEndpoint(box, { name: 'cool', limits: [1, 4] });
    const day = { ScaleOutCooldown: 86_400 };
    await box.scaling.putScalingPolicy({ ...targetOf('cool'), PolicyName: 'p', ...perInstance(10, day) });
    startMinute(box);
    await minutesOfTraffic(box, { endpoint: 'cool', minutes: 3, perMinute: 15 });
    expect(await untilCount(box, 'cool', 2)).toBe(2);
    startMinute(box);
    await minutesOfTraffic(box, { endpoint: 'cool', minutes: 4, perMinute: 36 });
    await box.sandbox.clock.wait(30 * MINUTE_MS);
    expect(await servingInstances(box.sandbox.url, 'cool')).toBe(2);
    expect(await activitiesOf(box.scaling, 'cool')).toHaveLength(1);

    box.sandbox.clock.advance(86_400_000);
    startMinute(box);
    await minutesOfTraffic(box, { endpoint: 'cool', minutes: 3, perMinute: 36 });
    expect(await untilCount(box, 'cool', 4)).toBe(4);
  });

  test('a customized metric scales as well', async () => {
    await scaledEndpoint(box, { name: 'custom', limits: [1, 5] });
    const metric = { Namespace: 'App', MetricName: 'QueuePerInstance' };
    await box.scaling.putScalingPolicy({
      ...targetOf('custom'),
      PolicyName: 'queue',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 20,
        CustomizedMetricSpecification: {
          ...metric,
          Statistic: 'Average',
          Dimensions: [{ Name: 'Endpoint', Value: 'custom' }],
        },
      },
    });
    startMinute(box);
    for (let minute = 0; minute < 3; minute += 1) {
      await box.cloudWatch.putMetricData({
        Namespace: metric.Namespace,
        MetricData: [
          {
            MetricName: metric.MetricName,
            Value: 70,
            Dimensions: [{ Name: 'Endpoint', Value: 'custom' }],
            Timestamp: new Date(box.sandbox.clock.now()),
          },
        ],
      });
      box.sandbox.clock.advance(MINUTE_MS);
    }
    expect(await untilCount(box, 'custom', 4)).toBe(4);
  });

  test('scaling in waits until every target-tracking policy is ready for it, and scaling out does not wait for its cooldown', async () => {
    await scaledEndpoint(box, { name: 'both', limits: [1, 3], variant: { count: 2 } });
    const cooldowns = { ScaleInCooldown: 86_400, ScaleOutCooldown: 0 };
    await box.scaling.putScalingPolicy({ ...targetOf('both'), PolicyName: 'load', ...perInstance(10, cooldowns) });
    const busy = { ...targetOf('both'), PolicyName: 'busy' };
    await box.scaling.putScalingPolicy({
      ...busy,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 50,
        CustomizedMetricSpecification: { Namespace: 'App', MetricName: 'Busy', Statistic: 'Average' },
      },
    });
    startMinute(box);
    for (let minute = 0; minute < 17; minute += 1) {
      const Timestamp = new Date(box.sandbox.clock.now());
      await box.cloudWatch.putMetricData({
        Namespace: 'App',
        MetricData: [{ MetricName: 'Busy', Value: 48, Timestamp }],
      });
      box.sandbox.clock.advance(MINUTE_MS);
    }
    const lowAlarm = async () =>
      (await box.cloudWatch.describeAlarms({ AlarmNamePrefix: 'TargetTracking-endpoint/both/', StateValue: 'ALARM' }))
        .MetricAlarms?.length === 1;
    await until(lowAlarm);
    await box.sandbox.clock.wait(5 * MINUTE_MS);
    expect(await servingInstances(box.sandbox.url, 'both')).toBe(2);
    await box.scaling.deleteScalingPolicy(busy);
    expect(await untilCount(box, 'both', 1)).toBe(1);

    startMinute(box);
    await minutesOfTraffic(box, { endpoint: 'both', minutes: 3, perMinute: 30 });
    expect(await untilCount(box, 'both', 3)).toBe(3);
  });

  test('step scaling is called by an alarm of the user, and takes the step that the breach falls into', async () => {
    await scaledEndpoint(box, { name: 'steps', limits: [1, 4] });
    const { PolicyARN = '' } = await box.scaling.putScalingPolicy({
      ...targetOf('steps'),
      PolicyName: 'by-depth',
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: {
        AdjustmentType: 'ChangeInCapacity',
        Cooldown: 86_400,
        StepAdjustments: [
          { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 50, ScalingAdjustment: 1 },
          { MetricIntervalLowerBound: 50, ScalingAdjustment: 2 },
        ],
      },
    });
    await box.cloudWatch.putMetricAlarm({
      AlarmName: 'deep',
      Namespace: 'App',
      MetricName: 'Depth',
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 100,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      AlarmActions: [PolicyARN],
    });
    const depth = (Value: number) =>
      box.cloudWatch.putMetricData({
        Namespace: 'App',
        MetricData: [{ MetricName: 'Depth', Value, Timestamp: new Date(box.sandbox.clock.now()) }],
      });
    startMinute(box);
    await depth(120);
    box.sandbox.clock.advance(MINUTE_MS);
    expect(await untilCount(box, 'steps', 2)).toBe(2);
    // Within the cooldown a larger step counts from where the first began: 1 + 2, not 2 + 2.
    await depth(180);
    box.sandbox.clock.advance(MINUTE_MS);
    expect(await untilCount(box, 'steps', 3)).toBe(3);
    const [policy] = (await box.scaling.describeScalingPolicies(targetOf('steps'))).ScalingPolicies ?? [];
    expect(policy?.Alarms?.map(({ AlarmName }) => AlarmName)).toEqual(['deep']);
    expect((await activitiesOf(box.scaling, 'steps'))[0]?.Cause).toBe(
      'monitor alarm deep in state ALARM triggered policy by-depth'
    );
  });

  test('what is already at its limit is listed only for those who ask why nothing happened', async () => {
    await scaledEndpoint(box, { name: 'full', limits: [1, 1] });
    await box.scaling.putScalingPolicy({ ...targetOf('full'), PolicyName: 'p', ...perInstance(2) });
    startMinute(box);
    await minutesOfTraffic(box, { endpoint: 'full', minutes: 3, perMinute: 5 });
    const [idle] = await until(async () => {
      const { ScalingActivities = [] } = await box.scaling.describeScalingActivities({
        ...targetOf('full'),
        IncludeNotScaledActivities: true,
      });
      return ScalingActivities.length > 0 && ScalingActivities;
    });
    expect(idle?.NotScaledReasons).toEqual([{ Code: 'AlreadyAtMaxCapacity', MaxCapacity: 1 }]);
    expect(await activitiesOf(box.scaling, 'full')).toEqual([]);
  });

  test('suspended scaling stands still', async () => {
    await scaledEndpoint(box, { name: 'still', limits: [1, 4] });
    await box.scaling.registerScalableTarget({
      ...targetOf('still'),
      SuspendedState: { DynamicScalingOutSuspended: true },
    });
    await box.scaling.putScalingPolicy({ ...targetOf('still'), PolicyName: 'p', ...perInstance(1) });
    startMinute(box);
    await minutesOfTraffic(box, { endpoint: 'still', minutes: 3, perMinute: 4 });
    await box.sandbox.clock.wait(10 * MINUTE_MS);
    expect(await servingInstances(box.sandbox.url, 'still')).toBe(1);
    await box.scaling.registerScalableTarget({
      ...targetOf('still'),
      SuspendedState: { DynamicScalingOutSuspended: false },
    });
    expect(await untilCount(box, 'still', 4)).toBe(4);
  });

  test('registering brings the count within the limits, and so does changing them', async () => {
    await createEndpoint(box.sagemaker, { name: 'clamped', variants: [{ name: 'v', count: 1 }] });
    await box.scaling.registerScalableTarget({ ...targetOf('clamped'), MinCapacity: 2, MaxCapacity: 5 });
    expect(await untilCount(box, 'clamped', 2)).toBe(2);
    await box.scaling.registerScalableTarget({ ...targetOf('clamped'), MinCapacity: 1, MaxCapacity: 1 });
    expect(await untilCount(box, 'clamped', 1)).toBe(1);
    expect((await activitiesOf(box.scaling, 'clamped')).map(({ Cause, Description }) => [Cause, Description])).toEqual([
      ['maximum capacity was set to 1', 'Setting desired instance count to 1.'],
      ['minimum capacity was set to 2', 'Setting desired instance count to 2.'],
    ]);
  });

  test('an endpoint that is busy when the limits are set follows once it is not', async () => {
    await createEndpoint(box.sagemaker, { name: 'busy', variants: [{ name: 'v' }] });
    await box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'busy',
      DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredWeight: 7 }],
    });
    await box.scaling.registerScalableTarget({ ...targetOf('busy'), MinCapacity: 2, MaxCapacity: 2 });
    expect(await untilCount(box, 'busy', 2)).toBe(2);
  });

  test('deleting an endpoint deregisters its variants and takes their alarms away', async () => {
    await scaledEndpoint(box, { name: 'gone', limits: [1, 2] });
    await box.scaling.putScalingPolicy({ ...targetOf('gone'), PolicyName: 'p', ...perInstance(5) });
    await box.sagemaker.deleteEndpoint({ EndpointName: 'gone' });
    await until(() =>
      box.sagemaker.describeEndpoint({ EndpointName: 'gone' }).then(
        () => false,
        () => true
      )
    );
    const resource = { ServiceNamespace: 'sagemaker', ScalableDimension: targetOf('gone').ScalableDimension } as const;
    const { ScalableTargets } = await box.scaling.describeScalableTargets({
      ...resource,
      ResourceIds: [targetOf('gone').ResourceId],
    });
    expect(ScalableTargets).toEqual([]);
    expect((await box.scaling.describeScalingPolicies(targetOf('gone'))).ScalingPolicies).toEqual([]);
    const alarms = await box.cloudWatch.describeAlarms({ AlarmNamePrefix: 'TargetTracking-endpoint/gone/' });
    expect(alarms.MetricAlarms).toEqual([]);
  });

  test('an update may change the model of a scaled variant, not its instances', async () => {
    await scaledEndpoint(box, { name: 'typed', limits: [1, 2] });
    await createConfig(box.sagemaker, { name: 'typed-model', variants: [{ name: 'v' }] });
    await createConfig(box.sagemaker, { name: 'typed-other', variants: [{ name: 'w' }] });
    await box.sagemaker.createEndpointConfig({
      EndpointConfigName: 'typed-large',
      ProductionVariants: [
        { VariantName: 'v', ModelName: 'typed-v', InstanceType: 'ml.m5.xlarge', InitialInstanceCount: 1 },
      ],
    });
    for (const name of ['typed-large', 'typed-other']) {
      const error = await errorOf(box.sagemaker.updateEndpoint({ EndpointName: 'typed', EndpointConfigName: name }));
      expect(error.name).toBe('ValidationException');
      expect(error.message).toBe(
        'The variant(s) "["v"]" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.'
      );
    }
    await box.sagemaker.updateEndpoint({ EndpointName: 'typed', EndpointConfigName: 'typed-model' });
    expect((await settledEndpoint(box.sagemaker, 'typed')).EndpointConfigName).toBe('typed-model');
    await box.scaling.deregisterScalableTarget(targetOf('typed'));
    await box.sagemaker.updateEndpoint({ EndpointName: 'typed', EndpointConfigName: 'typed-large' });
    expect((await settledEndpoint(box.sagemaker, 'typed')).EndpointConfigName).toBe('typed-large');
  });
});

describe('auto scaling that fails or is interrupted', () => {
  test('a change beyond the quota is a failed activity with the quota in its words', async () => {
    const box = await startScalingSandbox({ knobs: { instancesPerType: 2 } });
    try {
      await createEndpoint(box.sagemaker, { name: 'e', variants: [{ name: 'v' }] });
      await box.scaling.registerScalableTarget({ ...targetOf('e'), MinCapacity: 5, MaxCapacity: 9 });
      const [activity] = await until(async () => {
        const all = await activitiesOf(box.scaling, 'e');
        return all[0]?.StatusCode === 'Failed' && all;
      });
      expect(activity?.StatusMessage).toBe(
        "Failed to set desired instance count to 5. Reason: The account-level service limit 'ml.m5.large for endpoint usage' is 2 Instances, with current utilization of 1 Instances and a request delta of 4 Instances. Please contact AWS support to request an increase for this limit. (Service: AmazonSageMaker; Status Code: 400; Error Code: ResourceLimitExceeded)"
      );
      expect(await servingInstances(box.sandbox.url, 'e')).toBe(1);
    } finally {
      await box.stop();
    }
  });

  test('instances that never answer their ping make the activity fail, and the former count stays', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'scaling-marker-'));
    const marker = path.join(dir, 'first');
    // The first container leaves a mark and serves; every later one sees it and exits.
    const script = `[ -e ${marker} ] && exit 1; touch ${marker}; exec ${process.execPath} ${path.resolve(__dirname, '../../support/sandbox/container.js')} "$@"`;
    const box = await startScalingSandbox({ images: { 'server:*': { command: ['/bin/sh', '-c', script, 'sh'] } } });
    try {
      await scaledEndpoint(box, { name: 'e', limits: [1, 3] });
      await box.scaling.registerScalableTarget({ ...targetOf('e'), MinCapacity: 2 });
      const [activity] = await until(async () => {
        const all = await activitiesOf(box.scaling, 'e');
        return all[0]?.StatusCode === 'Failed' && all;
      });
      expect(activity?.StatusMessage).toMatch(
        /^Failed to set desired instance count to 2\. Reason: .*ping health check/
      );
      expect(await untilCount(box, 'e', 1)).toBe(1);
    } finally {
      await box.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('a change that was written down but never sent to SageMaker is sent after the restart', async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'scaling-unsent-'));
    const first = await startScalingSandbox({ dataDir });
    await scaledEndpoint(first, { name: 'e', limits: [1, 5] });
    await first.stop();
    const store = openStore(path.join(dataDir, 'state'));
    const { targets } = scalingTables(store);
    const [target] = targets.all();
    if (!target) throw new Error('the target is not in the store');
    const running = { activityId: 'a', capacity: 2, fromCapacity: 1, isAccepted: false, cooldownMs: 0 };
    targets.put({ ...target, running });
    store.close();
    const second = await startScalingSandbox({ dataDir });
    try {
      expect(await untilCount(second, 'e', 2)).toBe(2);
    } finally {
      await second.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  test('targets, policies, actions, tags and activities outlive a restart, and what was begun is carried on', async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'scaling-restart-'));
    const first = await startScalingSandbox({ dataDir });
    await scaledEndpoint(first, { name: 'e', limits: [1, 5] });
    await first.scaling.putScalingPolicy({ ...targetOf('e'), PolicyName: 'p', ...perInstance(10) });
    await first.scaling.putScheduledAction({
      ...targetOf('e'),
      ScheduledActionName: 'nightly',
      Schedule: 'cron(0 2 * * ? *)',
      ScalableTargetAction: { MinCapacity: 1 },
    });
    const [target] =
      (await first.scaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' })).ScalableTargets ?? [];
    await first.scaling.tagResource({ ResourceARN: target?.ScalableTargetARN, Tags: { team: 'reviews' } });
    first.sandbox.clock.setSpeed(1e-3);
    await first.scaling.registerScalableTarget({ ...targetOf('e'), MinCapacity: 3 });
    const [begun] = await activitiesOf(first.scaling, 'e');
    expect(begun?.StatusCode).toBe('InProgress');
    await first.stop();

    const second = await startScalingSandbox({ dataDir });
    try {
      expect(await untilCount(second, 'e', 3)).toBe(3);
      const [done] = await until(async () => {
        const all = await activitiesOf(second.scaling, 'e');
        return all[0]?.StatusCode === 'Successful' && all;
      });
      expect(done?.ActivityId).toBe(begun?.ActivityId);
      const { ScalableTargets } = await second.scaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' });
      expect(ScalableTargets).toEqual([{ ...target, MinCapacity: 3 }]);
      const { Tags } = await second.scaling.listTagsForResource({ ResourceARN: target?.ScalableTargetARN });
      expect(Tags).toEqual({ team: 'reviews' });
      const actions = await second.scaling.describeScheduledActions(targetOf('e'));
      expect(actions.ScheduledActions?.map(({ Schedule }) => Schedule)).toEqual(['cron(0 2 * * ? *)']);
      // The policy's alarms still call it.
      startMinute(second);
      await minutesOfTraffic(second, { endpoint: 'e', minutes: 3, perMinute: 36 });
      expect(await untilCount(second, 'e', 4)).toBe(4);
    } finally {
      await second.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { AutoScalingContext } from '../../../sandbox/autoscaling/context';
import { isHeldBack, wishOf } from '../../../sandbox/autoscaling/policy-run';
import type { PolicyRecord, TargetRecord } from '../../../sandbox/autoscaling/records';
import type { AlarmView } from '../../../sandbox/cloudwatch';
import type { Knobs } from '../../../sandbox/knobs/knobs';
import { knobsOf } from '../../../sandbox/knobs/parse';
import type { ScalingSandbox } from '../../support/sandbox/auto-scaling';
import {
  activitiesOf,
  scaledEndpoint,
  startScalingSandbox,
  targetOf,
  untilCount,
} from '../../support/sandbox/auto-scaling';
import { until } from '../../support/sandbox/harness';

const DAY_MS = 86_400_000;

describe('what a policy asks for', () => {
  const target: TargetRecord = {
    ...{ resourceId: 'endpoint/e/variant/v', endpointName: 'e', variantName: 'v', arn: 'target', roleArn: 'role' },
    ...{ createdMs: 0, endpointCreatedMs: 0, minCapacity: 1, maxCapacity: 9, suspended: {}, tags: {}, changedMs: 500 },
  };
  const named = { arn: 'p', name: 'p', resourceId: target.resourceId, createdMs: 0 };
  const tracking: PolicyRecord = {
    ...{ ...named, type: 'TargetTrackingScaling', alarms: { high: 'high', low: 'low' } },
    tracking: { TargetValue: 10, DisableScaleIn: true },
  };
  const stepping: PolicyRecord = {
    ...{ ...named, type: 'StepScaling' },
    step: {
      ...{ AdjustmentType: 'ChangeInCapacity', MetricAggregationType: 'Maximum' },
      StepAdjustments: [
        { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 50, ScalingAdjustment: 1 },
        { MetricIntervalLowerBound: 50, ScalingAdjustment: 4 },
      ],
    },
  };

  /** The capacity that the policy wishes while one alarm rings, whose data points are these, a second apart from 0 on. */
  function wished(
    policy: PolicyRecord,
    rings: { readonly name: string; readonly values: readonly number[] },
    knobs: Partial<Knobs>
  ) {
    const view: AlarmView = {
      ...{ name: rings.name, arn: rings.name, state: 'ALARM', actions: ['p'], threshold: 100 },
      points: () => rings.values.map((value, index) => ({ atMs: index * 100, value })),
    };
    const context = {
      knobs: knobsOf(knobs, 'knobs'),
      alarms: { find: (name: string) => (name === rings.name ? view : undefined), calling: () => [view] },
    } as unknown as AutoScalingContext;
    return wishOf(context, { target, policy, capacity: 2 })?.capacity;
  }

  test.each<[Knobs['trackingMinutes'], number | undefined]>([
    ['sinceChange', undefined],
    ['all', 6],
  ])('by data from before the last change, with trackingMinutes %s: %s', (trackingMinutes, capacity) => {
    expect(wished(tracking, { name: 'high', values: [30] }, { trackingMinutes })).toBe(capacity);
  });

  test.each<[Knobs['stepMetric'], number]>([
    ['latest', 3],
    ['aggregated', 6],
  ])('by steps over a metric that fell, with stepMetric %s: %s', (stepMetric, capacity) => {
    expect(wished(stepping, { name: 'own', values: [180, 120] }, { stepMetric })).toBe(capacity);
  });

  test('never to scale in where that is disabled, although the low alarm is there and rings', () => {
    const values = Array<number>(10).fill(1);
    expect(wished(tracking, { name: 'low', values }, { disabledScaleInAlarm: 'made' })).toBeUndefined();
  });

  test.each<[Knobs['scaleInDuringScaleOut'], boolean]>([
    ['held', true],
    ['allowed', false],
  ])('to scale in while a scale-out cools down, is held back with scaleInDuringScaleOut %s: %s', (value, isHeld) => {
    const knobs = knobsOf({ scaleInDuringScaleOut: value }, 'knobs');
    const cooldown = { direction: 'out', startedMs: 0, durationMs: 1, baseCapacity: 1 } as const;
    expect(isHeldBack({ knobs }, { cooldown }, { direction: 'in', policy: tracking })).toBe(isHeld);
  });
});

describe('auto scaling with every switch the other way', () => {
  let box: ScalingSandbox;
  beforeAll(async () => {
    const knobs: Partial<Knobs> = {
      disabledScaleInAlarm: 'made',
      retakenAlarmNames: 'new',
      busyEndpointChange: 'fails',
      failedLimitChange: 'retried',
      pastAtActions: 'removed',
      activitiesKept: 2,
      instancesPerType: 3,
    };
    box = await startScalingSandbox({ knobs });
  });
  afterAll(() => box.stop());

  test('makes a low alarm although scaling in is disabled, and new alarms each time', async () => {
    await scaledEndpoint(box, { name: 'alarms', limits: [1, 2] });
    const put = async () => {
      const { Alarms = [] } = await box.scaling.putScalingPolicy({
        ...{ ...targetOf('alarms'), PolicyName: 'p', PolicyType: 'TargetTrackingScaling' },
        TargetTrackingScalingPolicyConfiguration: {
          ...{ TargetValue: 10, DisableScaleIn: true },
          PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        },
      });
      return Alarms.map(({ AlarmName = '' }) => AlarmName);
    };
    const first = await put();
    expect(first.map((name) => /-Alarm(High|Low)-/.exec(name)?.[1])).toEqual(['High', 'Low']);
    const second = await put();
    expect(second.filter((name) => first.includes(name))).toEqual([]);
    const { MetricAlarms = [] } = await box.cloudWatch.describeAlarms({ AlarmNamePrefix: 'TargetTracking-' });
    expect(MetricAlarms.map(({ AlarmName }) => AlarmName).sort()).toEqual([...second].sort());
    await box.sagemaker.deleteEndpoint({ EndpointName: 'alarms' });
  });

  test('a change of limits fails while the endpoint is busy', async () => {
    await scaledEndpoint(box, { name: 'busy', limits: [1, 3] });
    box.sandbox.faults.add({
      ...{ id: 'hold', match: { resource: 'busy' } },
      then: { fault: 'stuck', status: 'Updating' },
    });
    await box.sagemaker.updateEndpointWeightsAndCapacities({
      EndpointName: 'busy',
      DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredWeight: 2 }],
    });
    await box.scaling.registerScalableTarget({ ...targetOf('busy'), MinCapacity: 2 });
    const [activity] = await until(async () => {
      const all = await activitiesOf(box.scaling, 'busy');
      return all.length > 0 && all;
    });
    expect(activity).toMatchObject({ StatusCode: 'Failed', StatusMessage: expect.stringContaining('in-progress') });
    box.sandbox.faults.clear();
    expect(await untilCount(box, 'busy', 1)).toBe(1);
    await box.sagemaker.deleteEndpoint({ EndpointName: 'busy' });
  });

  test('a change of limits that fails is tried again, and no more than two activities are kept', async () => {
    await scaledEndpoint(box, { name: 'again', limits: [1, 9] });
    box.sandbox.faults.add({
      ...{ id: 'none-left', match: { resource: 'again' }, when: { first: 3 } },
      then: { fault: 'quota', instances: 1 },
    });
    await box.scaling.registerScalableTarget({ ...targetOf('again'), MinCapacity: 2 });
    expect(await untilCount(box, 'again', 2)).toBe(2);
    const rule = box.sandbox.faults.list().find(({ id }) => id === 'none-left');
    expect(rule?.hits).toBe(3);
    const activities = await until(async () => {
      const all = await activitiesOf(box.scaling, 'again');
      return all[0]?.StatusCode === 'Successful' && all;
    });
    expect(activities.map(({ StatusCode }) => StatusCode)).toEqual(['Successful', 'Failed']);
    box.sandbox.faults.clear();
    await box.sagemaker.deleteEndpoint({ EndpointName: 'again' });
  });

  test('an action at a time is gone when it has been done', async () => {
    await scaledEndpoint(box, { name: 'once', limits: [1, 1] });
    const at = new Date(box.sandbox.clock.now() + 3_600_000).toISOString().slice(0, 19);
    await box.scaling.putScheduledAction({
      ...{ ...targetOf('once'), ScheduledActionName: 'launch', Schedule: `at(${at})` },
      ScalableTargetAction: { MaxCapacity: 2 },
    });
    const actions = async () => (await box.scaling.describeScheduledActions(targetOf('once'))).ScheduledActions ?? [];
    expect(await actions()).toHaveLength(1);
    box.sandbox.clock.advance(3_600_000);
    await until(async () => (await actions()).length === 0);
    await box.sagemaker.deleteEndpoint({ EndpointName: 'once' });
  });
});

describe('auto scaling after a time of rest', () => {
  test.each<[string, Partial<Knobs>, string | undefined]>([
    ['catches up', {}, 'scheduled action name launch was triggered'],
    ['does not catch up with missedActionsMs of a minute', { missedActionsMs: 60_000 }, undefined],
  ])('%s with an action that was missed', async (_, knobs, cause) => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'missed-'));
    const first = await startScalingSandbox({ dataDir, knobs });
    await scaledEndpoint(first, { name: 'e', limits: [1, 1] });
    // A clock that is set back makes the action one of the past for the next sandbox.
    first.sandbox.clock.set(Date.now() - DAY_MS);
    const at = new Date(Date.now() - DAY_MS / 2).toISOString().slice(0, 19);
    await first.scaling.putScheduledAction({
      ...{ ...targetOf('e'), ScheduledActionName: 'launch', Schedule: `at(${at})` },
      ScalableTargetAction: { MaxCapacity: 2 },
    });
    await first.stop();
    const second = await startScalingSandbox({ dataDir, knobs });
    try {
      // Another change of limits is looked at by the same tick, after the actions.
      await untilCount(second, 'e', 1);
      await second.sandbox.clock.wait(60_000);
      const causes = (await activitiesOf(second.scaling, 'e')).map(({ Cause }) => Cause);
      expect(causes).toEqual(cause === undefined ? [] : [cause]);
    } finally {
      await second.stop();
      rmSync(dataDir, { recursive: true });
    }
  });

  test('forgets activities older than it is told to keep', async () => {
    const box = await startScalingSandbox({ knobs: { activitiesKeptMs: 3_600_000 } });
    try {
      await scaledEndpoint(box, { name: 'e', limits: [1, 3] });
      await box.scaling.registerScalableTarget({ ...targetOf('e'), MinCapacity: 2 });
      await untilCount(box, 'e', 2);
      box.sandbox.clock.advance(2 * 3_600_000);
      await box.scaling.registerScalableTarget({ ...targetOf('e'), MinCapacity: 3 });
      await untilCount(box, 'e', 3);
      expect((await activitiesOf(box.scaling, 'e')).map(({ Description }) => Description)).toEqual([
        'Setting desired instance count to 3.',
      ]);
    } finally {
      await box.stop();
    }
  });
});

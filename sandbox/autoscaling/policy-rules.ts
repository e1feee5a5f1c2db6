import type {
  StepScalingPolicyConfiguration,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import { notImplemented, validationException } from '../wire/errors';
import type { Checked } from '../wire/types';

const MAX_STEPS = 20;
export const INVOCATIONS_METRIC = 'SageMakerVariantInvocationsPerInstance';

/** Throws ValidationException for a target-tracking configuration that AWS refuses, and by name for what is not implemented. */
export function assertTracking(tracking: Checked<TargetTrackingScalingPolicyConfiguration>): void {
  const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: customized } = tracking;
  if ((predefined === undefined) === (customized === undefined))
    throw validationException(
      'Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified.'
    );
  if (!(tracking.TargetValue > 0)) throw validationException('TargetValue must be greater than 0.');
  assertCooldown(tracking.ScaleInCooldown, 'ScaleInCooldown');
  assertCooldown(tracking.ScaleOutCooldown, 'ScaleOutCooldown');
  const type = predefined?.PredefinedMetricType;
  if (type !== undefined && type !== INVOCATIONS_METRIC) {
    if (type.startsWith('SageMaker')) throw notImplemented(`The predefined metric ${type}`);
    throw validationException(`The predefined metric ${type} is not supported for service namespace: sagemaker`);
  }
  if (!customized) return;
  const single = [customized.MetricName, customized.Namespace, customized.Statistic];
  if (customized.Metrics === undefined && single.includes(undefined))
    throw validationException('A customized metric needs MetricName, Namespace and Statistic, or Metrics.');
  if (customized.Metrics !== undefined && single.some((part) => part !== undefined))
    throw validationException('A customized metric takes either Metrics or MetricName, Namespace and Statistic.');
}

/** Throws ValidationException for steps that overlap, leave gaps, or do not say how they adjust. */
export function assertSteps(step: Checked<StepScalingPolicyConfiguration>): void {
  if (step.AdjustmentType === undefined) throw validationException('AdjustmentType must be specified.');
  assertCooldown(step.Cooldown, 'Cooldown');
  const steps = step.StepAdjustments ?? [];
  if (steps.length === 0) throw validationException('At least one StepAdjustment must be specified.');
  if (steps.length > MAX_STEPS)
    throw validationException(`At most ${MAX_STEPS} StepAdjustments can be specified for a policy.`);
  if (step.AdjustmentType === 'ExactCapacity' && steps.some(({ ScalingAdjustment }) => ScalingAdjustment < 0))
    throw validationException('ScalingAdjustment must not be negative for the adjustment type ExactCapacity.');
  if (step.MinAdjustmentMagnitude !== undefined && step.AdjustmentType !== 'PercentChangeInCapacity')
    throw validationException('MinAdjustmentMagnitude is for the adjustment type PercentChangeInCapacity.');
  const intervals = steps
    .map(({ MetricIntervalLowerBound: from = -Infinity, MetricIntervalUpperBound: to = Infinity }) => ({ from, to }))
    .sort((a, b) => a.from - b.from);
  if (intervals.some(({ from, to }) => !(from < to)))
    throw validationException('The lower bound of a StepAdjustment must be less than its upper bound.');
  intervals.slice(1).forEach(({ from }, index) => {
    const end = intervals[index]?.to ?? from;
    if (from < end) throw validationException('StepAdjustment intervals must not overlap.');
    if (from > end) throw validationException('StepAdjustment intervals must not have gaps between them.');
  });
}

function assertCooldown(seconds: number | undefined, member: string): void {
  if (seconds !== undefined && seconds < 0) throw validationException(`${member} must not be negative.`);
}

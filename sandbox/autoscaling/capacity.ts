import type { StepScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling';
import type { Checked } from '../wire/types';

/** Rounding errors must not start an instance. */
const EPSILON = 1e-9;

/** The count at which the metric, shared by as many instances, is at its target; rounded up. */
export function trackedCapacity(now: {
  readonly capacity: number;
  readonly metric: number;
  readonly target: number;
}): number {
  return Math.max(0, Math.ceil((now.capacity * now.metric) / now.target - EPSILON));
}

/**
 * The count that a step policy asks for, or `undefined` when no step covers the breach. Above the threshold a step's lower bound belongs
 * to it and its upper does not; below it is the other way round ("Step scaling policies" in the user guide).
 */
export function steppedCapacity(
  step: Checked<StepScalingPolicyConfiguration>,
  now: { readonly capacity: number; readonly metric: number; readonly threshold: number }
): number | undefined {
  const breach = now.metric - now.threshold;
  const covering = (step.StepAdjustments ?? []).find(
    ({ MetricIntervalLowerBound: from = -Infinity, MetricIntervalUpperBound: to = Infinity }) =>
      breach >= 0 ? breach >= from && breach < to : breach > from && breach <= to
  );
  if (!covering) return undefined;
  const { ScalingAdjustment: adjustment } = covering;
  switch (step.AdjustmentType) {
    case 'ExactCapacity':
      return adjustment;
    case 'PercentChangeInCapacity':
      return now.capacity + percentChange(now.capacity, adjustment, step.MinAdjustmentMagnitude ?? 0);
    default:
      return now.capacity + adjustment;
  }
}

/** Towards zero, but never to zero: a change of less than one instance is one instance. */
function percentChange(capacity: number, percent: number, minMagnitude: number): number {
  const exact = (capacity * percent) / 100;
  if (exact === 0) return 0;
  return Math.sign(exact) * Math.max(1, Math.trunc(Math.abs(exact) + EPSILON), minMagnitude);
}

export function clamp(count: number, limits: { readonly minCapacity: number; readonly maxCapacity: number }): number {
  return Math.min(Math.max(count, limits.minCapacity), limits.maxCapacity);
}

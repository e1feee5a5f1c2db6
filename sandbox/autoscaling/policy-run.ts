import type { MetricAggregationType } from '@aws-sdk/client-application-auto-scaling';
import type { AlarmView } from '../cloudwatch';
import { clamp, steppedCapacity, trackedCapacity } from './capacity';
import type { AutoScalingContext } from './context';
import type { Direction, PolicyRecord, TargetRecord } from './records';
import { alarmNames } from './tracking-alarms';

/** AWS's default for SageMaker variants. */
const DEFAULT_COOLDOWN_SECONDS = 300;

/** What one policy asks for. The capacity is within the target's limits. */
export interface Wish {
  readonly policy: PolicyRecord;
  readonly alarm: AlarmView;
  readonly capacity: number;
  readonly direction: Direction;
  readonly cooldownMs: number;
}

/** What a policy asks for now; `undefined` when none of its alarms calls it, or its data says nothing. */
export function wishOf(
  context: AutoScalingContext,
  now: { readonly target: TargetRecord; readonly policy: PolicyRecord; readonly capacity: number }
): Wish | undefined {
  const { target, policy, capacity } = now;
  const [alarm] = callersOf(context, policy);
  if (!alarm) return undefined;
  const asked =
    policy.type === 'StepScaling'
      ? stepped(context, { ...now, policy, alarm })
      : tracked(context, { ...now, policy, alarm });
  if (asked === undefined) return undefined;
  const wanted = clamp(asked, target);
  const direction: Direction = asked === capacity ? sideOf(policy, alarm) : asked > capacity ? 'out' : 'in';
  const isSuspended =
    direction === 'out' ? target.suspended.DynamicScalingOutSuspended : target.suspended.DynamicScalingInSuspended;
  if (isSuspended) return undefined;
  return { policy, alarm, capacity: wanted, direction, cooldownMs: cooldownSeconds(policy, direction) * 1000 };
}

/** Scaling out wins, by the largest wish. Scaling in needs every target-tracking policy that may scale in to be ready for it. */
export function strongest(
  context: AutoScalingContext,
  now: { readonly wishes: readonly Wish[]; readonly policies: readonly PolicyRecord[]; readonly capacity: number }
): Wish | undefined {
  const largest = (wishes: readonly Wish[]): Wish | undefined => [...wishes].sort((a, b) => b.capacity - a.capacity)[0];
  const out = largest(now.wishes.filter(({ capacity }) => capacity > now.capacity));
  if (out) return out;
  const isHeld = now.policies.some(
    (policy) =>
      policy.type === 'TargetTrackingScaling' &&
      policy.alarms.low !== undefined &&
      !policy.tracking.DisableScaleIn &&
      context.alarms.find(policy.alarms.low)?.state !== 'ALARM'
  );
  return largest(
    now.wishes.filter(({ capacity, policy }) => capacity < now.capacity && (policy.type === 'StepScaling' || !isHeld))
  );
}

/** Scaling out ends a wait for scaling in; scaling in waits for either. A larger step within a cooldown was let through before. */
export function isHeldBack(
  { knobs }: Pick<AutoScalingContext, 'knobs'>,
  target: Pick<TargetRecord, 'cooldown'>,
  wish: { readonly direction: Direction; readonly policy: { readonly type: PolicyRecord['type'] } }
): boolean {
  const { cooldown } = target;
  if (!cooldown || (wish.direction === 'out' && cooldown.direction === 'in')) return false;
  if (wish.direction === 'in' && cooldown.direction === 'out' && knobs.scaleInDuringScaleOut === 'allowed')
    return false;
  return !(wish.direction === 'out' && wish.policy.type === 'StepScaling');
}

/** Alarms that call the policy in their present state. */
function callersOf(context: AutoScalingContext, policy: PolicyRecord): readonly AlarmView[] {
  if (policy.type === 'StepScaling')
    return context.alarms.calling(policy.arn).filter(({ actions }) => actions.includes(policy.arn));
  return alarmNames(policy)
    .flatMap((name) => context.alarms.find(name) ?? [])
    .filter(({ state, actions }) => state === 'ALARM' && actions.includes(policy.arn));
}

/**
 * Only data of whole minutes since the last change counts: it alone was measured on the instances there are now. On AWS the cooldown
 * sees to that; here it may be over within the same minute of the metric.
 */
function tracked(
  { knobs }: AutoScalingContext,
  now: {
    readonly policy: PolicyRecord & { readonly type: 'TargetTrackingScaling' };
    readonly alarm: AlarmView;
    readonly target: TargetRecord;
    readonly capacity: number;
  }
): number | undefined {
  const { policy, alarm } = now;
  if (policy.tracking.DisableScaleIn && alarm.name !== policy.alarms.high) return undefined;
  const point = alarm.points().at(-1);
  const fromMs = knobs.trackingMinutes === 'all' ? -Infinity : (now.target.changedMs ?? -Infinity);
  if (!point || point.atMs < fromMs) return undefined;
  const wanted = trackedCapacity({
    capacity: now.capacity,
    metric: point.value,
    target: policy.tracking.TargetValue,
  });
  return alarm.name === policy.alarms.high ? Math.max(wanted, now.capacity) : Math.min(wanted, now.capacity);
}

function stepped(
  { knobs }: AutoScalingContext,
  now: {
    readonly policy: PolicyRecord & { readonly type: 'StepScaling' };
    readonly alarm: AlarmView;
    readonly target: TargetRecord;
    readonly capacity: number;
  }
): number | undefined {
  const { policy, alarm } = now;
  const values = alarm.points().map(({ value }) => value);
  const metric = knobs.stepMetric === 'latest' ? values.at(-1) : aggregate(policy.step.MetricAggregationType, values);
  if (metric === undefined || alarm.threshold === undefined) return undefined;
  const { cooldown } = now.target;
  // A larger step within the cooldown replaces the one that began it; it does not come on top.
  const capacity = cooldown?.direction === 'out' ? cooldown.baseCapacity : now.capacity;
  const wanted = steppedCapacity(policy.step, { capacity, metric, threshold: alarm.threshold });
  return wanted === undefined || cooldown === undefined ? wanted : Math.max(wanted, now.capacity);
}

/** Of the alarm's data points, as the policy says; by default their average. */
function aggregate(type: MetricAggregationType | undefined, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  if (type === 'Maximum') return Math.max(...values);
  if (type === 'Minimum') return Math.min(...values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sideOf(policy: PolicyRecord, alarm: AlarmView): Direction {
  return policy.type === 'TargetTrackingScaling' && alarm.name === policy.alarms.low ? 'in' : 'out';
}

function cooldownSeconds(policy: PolicyRecord, direction: Direction): number {
  if (policy.type === 'StepScaling') return policy.step.Cooldown ?? DEFAULT_COOLDOWN_SECONDS;
  const { ScaleOutCooldown, ScaleInCooldown } = policy.tracking;
  return (direction === 'out' ? ScaleOutCooldown : ScaleInCooldown) ?? DEFAULT_COOLDOWN_SECONDS;
}

import type { AutoScalingContext } from './context';
import type { TargetRecord } from './records';

const MINUTE_MS = 60_000;
/** No alarm of a target-tracking policy looks back further. */
const LOOK_BACK_MS = 20 * MINUTE_MS;

const published = new WeakMap<AutoScalingContext, Map<string, number>>();

/**
 * A variant without traffic has no invocations to count, and an alarm without data never asks to scale in. For scaled variants
 * SageMaker therefore emits zeros (Developer Guide, "Automatic scaling": it scales in to the minimum when the traffic becomes zero).
 */
export function publishIdleMinutes(context: AutoScalingContext, target: TargetRecord): void {
  const isCounted = context.tables.policies
    .all()
    .some(
      (policy) =>
        policy.resourceId === target.resourceId &&
        policy.type === 'TargetTrackingScaling' &&
        policy.tracking.PredefinedMetricSpecification !== undefined
    );
  if (!isCounted) return;
  const known = published.get(context) ?? new Map<string, number>();
  published.set(context, known);
  const nowMs = context.clock.now();
  const thisMinute = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const first = Math.max((known.get(target.arn) ?? thisMinute - MINUTE_MS) + MINUTE_MS, thisMinute - LOOK_BACK_MS);
  for (let atMs = first; atMs <= thisMinute; atMs += MINUTE_MS) publishZero(context, target, atMs);
  known.set(target.arn, thisMinute);
}

function publishZero({ metrics }: AutoScalingContext, target: TargetRecord, atMs: number): void {
  const dimensions = { EndpointName: target.endpointName, VariantName: target.variantName };
  const name = 'InvocationsPerInstance';
  metrics.put({ namespace: 'AWS/SageMaker', name, dimensions, value: 0, unit: 'None', atMs });
}

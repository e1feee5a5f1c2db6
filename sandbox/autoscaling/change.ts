import { AwsError } from '../wire/errors';
import { recordActivity, updateActivity } from './activities';
import type { AutoScalingContext, ScalableVariant } from './context';
import type { RunningChange, TargetRecord } from './records';

/** Targets whose call to SageMaker is under way in this process. */
const calling = new WeakMap<AutoScalingContext, Set<string>>();

/** Sets another capacity: as an activity, and by the call that a customer would make. */
export function change(
  context: AutoScalingContext,
  wish: {
    readonly target: TargetRecord;
    readonly variant: ScalableVariant;
    readonly capacity: number;
    readonly cause: string;
    readonly cooldownMs: number;
    readonly isRetried?: boolean;
  }
): void {
  const { target, capacity } = wish;
  const activity = recordActivity(context, {
    resourceId: target.resourceId,
    description: `Setting desired instance count to ${capacity}.`,
    cause: wish.cause,
    status: 'Pending',
  });
  const running: RunningChange = {
    activityId: activity.id,
    capacity,
    fromCapacity: wish.variant.desiredCount,
    isAccepted: false,
    cooldownMs: wish.cooldownMs,
    ...(wish.isRetried ? { retryCause: wish.cause } : {}),
  };
  const changing = { ...target, running };
  context.tables.targets.put(changing);
  call(context, changing, running);
}

/** Looks whether a change under way has ended. Returns the target as it is afterwards. */
export function settle(
  context: AutoScalingContext,
  now: { readonly target: TargetRecord; readonly variant: ScalableVariant; readonly signal: AbortSignal }
): TargetRecord | undefined {
  const { target, variant } = now;
  const { running } = target;
  if (!running || calling.get(context)?.has(target.resourceId)) return target;
  if (!running.isAccepted && variant.desiredCount !== running.capacity) {
    // A former process was killed before SageMaker heard of it.
    if (variant.endpoint === 'idle') call(context, target, running);
    return context.tables.targets.get(target.resourceId);
  }
  if (variant.endpoint === 'busy') return target;
  const { running: _ended, ...rest } = target;
  const isDone = variant.currentCount === running.capacity || variant.failureReason === undefined;
  updateActivity(context, running.activityId, {
    status: isDone ? 'Successful' : 'Failed',
    statusMessage: isDone
      ? `Successfully set desired instance count to ${running.capacity}. Change successfully fulfilled by sagemaker.`
      : failure(running, variant.failureReason ?? ''),
  });
  const ended = { ...rest, ...(isDone ? { changedMs: context.clock.now() } : retryOf(running)) };
  return coolDown(context, { target: ended, running, signal: now.signal });
}

/** Lets a cooldown that a former process began run out, at the speed that holds now. */
export function resumeCooldown(context: AutoScalingContext, target: TargetRecord, signal: AbortSignal): void {
  const { cooldown } = target;
  if (!cooldown) return;
  const passedMs = Math.max(0, context.clock.now() - cooldown.startedMs) * context.clock.speed;
  endAfter(context, { target, leftMs: cooldown.durationMs - passedMs, signal });
}

function call(context: AutoScalingContext, target: TargetRecord, running: RunningChange): void {
  const under = calling.get(context) ?? new Set<string>();
  calling.set(context, under);
  under.add(target.resourceId);
  const { endpointName, variantName } = target;
  void context.variants
    .setDesiredCount({ endpointName, variantName, count: running.capacity })
    .then(() => accepted(context, target.resourceId, running))
    .catch((error: unknown) => refused(context, { resourceId: target.resourceId, running, error }))
    .finally(() => under.delete(target.resourceId));
}

function accepted(context: AutoScalingContext, resourceId: string, running: RunningChange): void {
  const target = context.tables.targets.get(resourceId);
  if (target?.running?.activityId === running.activityId)
    context.tables.targets.put({ ...target, running: { ...running, isAccepted: true } });
  updateActivity(context, running.activityId, {
    status: 'InProgress',
    statusMessage: `Successfully set desired instance count to ${running.capacity}. Waiting for change to be fulfilled by sagemaker.`,
  });
}

function refused(
  context: AutoScalingContext,
  call: { readonly resourceId: string; readonly running: RunningChange; readonly error: unknown }
): void {
  const { resourceId, running, error } = call;
  if (!(error instanceof AwsError)) context.onInternalError(error, `scaling ${resourceId}`);
  const reason =
    error instanceof AwsError
      ? `${error.message} (Service: AmazonSageMaker; Status Code: ${error.status}; Error Code: ${error.code})`
      : 'An internal error of the sandbox.';
  updateActivity(context, running.activityId, { status: 'Failed', statusMessage: failure(running, reason) });
  const target = context.tables.targets.get(resourceId);
  if (target?.running?.activityId !== running.activityId) return;
  const { running: _refused, ...rest } = target;
  context.tables.targets.put({ ...rest, ...retryOf(running) });
}

function retryOf({ retryCause }: RunningChange): Pick<TargetRecord, 'clampCause'> {
  return retryCause === undefined ? {} : { clampCause: retryCause };
}

function failure(running: RunningChange, reason: string): string {
  return `Failed to set desired instance count to ${running.capacity}. Reason: ${reason}`;
}

function coolDown(
  context: AutoScalingContext,
  ended: { readonly target: TargetRecord; readonly running: RunningChange; readonly signal: AbortSignal }
): TargetRecord {
  const { running, signal } = ended;
  const { cooldown: _former, ...target } = ended.target;
  const cooled: TargetRecord =
    running.cooldownMs <= 0
      ? ended.target
      : {
          ...target,
          cooldown: {
            direction: running.capacity > running.fromCapacity ? 'out' : 'in',
            startedMs: context.clock.now(),
            durationMs: running.cooldownMs,
            baseCapacity: running.fromCapacity,
          },
        };
  context.tables.targets.put(cooled);
  if (running.cooldownMs > 0) endAfter(context, { target: cooled, leftMs: running.cooldownMs, signal });
  return cooled;
}

function endAfter(
  context: AutoScalingContext,
  wait: { readonly target: TargetRecord; readonly leftMs: number; readonly signal: AbortSignal }
): void {
  const { resourceId, cooldown: own } = wait.target;
  void context.clock.wait(wait.leftMs, wait.signal).then(
    () => {
      const target = context.tables.targets.get(resourceId);
      if (!target?.cooldown || target.cooldown.startedMs !== own?.startedMs) return;
      const { cooldown: _over, ...rest } = target;
      context.tables.targets.put(rest);
    },
    // The sandbox stops; the cooldown is resumed from the record.
    () => undefined
  );
}

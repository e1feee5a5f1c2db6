import { AwsError } from '../wire/errors';
import { recordActivity } from './activities';
import { clamp } from './capacity';
import { change, resumeCooldown, settle } from './change';
import type { AutoScalingContext, ScalableVariant } from './context';
import { publishIdleMinutes } from './idle-metric';
import { isHeldBack, strongest, wishOf } from './policy-run';
import type { ScheduledActionRecord, TargetRecord } from './records';
import { dropTarget } from './registered';
import { scheduleOf } from './scheduled-actions';
import { limits } from './limits';

/** How often targets are looked at, in provider time, and never more often than this in real time. */
const TICK_MS = 10_000;
const MIN_TICK_REAL_MS = 50;
/** CloudWatch calls a scaling policy once a minute for as long as its alarm stays in the state. */
const POLICY_MS = 60_000;

/** Moves targets: brings them within their limits, runs scheduled actions, and does what policies ask for. */
export class Scaler {
  readonly #stop = new AbortController();
  readonly #checkedMs = new Map<string, number>();
  #wake: (() => void) | undefined;
  #sincePoliciesMs = 0;

  constructor(private readonly context: AutoScalingContext) {}

  /** Carries on from the records and resolves once stopped. */
  async run(): Promise<void> {
    const { context } = this;
    const { signal } = this.#stop;
    const deaf = context.alarms.onStateChange(({ actions }) => this.#guarded(() => this.#called(actions)));
    for (const target of context.tables.targets.all()) resumeCooldown(context, target, signal);
    const { missedActionsMs } = context.knobs;
    for (const { arn } of context.tables.actions.all()) this.#checkedMs.set(arn, context.clock.now() - missedActionsMs);
    while (!signal.aborted) {
      const waitMs = Math.max(TICK_MS, MIN_TICK_REAL_MS * context.clock.speed);
      try {
        if (context.tables.targets.all().length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
        await context.clock.wait(waitMs, signal);
      } catch {
        // The one reason for a wait to fail is that it was ended, by us or by the clock's own end.
        break;
      }
      this.#sincePoliciesMs += waitMs;
      const isPolicyTime = this.#sincePoliciesMs >= POLICY_MS;
      if (isPolicyTime) this.#sincePoliciesMs = 0;
      this.#guarded(() => this.#tick(isPolicyTime));
    }
    deaf();
  }

  stop(): void {
    this.#stop.abort();
    this.#wake?.();
  }

  /** A target was registered or its limits were changed: its capacity follows. */
  limitsChanged(target: TargetRecord, old: TargetRecord | undefined): void {
    this.#wake?.();
    const variant = this.#variantOf(target);
    if (!variant || clamp(variant.desiredCount, target) === variant.desiredCount) return;
    const isBelow = variant.desiredCount < target.minCapacity;
    const clampCause = isBelow
      ? `minimum capacity was set to ${target.minCapacity}`
      : `maximum capacity was set to ${target.maxCapacity}`;
    const hasLimitsChanged = old?.minCapacity !== target.minCapacity || old.maxCapacity !== target.maxCapacity;
    if (!hasLimitsChanged) return;
    this.context.tables.targets.put({ ...target, clampCause });
    this.#advance(target.resourceId);
  }

  /** Deleting an endpoint deregisters its variants. */
  endpointGone(endpointName: string): void {
    for (const target of this.context.tables.targets.all())
      if (target.endpointName === endpointName && !this.#variantOf(target)) dropTarget(this.context, target);
  }

  #tick(isPolicyTime: boolean): void {
    const { tables } = this.context;
    for (const action of tables.actions.all()) this.#runIfDue(action);
    for (const { resourceId } of tables.targets.all()) {
      const target = this.#advance(resourceId);
      if (!target || !isPolicyTime) continue;
      publishIdleMinutes(this.context, target);
      this.#runPolicies(target, { isNewAlarm: false });
    }
  }

  /** An alarm has changed its state and names these actions. */
  #called(arns: readonly string[]): void {
    const { tables } = this.context;
    const called = tables.policies.all().filter((policy) => arns.includes(policy.arn));
    for (const resourceId of new Set(called.map((policy) => policy.resourceId))) {
      const target = this.#advance(resourceId);
      if (target) this.#runPolicies(target, { isNewAlarm: true });
    }
  }

  /** Brings one target's unfinished business forward. Returns the target when it is free for something new. */
  #advance(resourceId: string): TargetRecord | undefined {
    const { context } = this;
    const known = context.tables.targets.get(resourceId);
    if (!known) return undefined;
    const variant = this.#variantOf(known);
    if (!variant) {
      dropTarget(context, known);
      return undefined;
    }
    if (variant.endpoint === 'gone') return undefined;
    const target = known.running ? settle(context, { target: known, variant, signal: this.#stop.signal }) : known;
    if (!target || target.running) return undefined;
    if (variant.endpoint === 'busy') return this.#refuseWhileBusy(target);
    const { clampCause, ...rest } = target;
    if (clampCause === undefined) return target;
    context.tables.targets.put(rest);
    const capacity = clamp(variant.desiredCount, rest);
    if (capacity === variant.desiredCount) return rest;
    const isRetried = context.knobs.failedLimitChange === 'retried';
    change(context, { target: rest, variant, capacity, cause: clampCause, cooldownMs: 0, isRetried });
    return undefined;
  }

  /** A change that is asked for while the endpoint is busy waits, or fails as the call itself would. */
  #refuseWhileBusy({ clampCause, ...rest }: TargetRecord): undefined {
    const { context } = this;
    if (clampCause === undefined || context.knobs.busyEndpointChange === 'waits') return undefined;
    context.tables.targets.put(rest);
    recordActivity(context, {
      resourceId: rest.resourceId,
      description: 'Setting desired instance count.',
      cause: clampCause,
      endMs: context.clock.now(),
      status: 'Failed',
      statusMessage: `Failed to set desired instance count. Reason: Cannot update in-progress endpoint "${rest.endpointName}".`,
    });
    return undefined;
  }

  #runPolicies(target: TargetRecord, { isNewAlarm }: { readonly isNewAlarm: boolean }): void {
    const { context } = this;
    const variant = this.#variantOf(target);
    if (variant?.endpoint !== 'idle') return;
    const capacity = variant.currentCount;
    const policies = context.tables.policies.all().filter(({ resourceId }) => resourceId === target.resourceId);
    const wishes = policies.flatMap((policy) => wishOf(context, { target, policy, capacity }) ?? []);
    const wish = strongest(context, { wishes, policies, capacity });
    if (wish && isHeldBack(context, target, wish)) return;
    const cause = ({ alarm, policy }: (typeof wishes)[number]): string =>
      `monitor alarm ${alarm.name} in state ${alarm.state} triggered policy ${policy.name}`;
    if (wish) {
      change(context, { target, variant, capacity: wish.capacity, cause: cause(wish), cooldownMs: wish.cooldownMs });
      return;
    }
    const [idle] = wishes.filter((candidate) => candidate.capacity === capacity);
    if (!isNewAlarm || !idle) return;
    recordActivity(context, {
      resourceId: target.resourceId,
      description: 'Attempting to scale due to alarm triggered',
      cause: cause(idle),
      status: 'Failed',
      endMs: context.clock.now(),
      notScaled: { code: notScaledCode(target, idle.direction, capacity), capacity },
    });
  }

  #runIfDue(action: ScheduledActionRecord): void {
    const { context } = this;
    const { targets, actions } = context.tables;
    const target = targets.get(action.resourceId);
    const untilMs = context.clock.now();
    const afterMs = Math.max(action.checkedMs, this.#checkedMs.get(action.arn) ?? -Infinity);
    if (!target || untilMs <= afterMs) return;
    this.#checkedMs.set(action.arn, untilMs);
    const dueMs = scheduleOf(action)({ afterMs, untilMs });
    if (dueMs === undefined) return;
    if (context.knobs.pastAtActions === 'removed' && action.schedule.startsWith('at(')) actions.remove(action);
    else actions.put({ ...action, checkedMs: untilMs });
    if (target.suspended.ScheduledScalingSuspended) return;
    const { minCapacity, maxCapacity } = action;
    const parts = [
      ...(minCapacity === undefined ? [] : [`min capacity to ${minCapacity}`]),
      ...(maxCapacity === undefined ? [] : [`max capacity to ${maxCapacity}`]),
    ].join(' and ');
    const common = {
      resourceId: target.resourceId,
      description: `Setting ${parts}`,
      cause: `scheduled action name ${action.name} was triggered`,
      endMs: untilMs,
    };
    try {
      const next = { ...target, ...limits(minCapacity ?? target.minCapacity, maxCapacity ?? target.maxCapacity) };
      targets.put(next);
      recordActivity(context, { ...common, status: 'Successful', statusMessage: `Successfully set ${parts}` });
      this.limitsChanged(next, target);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const statusMessage = `Failed to set ${parts}. Reason: ${error.message}`;
      recordActivity(context, { ...common, status: 'Failed', statusMessage });
    }
  }

  /** `undefined` when the endpoint is gone, or another one has taken its name. */
  #variantOf(target: TargetRecord): ScalableVariant | undefined {
    const variant = this.context.variants.find(target);
    return variant?.endpointCreatedMs === target.endpointCreatedMs ? variant : undefined;
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.context.onInternalError(error, 'auto scaling');
    }
  }
}

function notScaledCode(target: TargetRecord, direction: string, capacity: number) {
  if (direction === 'out' && capacity >= target.maxCapacity) return 'AlreadyAtMaxCapacity';
  if (direction === 'in' && capacity <= target.minCapacity) return 'AlreadyAtMinCapacity';
  return 'AlreadyAtDesiredCapacity';
}

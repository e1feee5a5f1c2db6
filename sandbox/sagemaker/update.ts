import type { VariantStatus } from '@aws-sdk/client-sagemaker';
import { onAbort } from '../engine/on-abort';
import { FleetFailure } from '../fleet/failure';
import type { Fleet } from '../fleet/fleet';
import { assertCapacity } from './capacity';
import type { SageMakerContext } from './context';
import {
  currentWeights,
  desiredCounts,
  settled,
  shareOfCounts,
  shareOfCurrent,
  totalDesired,
  withStage,
} from './deployment';
import type { DeploymentPlan, DeploymentStep } from './deployment-plan';
import { deploymentPlan } from './deployment-plan';
import type { ServingFleet } from './endpoint-fleets';
import type { PendingUpdate } from './records';
import type { Serving } from './serving';

/** The deployment is to be undone; the message becomes the FailureReason. */
export class Rollback extends Error {
  override readonly name = 'Rollback';
}

/** How often alarms are looked at while a step bakes, in provider time; never more often than the real time below. */
const ALARM_POLL_PROVIDER_MS = 10_000;
const MIN_ALARM_POLL_MS = 50;

export interface UpdateRun {
  readonly endpointName: string;
  readonly pending: PendingUpdate;
  /** What serves before the update; two fleets where a former rollback failed. */
  readonly old: readonly ServingFleet[];
  readonly green: Fleet;
  readonly serving: Serving;
  readonly context: SageMakerContext;
  /** Aborts when the sandbox stops. */
  readonly signal: AbortSignal;
  /** Hears how far the new deployment has come. */
  readonly onPending: (pending: PendingUpdate) => void;
  /** All traffic has moved for good; the old fleet is kept for a while. */
  readonly onTerminating: () => void;
}

/** The steps of an update, by its own deployment configuration. */
export function rolloutPlan(pending: PendingUpdate): DeploymentPlan {
  const types = pending.blueprint.variants.map((variant) => variant.instanceType);
  return deploymentPlan(pending.config, { instances: totalDesired(pending), instanceTypes: types });
}

/**
 * Moves an endpoint from its old fleet to a green one by the plan's steps. Resolves when all traffic is on green and the old fleet may
 * go. Rejects with FleetFailure or Rollback when the update must be undone; undoing it is the caller's part.
 */
export async function runUpdate(run: UpdateRun): Promise<void> {
  const plan = rolloutPlan(run.pending);
  const end = new AbortController();
  const signal = AbortSignal.any([run.signal, end.signal]);
  try {
    await Promise.race([moveTraffic(run, plan, signal), timeLimit(run, plan, signal), aborted(run.signal)]);
  } finally {
    end.abort();
  }
}

async function moveTraffic(run: UpdateRun, whole: DeploymentPlan, signal: AbortSignal): Promise<void> {
  const { pending, green, context } = run;
  const { knobs } = context;
  const isRolling = whole.kind === 'rolling';
  const quiet = (name: string) => context.alarmState?.(name) !== 'ALARM';
  const plan = knobs.ringingAlarm === 'ignored' ? { ...whole, alarms: whole.alarms.filter(quiet) } : whole;
  assertNoAlarm(run, plan);
  assertCapacity(context, { operation: 'UpdateEndpoint', endpointName: run.endpointName, deployment: pending });
  show(run, 'Creating', 0);
  green.setWeights(currentWeights(settled(pending)));
  const firstShare = isRolling ? (plan.steps[0]?.greenShare ?? 1) : 1;
  await Promise.all([context.clock.wait(knobs.provisionMs, signal), green.start(shareOfCounts(pending, firstShare))]);
  await stuck(run, signal);
  injectRollback(run, 'provisioning');
  for (const step of plan.steps) await takeStep(run, plan, { step, signal });
  run.onTerminating();
  if (knobs.inServiceAfter === 'terminationWait') await context.clock.wait(plan.terminationWaitMs, signal);
  await green.scaleTo(desiredCounts(pending));
}

async function takeStep(
  run: UpdateRun,
  plan: DeploymentPlan,
  { step, signal }: { readonly step: DeploymentStep; readonly signal: AbortSignal }
): Promise<void> {
  const { pending, old, green, serving, context } = run;
  const isRolling = plan.kind === 'rolling';
  const { greenShare, bakeMs } = step;
  if (isRolling) await green.scaleTo(shareOfCounts(pending, greenShare));
  show(run, 'ActivatingTraffic', greenShare);
  await context.clock.wait(context.knobs.shiftTrafficMs, signal);
  const shares = [
    ...old.map((one) => ({ ...one, share: one.share * (1 - greenShare) })),
    { fleet: green, share: greenShare },
  ];
  serving.set(shares.filter(({ share }) => share > 0));
  show(run, 'Baking', greenShare);
  injectRollback(run, 'baking');
  await bake(run, plan, { bakeMs, signal });
  if (isRolling && greenShare < 1)
    await Promise.all(old.map((one) => one.fleet.scaleTo(shareOfCurrent(one.deployment, 1 - greenShare))));
}

/** Tells the stage of the new variants, with the instances that run and their weights once they take traffic. */
function show(run: UpdateRun, status: VariantStatus, greenShare: number): void {
  const { pending, green, context } = run;
  const variants = pending.variants.map((variant) => ({
    ...variant,
    currentCount: status === 'Creating' ? 0 : (green.variant(variant.name)?.instances.length ?? 0),
    currentWeight: greenShare > 0 && status === 'Baking' ? variant.desiredWeight : 0,
  }));
  run.onPending(withStage({ ...pending, variants }, status, context.clock.now()));
}

async function stuck({ context, endpointName: resource }: UpdateRun, signal: AbortSignal): Promise<void> {
  const site = { service: 'sagemaker', operation: 'UpdateEndpoint', resource } as const;
  const struck = context.faults.strike(['stuck'], site, ({ status }) => status === 'Updating');
  await struck?.hold(struck.fault.forProviderMs, signal);
}

/** AWS returns to the old configuration at times and does not say why. */
function injectRollback({ context, endpointName: resource }: UpdateRun, here: 'provisioning' | 'baking'): void {
  const site = { service: 'sagemaker', operation: 'UpdateEndpoint', resource } as const;
  const struck = context.faults.strike(['rollback'], site, ({ at = 'baking' }) => at === here);
  if (struck) throw new Rollback(struck.fault.reason ?? '');
}

async function bake(
  run: UpdateRun,
  plan: DeploymentPlan,
  step: { readonly bakeMs: number; readonly signal: AbortSignal }
): Promise<void> {
  const { clock } = run.context;
  let leftMs = step.bakeMs;
  while (leftMs > 0) {
    const pollMs =
      plan.alarms.length === 0
        ? leftMs
        : Math.min(leftMs, Math.max(ALARM_POLL_PROVIDER_MS, MIN_ALARM_POLL_MS * clock.speed));
    await clock.wait(pollMs, step.signal);
    leftMs -= pollMs;
    assertNoAlarm(run, plan);
  }
}

/** Insufficient data is no alarm, on AWS as here. An alarm that rings before the first step undoes the update too. */
function assertNoAlarm(run: UpdateRun, plan: DeploymentPlan): void {
  const ringing = plan.alarms.filter((name) => run.context.alarmState?.(name) === 'ALARM');
  if (ringing.length > 0)
    throw new Rollback(
      `One or more alarms configured for the deployment went into the ALARM state: [${ringing.join(', ')}]. The deployment was rolled back.`
    );
}

async function timeLimit(run: UpdateRun, plan: DeploymentPlan, signal: AbortSignal): Promise<never> {
  if (plan.maxExecutionMs === undefined) return new Promise(() => undefined);
  await run.context.clock.wait(plan.maxExecutionMs, signal);
  throw new Rollback(
    `The deployment did not complete within the maximum execution timeout of ${plan.maxExecutionMs / 1000} seconds and was rolled back.`
  );
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    onAbort(signal, () => reject(new FleetFailure('The sandbox is stopping.')));
  });
}

import type { VariantStatus } from '@aws-sdk/client-sagemaker';
import { FleetFailure } from '../fleet/failure';
import type { Fleet } from '../fleet/fleet';
import type { SageMakerContext } from './context';
import { DELAYS } from './delays';
import { currentWeights, desiredCounts, settled, shareOfCounts, totalDesired } from './deployment';
import type { DeploymentPlan } from './deployment-plan';
import { deploymentPlan } from './deployment-plan';
import type { Deployment, PendingUpdate } from './records';
import type { Serving } from './serving';

/** The deployment is to be undone; the message becomes the FailureReason. */
export class Rollback extends Error {
  override readonly name = 'Rollback';
}

/** How often alarms are looked at while a step bakes, in provider time; never more often than the real time below. */
const ALARM_POLL_PROVIDER_MS = 10_000;
const MIN_ALARM_POLL_MS = 50;

export interface UpdateRun {
  readonly pending: PendingUpdate;
  readonly live: Deployment;
  readonly blue: Fleet;
  readonly green: Fleet;
  readonly serving: Serving;
  readonly context: SageMakerContext;
  /** Aborts when the sandbox stops. */
  readonly signal: AbortSignal;
  readonly onStage: (status: VariantStatus) => void;
}

/**
 * Moves an endpoint from its blue fleet to a green one by the plan's steps. Resolves when all traffic is on green and the old fleet may
 * go. Rejects with FleetFailure or Rollback when the update must be undone; undoing it is the caller's part.
 */
export async function runUpdate(run: UpdateRun): Promise<void> {
  const plan = deploymentPlan(run.pending.config, totalDesired(run.pending));
  const end = new AbortController();
  const signal = AbortSignal.any([run.signal, end.signal]);
  try {
    await Promise.race([moveTraffic(run, plan, signal), timeLimit(run, plan, signal), aborted(run.signal)]);
  } finally {
    end.abort();
  }
}

async function moveTraffic(run: UpdateRun, plan: DeploymentPlan, signal: AbortSignal): Promise<void> {
  const { pending, live, blue, green, serving, context } = run;
  const isRolling = plan.kind === 'rolling';
  assertNoAlarm(run, plan);
  run.onStage('Creating');
  green.setWeights(currentWeights(settled(pending)));
  const firstShare = isRolling ? (plan.steps[0]?.greenShare ?? 1) : 1;
  await Promise.all([context.clock.wait(DELAYS.provisionMs, signal), green.start(shareOfCounts(pending, firstShare))]);
  for (const step of plan.steps) {
    if (isRolling) await green.scaleTo(shareOfCounts(pending, step.greenShare));
    run.onStage('ActivatingTraffic');
    await context.clock.wait(DELAYS.shiftTrafficMs, signal);
    const shares = [
      { fleet: blue, share: 1 - step.greenShare },
      { fleet: green, share: step.greenShare },
    ];
    serving.set(shares.filter(({ share }) => share > 0));
    run.onStage('Baking');
    await bake(run, plan, { bakeMs: step.bakeMs, signal });
    if (isRolling && step.greenShare < 1) await blue.scaleTo(shareOfCounts(live, 1 - step.greenShare));
  }
  await context.clock.wait(plan.terminationWaitMs, signal);
  await green.scaleTo(desiredCounts(pending));
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
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new FleetFailure('The sandbox is stopping.')), { once: true })
  );
}

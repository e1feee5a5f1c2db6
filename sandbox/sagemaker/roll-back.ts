import { rolloutPlan } from './update';
import type { UpdateRun } from './update';
import { currentWeights, settled, shareOfCurrent } from './deployment';
import { ladder } from './deployment-plan';
import type { EndpointFleets } from './endpoint-fleets';
import type { Deployment, EndpointRecord } from './records';
import type { Fleet } from '../fleet/fleet';

/** What undoing an update needs of its endpoint. */
export interface RollBackOf {
  readonly reason: string;
  readonly record: () => EndpointRecord;
  readonly become: (record: EndpointRecord) => void;
  readonly journal: (event: { readonly to: string; readonly reason: string }) => void;
  readonly fleets: EndpointFleets;
  /** The FailureReason of an error. */
  readonly reasonOf: (error: unknown) => string;
}

/**
 * Gives the traffic back to the fleets that served before an update. Returns true when that failed and the endpoint stays in a mix of
 * both, `UpdateRollbackFailed`; otherwise it is `RollingBack`, and the caller settles it.
 */
export async function rollBack(run: UpdateRun, of: RollBackOf): Promise<boolean> {
  const { green, serving, context } = run;
  const greenShare = serving.shares.find(({ fleet }) => fleet === green)?.share ?? 0;
  of.journal({ to: 'rolling back', reason: of.reason });
  if (greenShare > 0) of.become({ ...of.record(), status: 'RollingBack' });
  const failureReason = context.knobs.isRollbackSilent ? '' : of.reason;
  try {
    const site = { service: 'sagemaker', operation: 'UpdateEndpoint', resource: run.endpointName } as const;
    if (greenShare > 0 && context.faults.strike(['rollbackFails'], site)) throw new StruckByFault();
    await giveBack(run, greenShare);
  } catch (error) {
    if (run.signal.aborted) {
      of.fleets.retire(green);
      return true;
    }
    const cause = error instanceof StruckByFault ? failureReason : of.reasonOf(error);
    stayMixed(run, of, { greenShare, failureReason: cause });
    return true;
  }
  // From here on a restart finds no update to carry on with: it comes back on the old configuration.
  const { pending: _dropped, ...kept } = of.record();
  serving.set(run.old);
  await green.drain();
  of.fleets.retire(green);
  of.become({ ...kept, status: 'RollingBack', failureReason });
  return false;
}

class StruckByFault extends Error {}

/** A rolling update has taken instances out of the old fleets; they come back, batch by batch, before their traffic does. */
async function giveBack({ old, pending, green, serving, context, signal }: UpdateRun, from: number): Promise<void> {
  const { kind, rollbackShare, steps } = rolloutPlan(pending);
  const bakeMs = context.knobs.rollingRollbackBakes ? (steps[0]?.bakeMs ?? 0) : 0;
  const batches = kind === 'rolling' ? ladder(rollbackShare, Math.max(1, Math.round(1 / rollbackShare))) : [1];
  for (const [index, done] of batches.entries()) {
    if (index > 0) await context.clock.wait(context.knobs.shiftTrafficMs + bakeMs, signal);
    const greenShare = from * (1 - done);
    await Promise.all(old.map(({ fleet, deployment }) => fleet.scaleTo(shareOfCurrent(deployment, 1 - greenShare))));
    if (greenShare > 0)
      serving.set([
        ...old.map((one) => ({ ...one, share: one.share * (1 - greenShare) })),
        { fleet: green, share: greenShare },
      ]);
  }
}

/** The mix is written down with what runs now, so that a restart brings back both fleets. */
function stayMixed(
  run: UpdateRun,
  of: RollBackOf,
  failed: { readonly greenShare: number; readonly failureReason: string }
): void {
  const { greenShare: share, failureReason } = failed;
  const { pending: _dropped, mixed: former, ...kept } = of.record();
  const [blue, ...others] = run.old;
  if (!blue) return;
  const live = asItRuns(kept.live, blue.fleet);
  const base = { ...kept, status: 'UpdateRollbackFailed', failureReason, live } as const;
  if (share === 0) {
    of.fleets.retire(run.green);
    return of.become(former ? { ...base, mixed: former } : base);
  }
  // A mix is of two: what a former failed rollback left makes room for what this one leaves.
  for (const { fleet } of others) of.fleets.retire(fleet);
  const deployment = asItRuns(settled(run.pending), run.green);
  run.green.setWeights(currentWeights(deployment));
  of.fleets.replace({ fleet: blue.fleet, share: 1 - share, deployment: live }, { fleet: run.green, share, deployment });
  run.serving.set(of.fleets.current);
  of.become({ ...base, mixed: { deployment, share } });
}

function asItRuns(deployment: Deployment, fleet: Fleet): Deployment {
  const variants = deployment.variants.map(({ stage: _ended, ...variant }) => ({
    ...variant,
    currentCount: fleet.variant(variant.name)?.instances.length ?? variant.currentCount,
  }));
  return { ...deployment, variants };
}

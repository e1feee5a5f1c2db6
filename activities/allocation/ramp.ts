import { harmBudget, rampStep } from '../../guards/ramp';
import type { ArmCounts, GuardPlan, GuardState, RateState } from '../../guards/types';
import { rungsOf } from '../../rollout';
import type { Proposal, RampPlan } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';

/**
 * The budgets of extra failures that the file states, in units of the incumbent's own rate. An incumbent that never failed is taken to fail once
 * in the requests seen plus one: a budget in units of nothing would be none.
 */
export function rampsOf(
  spec: RolloutSpec,
  known: {
    readonly baseline: Readonly<Record<string, ArmCounts>>;
    readonly requestsPerSecond: number;
  }
): readonly RampPlan[] {
  const errors = known.baseline['errors'] ?? { n: 0, bad: 0 };
  const incumbentRate = Math.max(errors.bad, 1) / (errors.n + 1);
  return rungsOf(spec).flatMap((rung) => {
    const stage = spec.stages[rung.stage];
    if (rung.kind !== 'hold' || rung.follows !== 'harm' || stage?.kind !== 'linear' || stage.extraFailures === null)
      return [];
    const { extraFailures, sharesPct, bakeMs } = stage;
    const requests = Math.max(1, (known.requestsPerSecond * rung.until.atMostMs) / 1000);
    const { h, statement } = harmBudget({
      extraFailures,
      incumbentRate: Math.min(incumbentRate, 0.5),
      requests,
      startPct: sharesPct[0],
      alpha: spec.budget.falsePromotion,
    });
    const maxPct = sharesPct.at(-1) ?? sharesPct[0];
    return [{ stage: rung.stage, h, maxPct, bakeMs, alpha: spec.budget.falsePromotion, statement }];
  });
}

/** The share that the evidence on failures allows now; null before the share has baked. */
export function followHarm(p: {
  readonly ramp: RampPlan;
  readonly arm: string;
  readonly currentPct: number;
  readonly heldMs: number;
  readonly guards: readonly { readonly plan: GuardPlan; readonly state: GuardState }[];
}): Proposal | null {
  const { ramp, arm, currentPct, heldMs } = p;
  if (heldMs < ramp.bakeMs) return null;
  const guards = p.guards.flatMap(({ plan, state }) =>
    plan.kind === 'errors' && isRate(state) ? [{ name: plan.name, state }] : []
  );
  const { sharePct, reason } = rampStep({ guards, currentPct, maxPct: ramp.maxPct, h: ramp.h, alpha: ramp.alpha });
  // A hundredth of a percent is as fine as anybody reads it; a fleet is not updated for less.
  const roundedPct = Math.floor(sharePct * 100) / 100;
  return { sharesPct: { [arm]: Math.max(currentPct, roundedPct) }, reason, winner: null };
}

function isRate(state: GuardState): state is RateState {
  return state.kind === undefined || state.kind === 'rate';
}

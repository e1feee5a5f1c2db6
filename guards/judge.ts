import { countRate, startRate } from './rate';
import { evidenceProblem, isNewTick } from './sanity';
import type { GuardPlan, GuardState, TickEvidence, Verdict } from './types';
import { currentVerdict, errorVerdict } from './verdict';

/** The state of a guard before its first tick. */
export function startGuard(plan: GuardPlan): GuardState {
  switch (plan.kind) {
    case 'errors':
    case 'quality':
      return startRate(plan);
  }
}

/**
 * Counts one closed tick and judges. Pure. A tick whose key is not after the last counted one changes nothing and gives
 * the standing verdict. Counts that cannot be true (negative, fractional, NaN, more bad than trials) give an `error`
 * verdict and leave the state as it was, so that the same tick may be delivered again with better numbers.
 */
export function judgeTick(p: {
  readonly plan: GuardPlan;
  readonly state: GuardState;
  readonly evidence: TickEvidence;
}): { readonly state: GuardState; readonly verdict: Verdict } {
  const { plan, state, evidence } = p;
  const problem = evidenceProblem(evidence);
  if (problem !== null) return { state, verdict: errorVerdict({ plan, state, problem }) };
  if (!isNewTick(evidence.key, state.lastKey)) return { state, verdict: currentVerdict(plan, state) };
  const next = countRate(plan, state, evidence);
  return { state: next, verdict: currentVerdict(plan, next) };
}

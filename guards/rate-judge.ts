import type { GuardJudge } from './guard-judge';
import { countRate, startRate } from './rate';
import { rateVerdict, rateVerdictKind } from './rate-verdict';
import { armsProblem, unusable } from './sanity';
import type { RatePlan, RateState, TickEvidence } from './types';

/** Rates of bad events: errors, wrong predictions, missed goals, and pairs of answers. */
export const rateJudge: GuardJudge<RatePlan, RateState, TickEvidence> = {
  isState: (state): state is RateState => state.kind === undefined || state.kind === 'rate',
  isEvidence: (evidence): evidence is TickEvidence => evidence.kind === undefined || evidence.kind === 'counts',
  start: startRate,
  problem: (plan, evidence) => unitProblem(plan, evidence) ?? armsProblem(evidence) ?? pairsProblem(plan, evidence),
  count: countRate,
  verdict: rateVerdict,
  verdictKind: rateVerdictKind,
};

/** Why evidence does not count what the plan is about; null when it does. */
export function unitProblem(plan: Pick<RatePlan, 'unit'>, evidence: Pick<TickEvidence, 'unit' | 'key'>): string | null {
  const [wanted, found] = [plan.unit ?? 'request', evidence.unit ?? 'request'];
  return wanted === found ? null : `the tick ending ${evidence.key} counts ${found}s, but the plan is about ${wanted}s`;
}

function pairsProblem({ kind }: RatePlan, { key, candidate, incumbent }: TickEvidence): string | null {
  if (kind !== 'shadow') return null;
  if (candidate.n !== incumbent.n) return unusable(key, `${candidate.n} pairs on one arm, ${incumbent.n} on the other`);
  const discordant = candidate.bad + incumbent.bad;
  return discordant > candidate.n ? unusable(key, `${discordant} discordant pairs of only ${candidate.n}`) : null;
}

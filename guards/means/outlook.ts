import type { BetState } from '../betting/bets';
import { moreOfTheSame, testInterval } from '../noise/score-test';
import { scoredPrior } from './scored';
import type { BettingState, MeanPlan, Moments, ScoredMeanState } from './types';

/** Expected further candidate trials until a decision if things go on as they did; null when they move towards none. */
export function moreValues(plan: MeanPlan, state: BettingState | ScoredMeanState): number | null {
  const caps = { harm: -Math.log(plan.rollbackAlpha), promote: -Math.log(plan.promoteAlpha) };
  const times =
    state.kind === 'betting'
      ? Math.min(moreOfTheBets(state.harm, caps.harm), moreOfTheBets(state.promote, caps.promote))
      : Math.max(
          Math.min(
            moreOfTheSame(state.harmScore, scoredPrior, caps.harm),
            moreOfTheSame(state.promoteScore, scoredPrior, caps.promote)
          ),
          plan.kind === 'mean' && plan.method === 'score'
            ? plan.leastN / Math.min(state.candidate.n, state.incumbent.n) - 1
            : 0
        );
  const { n } = state.candidate;
  return n > 0 && Number.isFinite(times) ? Math.ceil(times * n) : null;
}

/** A bet that grew so far grows on alike; the first that reaches the cap alone decides. */
function moreOfTheBets({ logBets }: BetState, logCap: number): number {
  const needs = logCap + Math.log(logBets.length);
  return Math.min(...logBets.map((log) => (log > 0 ? Math.max(0, needs / log - 1) : Infinity)));
}

/**
 * Interval of the difference of means (candidate minus incumbent) in the values' own unit at 1 − alpha, by scatter; approximate as
 * the guard is, and by the deviation of all values.
 */
export function scoredInterval(
  plan: MeanPlan,
  state: ScoredMeanState,
  alpha: number
): readonly [number | null, number | null] {
  const [low, high] = testInterval(state.harmScore, alpha);
  const deviation = deviationOf(state.candidate, state.incumbent);
  const outward = (plan.higherIs === 'better' ? -1 : 1) * deviation;
  // `+ 0` because JSON has no −0.
  const inUnits = (end: number | null) => (end === null ? null : end * outward + 0);
  return outward < 0 ? [inUnits(high), inUnits(low)] : [inUnits(low), inUnits(high)];
}

/** Within arms. */
function deviationOf(...arms: readonly Moments[]): number {
  const seen = arms.filter(({ n }) => n > 1);
  const freedom = seen.reduce((sum, { n }) => sum + n - 1, 0);
  const around = seen.reduce((total, { n, sum, squares }) => total + Math.max(0, squares - (sum * sum) / n), 0);
  return freedom > 0 ? Math.sqrt(around / freedom) : 0;
}

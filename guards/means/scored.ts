import { AT_CAP } from '../e-process';
import { noScore } from '../noise/score';
import type { ScoreSum } from '../noise/score';
import { addToTest, assumedPrior, startScoreTest, testLogE } from '../noise/score-test';
import type { ScoreTest } from '../noise/score-test';
import { noMoments } from './betting';
import type { Moments, MomentsEvidence, ScoredMeanPlan, ScoredMeanState } from './types';

/**
 * Differences of means are looked for around a tenth of a standard deviation. Random routing alone makes them scatter with φ = 1,
 * which counts for twelve ticks and blocks against what is seen.
 */
export const scoredPrior = assumedPrior({ phi: 1, tau: 0.1, horizonTicks: 180, count: 12 });

export function startScored(): ScoredMeanState {
  return {
    kind: 'scoredMean',
    version: 1,
    lastKey: null,
    ticks: 0,
    candidate: noMoments,
    incumbent: noMoments,
    harm: { logE: 0 },
    promote: { logE: 0 },
    harmScore: startScoreTest(scoredPrior),
    promoteScore: startScoreTest(scoredPrior),
    weighted: 0,
    weights: 0,
  };
}

/**
 * Counts one tick: the difference of the arms' means in standard deviations of the tick's own values, which is what random
 * routing would scatter them by, given the values. They are judged by their own scatter, as in the fleet-noise mode of rates.
 */
export function countMoments(plan: ScoredMeanPlan, state: ScoredMeanState, evidence: MomentsEvidence): ScoredMeanState {
  const sign = plan.higherIs === 'better' ? -1 : 1;
  const { candidate, incumbent } = evidence;
  const atZero = meanScore(candidate, incumbent, 0);
  const atMargin = meanScore(candidate, incumbent, sign * plan.promoteDifference);
  const harmScore = addToTest(state.harmScore, { ...atZero, score: sign * atZero.score }, state.ticks);
  const promoteScore = addToTest(state.promoteScore, { ...atMargin, score: -sign * atMargin.score }, state.ticks);
  const weight = candidate.n > 0 && incumbent.n > 0 ? (candidate.n * incumbent.n) / (candidate.n + incumbent.n) : 0;
  const next = {
    ...state,
    lastKey: evidence.key,
    ticks: state.ticks + 1,
    candidate: add(state.candidate, candidate),
    incumbent: add(state.incumbent, incumbent),
    harmScore,
    promoteScore,
    weighted:
      state.weighted + (weight === 0 ? 0 : weight * (candidate.sum / candidate.n - incumbent.sum / incumbent.n)),
    weights: state.weights + weight,
  };
  const judged = Math.min(next.candidate.n, next.incumbent.n) >= plan.leastN;
  const follow = (before: number, test: ScoreTest, alpha: number) => {
    const cap = -Math.log(alpha);
    if (before >= cap - AT_CAP) return { logE: before };
    return { logE: judged ? Math.min(cap, testLogE(test)) : 0 };
  };
  return {
    ...next,
    harm: follow(state.harm.logE, harmScore, plan.rollbackAlpha),
    promote: follow(state.promote.logE, promoteScore, plan.promoteAlpha),
  };
}

/** Score at "the candidate's mean is `shift` above the incumbent's", in standard deviations, and its variance. */
function meanScore(candidate: Moments, incumbent: Moments, shift: number): ScoreSum {
  const [a, b] = [candidate.n, incumbent.n];
  const n = a + b;
  if (a === 0 || b === 0 || n < 3) return noScore;
  const own = candidate.sum - a * shift;
  const ownSquares = candidate.squares - 2 * shift * candidate.sum + a * shift * shift;
  const variance = (ownSquares + incumbent.squares - (own + incumbent.sum) ** 2 / n) / (n - 1);
  // Rounding leaves a little variance where all values are the same.
  if (!(variance > 1e-12 * ((ownSquares + incumbent.squares) / n))) return noScore;
  return { score: ((a * b) / n) * ((own / a - incumbent.sum / b) / Math.sqrt(variance)), information: (a * b) / n };
}

const add = (sum: Moments, more: Moments): Moments => ({
  n: sum.n + more.n,
  sum: sum.sum + more.sum,
  squares: sum.squares + more.squares,
});

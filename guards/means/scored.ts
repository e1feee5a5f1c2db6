import { AT_CAP } from '../e-process';
import { addDispersion, noDispersion, runningPhi } from '../noise/dispersion';
import { addScore, noScore, scoreLogE } from '../noise/score';
import type { ScoreSum } from '../noise/score';
import { noMoments } from './betting';
import type { Moments, MomentsEvidence, ScoredMeanPlan, ScoredMeanState } from './types';

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
    harmScore: noScore,
    promoteScore: noScore,
    running: noDispersion,
    weighted: 0,
    weights: 0,
  };
}

/**
 * Counts one tick: the difference of the arms' means in standard deviations of the tick's own values, which is what random
 * routing would scatter them by, given the values. φ of past ticks inflates it, as in the fleet-noise mode of rates.
 */
export function countMoments(plan: ScoredMeanPlan, state: ScoredMeanState, evidence: MomentsEvidence): ScoredMeanState {
  const sign = plan.higherIs === 'better' ? -1 : 1;
  const { candidate, incumbent } = evidence;
  const phi = runningPhi(1, state.running);
  const atZero = meanScore(candidate, incumbent, 0);
  const atMargin = meanScore(candidate, incumbent, sign * plan.promoteDifference);
  const harmScore = addScore(state.harmScore, { ...atZero, score: sign * atZero.score }, phi);
  const promoteScore = addScore(state.promoteScore, { ...atMargin, score: -sign * atMargin.score }, phi);
  const weight = candidate.n > 0 && incumbent.n > 0 ? (candidate.n * incumbent.n) / (candidate.n + incumbent.n) : 0;
  const next = {
    ...state,
    lastKey: evidence.key,
    ticks: state.ticks + 1,
    candidate: add(state.candidate, candidate),
    incumbent: add(state.incumbent, incumbent),
    harmScore,
    promoteScore,
    running: addDispersion(state.running, atZero, state.ticks),
    weighted:
      state.weighted + (weight === 0 ? 0 : weight * (candidate.sum / candidate.n - incumbent.sum / incumbent.n)),
    weights: state.weights + weight,
  };
  const judged = Math.min(next.candidate.n, next.incumbent.n) >= plan.leastN;
  const follow = (before: number, sum: ScoreSum, alpha: number) => {
    const cap = -Math.log(alpha);
    if (before >= cap - AT_CAP) return { logE: before };
    return { logE: judged ? Math.min(cap, scoreLogE(wide(sum))) : 0 };
  };
  return {
    ...next,
    harm: follow(state.harm.logE, harmScore, plan.rollbackAlpha),
    promote: follow(state.promote.logE, promoteScore, plan.promoteAlpha),
  };
}

/**
 * Differences of means are looked for around a tenth of a standard deviation, where the mixture over log odds ratios looks
 * around 1: the same mixture on a scale ten times as wide.
 */
export const wide = ({ score, information }: ScoreSum): ScoreSum => ({
  score: score / 10,
  information: information / 100,
});

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

import { guessOf, psi, squaresAround } from './bounded-pair';
import { byBatch, weightOf } from './off-policy';
import type { TargetPolicy } from './off-policy';
import type { LoggedCell } from './propensity';

/**
 * A guaranteed interval of a policy's value at 1 − alpha, over all looks: the empirical Bernstein confidence sequence
 * (Howard et al. 2021; Waudby-Smith & Ramdas 2023) of the inverse propensity scores, with a bet fixed for each batch
 * before its rewards. The scores of a batch are scaled by the largest π/p that its propensities allow, which is known before its
 * rewards, so batches in which the log hardly tried what the policy wants weigh little; `largestWeight` takes one bound for the whole log
 * instead. It holds for any adaptive log, and for the value averaged over the batches by these weights, and is wider than the normal one.
 * Throws `RangeError` when a weight exceeds the bound.
 */
export function anytimeValue(p: {
  readonly cells: readonly LoggedCell[];
  readonly policy: TargetPolicy;
  readonly largestWeight?: number;
  readonly alpha: number;
}): readonly [number, number] {
  const { cells, policy, alpha } = p;
  const level = Math.log(2 / alpha);
  let seen = { n: 0, sum: 0, sumSquares: 0 };
  const bets = { stakes: 0, centre: 0, price: 0 };
  for (const batch of byBatch(cells)) {
    const bound = p.largestWeight ?? Math.max(...batch.map((cell) => largestWeightOf(cell, policy)));
    // A policy that wants nothing of what the batch could have asked for: its segments are not those of this batch.
    if (bound === 0) continue;
    const scores = batch.map((cell) => scoresOf(cell, policy, bound));
    const n = scores.reduce((sum, score) => sum + score.n, 0);
    const scale = p.largestWeight === undefined ? 1 / bound : 1;
    const guess = guessOf({ n: seen.n, sum: seen.sum * scale, sumSquares: seen.sumSquares * scale * scale });
    const requests = seen.n + n;
    const stake = Math.min(0.5, Math.sqrt((2 * level) / (guess.variance * requests * Math.log1p(requests))));
    for (const score of scores) {
      bets.stakes += (stake * score.n) / bound;
      bets.centre += stake * score.sum;
      bets.price += psi(stake) * squaresAround(score, guess.mean);
      const [sum, sumSquares] = [score.sum / scale, score.sumSquares / (scale * scale)];
      seen = { n: seen.n + score.n, sum: seen.sum + sum, sumSquares: seen.sumSquares + sumSquares };
    }
  }
  if (bets.stakes === 0) return [0, 1];
  const radius = (level + bets.price) / bets.stakes;
  const centre = bets.centre / bets.stakes;
  return [Math.max(0, centre - radius), Math.min(1, centre + radius)];
}

/** The largest π/p that a request of this segment could have had. */
function largestWeightOf({ segment, arms, propensities }: LoggedCell, policy: TargetPolicy): number {
  const weights = arms.map((arm) => {
    const wanted = policy(segment, arm);
    return wanted > 0 ? wanted / (propensities[arm] ?? 0) : 0;
  });
  return Math.max(0, ...weights);
}

/** Inverse propensity scores of a cell, scaled to 0 … 1. */
function scoresOf(cell: LoggedCell, policy: TargetPolicy, largestWeight: number) {
  const weight = weightOf(cell, policy) / largestWeight;
  if (weight > 1 + 1e-12)
    throw new RangeError(`a weight of ${weight * largestWeight} exceeds the bound ${largestWeight}`);
  return { n: cell.n, sum: weight * cell.sum, sumSquares: weight * weight * cell.sumSquares };
}

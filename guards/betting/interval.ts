import type { Payoff } from './bets';

/**
 * Predictable empirical-Bernstein confidence sequence for a mean that stays where it is (Waudby-Smith & Ramdas 2024, theorem 2;
 * here with bounds that may change from tick to tick). Plain JSON.
 */
export interface MeanSequence {
  readonly n: number;
  readonly sum: number;
  /** Σ (x − mean before the tick)². */
  readonly squares: number;
  readonly weights: number;
  readonly weighted: number;
  readonly variance: number;
}

export const noMean: MeanSequence = { n: 0, sum: 0, squares: 0, weights: 0, weighted: 0, variance: 0 };

/** Counts one tick of values between `low` and `high`, which are known before it. The weight is chosen from the past alone. */
export function addToMean(p: {
  readonly state: MeanSequence;
  readonly values: readonly Payoff[];
  readonly low: number;
  readonly high: number;
  readonly alpha: number;
}): MeanSequence {
  const { state, values, low, high, alpha } = p;
  const count = values.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return state;
  const span = high - low;
  const mean = Math.min(high, Math.max(low, ((low + high) / 2 + state.sum) / (1 + state.n)));
  const spread = (span * span * 0.25 + state.squares) / (1 + state.n);
  const n = state.n + count;
  const bold = Math.min(0.5, span * Math.sqrt((2 * Math.log(2 / alpha)) / (spread * n * Math.log(1 + n))));
  const penalty = (-Math.log1p(-bold) - bold) / (span * span);
  const sum = values.reduce((total, one) => total + one.count * one.value, 0);
  const squares = values.reduce((total, one) => total + one.count * (one.value - mean) ** 2, 0);
  return {
    n,
    sum: state.sum + sum,
    squares: state.squares + squares,
    weights: state.weights + (count * bold) / span,
    weighted: state.weighted + (sum * bold) / span,
    variance: state.variance + penalty * squares,
  };
}

/** Interval at 1 − alpha at all looks together; open before the first value. */
export function meanInterval(state: MeanSequence, alpha: number): readonly [number | null, number | null] {
  if (state.weights === 0) return [null, null];
  const centre = state.weighted / state.weights;
  const reach = (Math.log(2 / alpha) + state.variance) / state.weights;
  return [centre - reach, centre + reach];
}

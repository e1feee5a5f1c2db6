import { NO_WEALTH } from '../e-process';
import type { BoundedPairState, Moments } from './types';

/** Differences of mean rewards that the bets are sized for, on the scale of 0 to 1; equal parts of the wealth. */
const DIFFERENCES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3] as const;

const noRewards: Moments = { n: 0, sum: 0, sumSquares: 0 };

export const startBoundedPair: BoundedPairState = {
  logBets: DIFFERENCES.map(() => -Math.log(DIFFERENCES.length)),
  logE: 0,
  better: noRewards,
  worse: noRewards,
};

/**
 * Counts one cohort of rewards on 0 to 1. Null: the mean of `better` is at most that of `worse` in every cohort. A bet κ on
 * the difference of the cohort's means multiplies the wealth by exp(κ(X̄ − Ȳ) − nψ-terms), with ψ(λ) = −log(1 − λ) − λ at
 * λ = κ/n of each arm and squares around the means seen before (empirical Bernstein; Fan, Grama & Liu 2015, Howard et al.
 * 2021, theorem 4). Its mean is at most 1 under the null, for any allocation and drift: only counts, sums and sums of
 * squares are needed. P(logE ever reaches logCap) ≤ exp(−logCap).
 */
export function stepBoundedPair(p: {
  readonly state: BoundedPairState;
  readonly better: Moments;
  readonly worse: Moments;
  readonly logCap: number;
}): BoundedPairState {
  const { state, better, worse, logCap } = p;
  const seen = { better: addMoments(state.better, better), worse: addMoments(state.worse, worse) };
  if (better.n === 0 || worse.n === 0) return { ...state, ...seen };
  const expected = { better: guessOf(state.better), worse: guessOf(state.worse) };
  const variance = expected.better.variance / better.n + expected.worse.variance / worse.n;
  const largest = 0.5 * Math.min(better.n, worse.n);
  const difference = better.sum / better.n - worse.sum / worse.n;
  const logBets = state.logBets.map((bet, j) => {
    const stake = Math.min((DIFFERENCES[j] ?? 0) / variance, largest);
    const price =
      psi(stake / better.n) * squaresAround(better, expected.better.mean) +
      psi(stake / worse.n) * squaresAround(worse, expected.worse.mean);
    return Math.max(NO_WEALTH, bet + stake * difference - price);
  });
  if (state.logE >= logCap) return { ...seen, logBets, logE: state.logE };
  const top = Math.max(...logBets);
  const logE = top + Math.log(logBets.reduce((sum, bet) => sum + Math.exp(bet - top), 0));
  return { ...seen, logBets, logE: Math.min(logE, logCap) };
}

/** The price of a bet, ψ(λ) = −log(1 − λ) − λ for 0 ≤ λ < 1. */
export const psi = (lambda: number): number => -Math.log1p(-lambda) - lambda;

/** Σ (x − centre)². */
export function squaresAround({ n, sum, sumSquares }: Moments, centre: number): number {
  return Math.max(0, sumSquares - 2 * centre * sum + n * centre * centre);
}

/** Mean and variance to bet with, from what was seen before: starts at ½ and ¼, which four rewards outweigh. */
export function guessOf(seen: Moments): { readonly mean: number; readonly variance: number } {
  const mean = (seen.sum + 0.5) / (seen.n + 1);
  return { mean, variance: Math.max(1e-6, (squaresAround(seen, mean) + 1) / (seen.n + 4)) };
}

function addMoments(a: Moments, b: Moments): Moments {
  return { n: a.n + b.n, sum: a.sum + b.sum, sumSquares: a.sumSquares + b.sumSquares };
}

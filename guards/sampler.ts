import { pmfWindow } from './hypergeometric';
import type { CountFamily } from './hypergeometric';

/** Draws counts from a law by inversion: give it a uniform number. */
export type Sampler = (uniform: number) => number;

/** Sampler of `family` at `theta`; the table behind it is built once. */
export function samplerOf(family: CountFamily, theta: number): Sampler {
  const { from, weights, sum } = pmfWindow({ family, theta });
  const cumulative = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, i) => {
    total += weight / sum;
    cumulative[i] = total;
  });
  return (uniform) => {
    let [low, high] = [0, cumulative.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 1) > uniform) high = middle;
      else low = middle + 1;
    }
    return from + low;
  };
}

/** Sampler of the number of bad events in `trials` at `rate`. */
export function binomialSampler(trials: number, rate: number): Sampler {
  return samplerOf({ kind: 'binomial', trials, odds: 1 }, oddsOf(rate));
}

/** Odds of a rate, kept finite. */
export function oddsOf(rate: number): number {
  const inside = Math.min(rate, 1 - 1e-12);
  return inside / (1 - inside);
}

/** Counts of one category or bin: baseline, then live. */
export type CountPair = readonly [baseline: number, live: number];

function totalsOf(pairs: readonly CountPair[]): CountPair {
  return pairs.reduce<CountPair>(([n, m], [a, b]) => [n + a, m + b], [0, 0]);
}

/**
 * Largest difference between the shares of a category: SageMaker's L-infinity for text.
 * @param totals what shares are of, where not all categories are given.
 */
export function lInfinity(pairs: readonly CountPair[], totals = totalsOf(pairs)): number {
  const [n, m] = totals;
  return pairs.reduce((most, [a, b]) => Math.max(most, Math.abs(a / n - b / m)), 0);
}

/** Jensen–Shannon distance: the square root of the divergence in bits, 0 to 1. */
export function jensenShannon(pairs: readonly CountPair[]): number {
  const [n, m] = totalsOf(pairs);
  const bits = pairs.reduce((sum, [a, b]) => {
    const [p, q] = [a / n, b / m];
    const middle = (p + q) / 2;
    return sum + (p > 0 ? (p / 2) * Math.log2(p / middle) : 0) + (q > 0 ? (q / 2) * Math.log2(q / middle) : 0);
  }, 0);
  return Math.sqrt(Math.max(0, bits));
}

/** Share that stands for an empty bin, which would make the index infinite. */
export const EMPTY_SHARE = 1e-4;

/** Population stability index, Σ (q − p) ln(q/p); an empty bin counts as one in ten thousand. */
export function populationStability(pairs: readonly CountPair[]): number {
  const [n, m] = totalsOf(pairs);
  return pairs.reduce((sum, [a, b]) => {
    if (a === 0 && b === 0) return sum;
    const [p, q] = [a > 0 ? a / n : EMPTY_SHARE, b > 0 ? b / m : EMPTY_SHARE];
    return sum + (q - p) * Math.log(q / p);
  }, 0);
}

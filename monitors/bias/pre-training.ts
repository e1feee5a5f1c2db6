import type { Counts, GroupCounts } from './counts';
import { divide } from './division';

/** Class imbalance, −1 to 1: above 0 when the disadvantaged are fewer. */
export const classImbalance = ({ a, d }: Counts): number => divide(a.n - d.n, a.n + d.n);

/** Difference in proportions of positive labels. */
export const labelProportions = ({ a, d }: Counts): number => divide(a.n1, a.n) - divide(d.n1, d.n);

type Shares = readonly (readonly [number, number])[];

/** Shares of the positive and the other labels, [of a, of d]. Clarify, too, takes several labels as positive or not before it compares. */
export function labelShares({ a, d }: Counts): Shares {
  const [ofA, ofD] = [divide(a.n1, a.n), divide(d.n1, d.n)];
  return [
    [1 - ofA, 1 - ofD],
    [ofA, ofD],
  ];
}

/** As smclarify 0.5 has them: labels absent from one side are left out, so that the rest does not sum to 1. */
export const labelSharesOnBoth = (counts: Counts): Shares => labelShares(counts).filter(([a, d]) => a > 0 && d > 0);

/** Kullback–Leibler divergence of a from d in nats; infinite when a has a label that d has not. */
export const kullbackLeibler = (shares: Shares): number =>
  shares.reduce((sum, [a, d]) => sum + (a === 0 ? 0 : a * Math.log(divide(a, d))), 0);

/** Jensen–Shannon divergence in nats, at most ln 2. */
export const jensenShannon = (shares: Shares): number => {
  const middle = shares.map(([a, d]) => (a + d) / 2);
  const from = (side: 0 | 1) => kullbackLeibler(shares.map((pair, i) => [pair[side], middle[i] ?? 0]));
  return 0.5 * (from(0) + from(1));
};

export const lpNorm = (shares: Shares): number => Math.sqrt(shares.reduce((sum, [a, d]) => sum + (a - d) ** 2, 0));

export const totalVariation = (shares: Shares): number =>
  0.5 * shares.reduce((sum, [a, d]) => sum + Math.abs(a - d), 0);

export const kolmogorovSmirnov = (shares: Shares): number =>
  shares.reduce((most, [a, d]) => Math.max(most, Math.abs(a - d)), 0);

/**
 * Conditional demographic disparity: over groups, how much more of the rejected than of the accepted are disadvantaged, weighted by
 * the size of the group. Null without a group variable.
 */
export function conditionalDisparity(groups: readonly GroupCounts[]): number | null {
  if (groups.length === 0) return null;
  let [sum, n] = [0, 0];
  for (const { accepted, rejected } of groups) {
    const [yes, no] = [accepted.a + accepted.d, rejected.a + rejected.d];
    sum += (yes + no) * (divide(rejected.d, no) - divide(accepted.d, yes));
    n += yes + no;
  }
  return divide(sum, n);
}

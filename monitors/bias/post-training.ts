import type { Counts, Side } from './counts';
import { differ, divide } from './division';

const zeros = ({ n, n1 }: Side): number => n - n1;
const predictedZeros = ({ n, p1 }: Side): number => n - p1;
const positiveRate = ({ n, p1 }: Side): number => divide(p1, n);

/** Difference of a from d in some ratio of each. */
const gap =
  (of: (side: Side) => number) =>
  ({ a, d }: Counts): number =>
    differ(of(a), of(d));

/** The other way round: Clarify takes rejection metrics as d minus a. */
const gapOfRejection =
  (of: (side: Side) => number) =>
  ({ a, d }: Counts): number =>
    differ(of(d), of(a));

/** Difference in positive proportions of predicted labels. */
export const predictedProportions = gap(positiveRate);
/** Disparate impact: the ratio of the same; its neutral value is 1. */
export const disparateImpact = ({ a, d }: Counts): number => divide(positiveRate(d), positiveRate(a));
export const conditionalAcceptance = gap(({ n1, p1 }) => divide(n1, p1));
export const conditionalRejection = gapOfRejection((side) => divide(zeros(side), predictedZeros(side)));
export const acceptanceRates = gap(({ tp, p1 }) => divide(tp, p1));
export const rejectionRates = gapOfRejection((side) => divide(side.tn, predictedZeros(side)));
export const recallDifference = gap(({ tp, n1 }) => divide(tp, n1));
export const specificityDifference = gapOfRejection((side) => divide(side.tn, zeros(side)));
export const accuracyDifference = gap(({ tp, tn, n }) => divide(tp + tn, n));
export const treatmentEquality = gapOfRejection(({ fn, fp }) => divide(fn, fp));

/** Generalised entropy index at alpha 2 of the benefits prediction − label + 1, over everybody. */
export function generalizedEntropy({ a, d }: Counts): number {
  const [n, better, worse] = [a.n + d.n, a.fp + d.fp, a.fn + d.fn];
  if (n === 0) return 0;
  const mean = (n + better - worse) / n;
  const term = (benefit: number) => (benefit / mean) ** 2 - 1;
  if (mean === 0) return 0;
  return (better * term(2) + (n - better - worse) * term(1) + worse * term(0)) / (2 * n);
}

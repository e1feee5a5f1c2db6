import { ratio } from './numbers';
import type { Measured } from './numbers';

/** Labels and scores of one group of equal scores. Groups come in ascending order of score. */
export interface ScoreGroup {
  readonly score: number;
  readonly positives: number;
  readonly negatives: number;
}

/** Steps that a curve's points lie apart, at least; below so many distinct scores a curve is complete. */
const RESOLUTION = 1 / 1_000;

export interface Curves {
  readonly auc: Measured;
  readonly roc: { readonly falsePositiveRates: readonly number[]; readonly truePositiveRates: readonly number[] };
  readonly precisionRecall: { readonly precisions: readonly number[]; readonly recalls: readonly number[] };
}

/**
 * Area under the ROC curve (ties count by half) with DeLong's error (1988), and both curves, of groups that arrive one after another;
 * memory does not grow with their number. `positives` and `negatives`: totals, known beforehand.
 */
export function curvesOf(totals: { readonly positives: number; readonly negatives: number }) {
  const { positives, negatives } = totals;
  let [below, above, wins] = [0, 0, 0];
  // Σ placement² of positives, and Σ a, Σ a² of negatives with a = positives below them.
  let [squaresOfPositives, sumOfNegatives, squaresOfNegatives] = [0, 0, 0];
  const points: { falsePositives: number; truePositives: number }[] = [{ falsePositives: 1, truePositives: 1 }];
  return {
    add({ positives: p, negatives: n }: ScoreGroup): void {
      const placement = below + n / 2;
      const passed = above + p / 2;
      wins += p * placement;
      squaresOfPositives += p * placement * placement;
      sumOfNegatives += n * passed;
      squaresOfNegatives += n * passed * passed;
      below += n;
      above += p;
      const next = {
        falsePositives: 1 - ratio(below, negatives),
        truePositives: 1 - ratio(above, positives),
      };
      const last = points.at(-1);
      if (
        last === undefined ||
        last.falsePositives - next.falsePositives >= RESOLUTION ||
        last.truePositives - next.truePositives >= RESOLUTION
      )
        points.push(next);
    },
    finish(): Curves {
      const auc = wins / (positives * negatives);
      const ofPositives = squaresOfPositives / (negatives * negatives) / positives - auc * auc;
      // A negative's placement is the share of positives above it: 1 − a/P.
      const meanPassed = sumOfNegatives / negatives / positives;
      const ofNegatives = 1 - 2 * meanPassed + squaresOfNegatives / negatives / (positives * positives) - auc * auc;
      const variance =
        Math.max(0, ofPositives) / Math.max(1, positives - 1) + Math.max(0, ofNegatives) / Math.max(1, negatives - 1);
      // Thinning must not leave the end of the curve out.
      if (points.at(-1)?.falsePositives !== 0 || points.at(-1)?.truePositives !== 0)
        points.push({ falsePositives: 0, truePositives: 0 });
      const rising = points.reverse();
      return {
        auc: { value: auc, error: positives > 1 && negatives > 1 ? Math.sqrt(variance) : NaN },
        roc: {
          falsePositiveRates: rising.map(({ falsePositives }) => falsePositives),
          truePositiveRates: rising.map(({ truePositives }) => truePositives),
        },
        precisionRecall: {
          precisions: rising.map(({ falsePositives, truePositives }) =>
            truePositives === 0 && falsePositives === 0
              ? 1
              : ratio(truePositives * positives, truePositives * positives + falsePositives * negatives)
          ),
          recalls: rising.map(({ truePositives }) => truePositives),
        },
      };
    },
  };
}

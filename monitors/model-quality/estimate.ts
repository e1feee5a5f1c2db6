import { binaryMetrics, noBinaryCounts } from './binary';
import { calibrate } from './calibration';
import type { Calibration } from './calibration';
import { curvesOf } from './curves';
import type { Measured } from './numbers';

/** Predictions of equal score, in ascending order of score. */
export interface ScoredPredictions {
  readonly score: number;
  readonly predictedPositive: boolean;
  readonly n: number;
}

/**
 * What metrics are to be expected of predictions whose labels are not known (confidence-based performance estimation): each prediction is
 * positive with its calibrated probability, which makes the cells of the confusion matrix expectations. It holds while the relation
 * of scores to labels is that of the baseline: it sees what a shift of inputs does, and is blind to a change of the concept itself.
 */
export function estimateBinary(
  predictions: readonly ScoredPredictions[],
  calibration: Calibration | null
): Readonly<Record<string, Measured>> {
  const cells = { ...noBinaryCounts };
  for (const { score, predictedPositive, n } of predictions) {
    const positive = n * calibrate(calibration, score);
    if (predictedPositive) {
      cells.truePositives += positive;
      cells.falsePositives += n - positive;
    } else {
      cells.falseNegatives += positive;
      cells.trueNegatives += n - positive;
    }
  }
  const positives = cells.truePositives + cells.falseNegatives;
  const negatives = cells.trueNegatives + cells.falsePositives;
  const metrics = binaryMetrics(cells);
  return positives > 0 && negatives > 0
    ? { ...metrics, auc: expectedAuc(predictions, calibration, { positives, negatives }) }
    : metrics;
}

function expectedAuc(
  predictions: readonly ScoredPredictions[],
  calibration: Calibration | null,
  { positives, negatives }: { readonly positives: number; readonly negatives: number }
): Measured {
  const curves = curvesOf({ positives, negatives });
  predictions.forEach(({ score, n }, i) => {
    // Groups of one score may differ in what was predicted; a tie is one step of the curve.
    if (predictions[i - 1]?.score === score) return;
    const tied = predictions[i + 1]?.score === score ? (predictions[i + 1]?.n ?? 0) : 0;
    const hits = (n + tied) * calibrate(calibration, score);
    curves.add({ score, positives: hits, negatives: n + tied - hits });
  });
  const { value } = curves.finish().auc;
  return { value, error: aucError(value, positives, negatives) };
}

/** Hanley & McNeil 1982: labels that are expectations have no placements of their own. */
function aucError(auc: number, positives: number, negatives: number): number {
  const [q1, q2] = [auc / (2 - auc), (2 * auc * auc) / (1 + auc)];
  const own = auc * (1 - auc);
  return Math.sqrt(
    (own + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc)) / (positives * negatives)
  );
}

/** Expected share of right predictions, for scores that say how sure a prediction of any class is. */
export function estimateRight(
  predictions: readonly { readonly score: number; readonly n: number }[],
  calibration: Calibration | null
): Measured {
  let [n, right, spread] = [0, 0, 0];
  for (const group of predictions) {
    const probability = calibrate(calibration, group.score);
    n += group.n;
    right += group.n * probability;
    spread += group.n * probability * (1 - probability);
  }
  return n > 0 ? { value: right / n, error: Math.sqrt(spread) / n } : { value: NaN, error: NaN };
}

import { binaryMetrics, noBinaryCounts } from './binary';
import { calibrate, restsOn } from './calibration';
import type { Calibration } from './calibration';
import { curvesOf } from './curves';
import type { ScoreGroup } from './curves';
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
 * Errors are of the window's own chance, and of how little the baseline knew of such scores.
 */
export function estimateBinary(
  predictions: readonly ScoredPredictions[],
  calibration: Calibration | null
): Readonly<Record<string, Measured>> {
  const plain = metricsAt(predictions, (score) => calibrate(calibration, score));
  if (calibration === null) return plain;
  const knots = predictions.map(({ score }) => restsOn(calibration, score));
  const variances: Record<string, number> = {};
  for (const [knot, error] of new Map(knots.map((one) => [one.knot, one.error]))) {
    let i = 0;
    const shifted = metricsAt(predictions, (score) => {
      const own = knots[i++]?.knot === knot;
      return Math.min(1, calibrate(calibration, score) + (own ? error : 0));
    });
    for (const [name, { value }] of Object.entries(shifted))
      variances[name] = (variances[name] ?? 0) + (value - (plain[name]?.value ?? value)) ** 2;
  }
  return Object.fromEntries(
    Object.entries(plain).map(([name, { value, error }]) => [
      name,
      { value, error: Math.sqrt(error * error + (variances[name] ?? 0)) },
    ])
  );
}

/** @param probabilityOf is asked once for each group, in order */
function metricsAt(
  predictions: readonly ScoredPredictions[],
  probabilityOf: (score: number) => number
): Readonly<Record<string, Measured>> {
  const cells = { ...noBinaryCounts };
  const expected = predictions.map(({ score, predictedPositive, n }) => {
    const positives = n * probabilityOf(score);
    if (predictedPositive) {
      cells.truePositives += positives;
      cells.falsePositives += n - positives;
    } else {
      cells.falseNegatives += positives;
      cells.trueNegatives += n - positives;
    }
    return { score, positives, negatives: n - positives };
  });
  const positives = cells.truePositives + cells.falseNegatives;
  const negatives = cells.trueNegatives + cells.falsePositives;
  const metrics = binaryMetrics(cells);
  return positives > 0 && negatives > 0
    ? { ...metrics, auc: expectedAuc(expected, { positives, negatives }) }
    : metrics;
}

function expectedAuc(
  expected: readonly ScoreGroup[],
  totals: { readonly positives: number; readonly negatives: number }
): Measured {
  const curves = curvesOf(totals);
  expected.forEach((group, i) => {
    // Groups of one score may differ in what was predicted; a tie is one step of the curve.
    if (expected[i - 1]?.score === group.score) return;
    const tied = expected[i + 1];
    curves.add(
      tied?.score === group.score
        ? {
            score: group.score,
            positives: group.positives + tied.positives,
            negatives: group.negatives + tied.negatives,
          }
        : group
    );
  });
  const { value } = curves.finish().auc;
  return { value, error: aucError(value, totals.positives, totals.negatives) };
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
  // "It is right" is the positive class, and always what is predicted.
  const right = predictions.map((group) => ({ ...group, predictedPositive: true }));
  return estimateBinary(right, calibration)['accuracy'] ?? { value: NaN, error: NaN };
}

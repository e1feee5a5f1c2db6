import { confusionOf, scoreOfClass, share } from './confusion';
import type { Confusion } from './confusion';
import type { Measured } from './numbers';

/** What became of a binary classifier's predictions. */
export interface BinaryCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

export const noBinaryCounts: BinaryCounts = {
  truePositives: 0,
  falsePositives: 0,
  trueNegatives: 0,
  falseNegatives: 0,
};

const NEGATIVE = '0';
const POSITIVE = '1';

export function tableOf(counts: BinaryCounts): Confusion {
  return confusionOf([
    { actual: NEGATIVE, predicted: NEGATIVE, count: counts.trueNegatives },
    { actual: NEGATIVE, predicted: POSITIVE, count: counts.falsePositives },
    { actual: POSITIVE, predicted: NEGATIVE, count: counts.falseNegatives },
    { actual: POSITIVE, predicted: POSITIVE, count: counts.truePositives },
  ]);
}

/** SageMaker's names, in its order. */
export function binaryMetrics(counts: BinaryCounts): Readonly<Record<string, Measured>> {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
  const [positives, negatives] = [truePositives + falseNegatives, trueNegatives + falsePositives];
  const table = tableOf(counts);
  return {
    recall: share(truePositives, positives),
    precision: share(truePositives, truePositives + falsePositives),
    accuracy: share(truePositives + trueNegatives, positives + negatives),
    true_positive_rate: share(truePositives, positives),
    true_negative_rate: share(trueNegatives, negatives),
    false_positive_rate: share(falsePositives, negatives),
    false_negative_rate: share(falseNegatives, positives),
    f0_5: scoreOfClass(table, POSITIVE, 0.5),
    f1: scoreOfClass(table, POSITIVE, 1),
    f2: scoreOfClass(table, POSITIVE, 2),
  };
}

/** What AWS's examples call the best constant classifier: one that always predicts the positive class. */
export function alwaysPositive(counts: BinaryCounts): BinaryCounts {
  return {
    truePositives: counts.truePositives + counts.falseNegatives,
    falsePositives: counts.trueNegatives + counts.falsePositives,
    trueNegatives: 0,
    falseNegatives: 0,
  };
}

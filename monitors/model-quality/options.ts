import type { Json, OptionProblem } from '../types';
import { OptionReader } from '../option-reader';

export const PROBLEMS = ['BinaryClassification', 'MulticlassClassification', 'Regression'] as const;
/** SageMaker's `problem_type`. */
export type Problem = (typeof PROBLEMS)[number];

export interface QualityOptions {
  readonly problem: Problem;
  /** Column with the label, for data that have it (SageMaker's `ground_truth_attribute`). */
  readonly label: string | null;
  /** Where labels come from that arrive on their own: an `s3://` prefix, a folder or a file of ground-truth lines. */
  readonly groundTruth: string | null;
  /** Column with the predicted class or number (`inference_attribute`). Null: made of the probability. */
  readonly prediction: string | null;
  /** Column with the probability of the positive class, or of the predicted one where there are many (`probability_attribute`). */
  readonly probability: string | null;
  /** A probability above it is a positive prediction (`probability_threshold_attribute`). */
  readonly probabilityThreshold: number;
  readonly positiveLabel: string;
  /** Labels come until so long after their prediction. */
  readonly labelsWithinMs: number;
  /** Labelled rows below which nothing is concluded. */
  readonly leastRows: number;
  /** Of intervals. */
  readonly level: number;
  /** Probability of any false alarm: in one check, and by the bets on wrong predictions over all windows together. */
  readonly falseAlarm: number;
  /**
   * `interval`: a violation is shown at the level that `falseAlarm` asks for. `point`: as SageMaker does, any value beyond the threshold is one.
   */
  readonly rule: 'interval' | 'point';
  readonly seed: number;
}

const KNOWN = [
  ...['problem', 'label', 'groundTruth', 'prediction', 'probability', 'probabilityThreshold', 'positiveLabel'],
  ...['labelsWithinMs', 'leastRows', 'level', 'falseAlarm', 'rule', 'seed'],
];
const DAY_MS = 86_400_000;

/** Reads the options of the model quality monitor. */
export function parseQualityOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: QualityOptions } | { readonly problems: readonly OptionProblem[] } {
  const read = new OptionReader(raw, KNOWN);
  const problem = read.choice('problem', PROBLEMS);
  const prediction = read.text('prediction') ?? null;
  const probability = read.text('probability') ?? null;
  const options: QualityOptions = {
    problem: problem ?? 'BinaryClassification',
    label: read.text('label') ?? null,
    groundTruth: read.text('groundTruth') ?? null,
    prediction,
    probability,
    probabilityThreshold: read.number('probabilityThreshold', { low: 0, high: 1 }) ?? 0.5,
    positiveLabel: read.text('positiveLabel') ?? '1',
    labelsWithinMs: read.number('labelsWithinMs', { low: 1, high: 3_650 * DAY_MS }) ?? 30 * DAY_MS,
    leastRows: read.whole('leastRows', 1) ?? 100,
    level: read.number('level', { low: 0.5, high: 0.9999 }) ?? 0.95,
    falseAlarm: read.number('falseAlarm', { low: 1e-6, high: 0.5 }) ?? 0.01,
    rule: read.choice('rule', ['interval', 'point']) ?? 'interval',
    seed: read.whole('seed', 0) ?? 1,
  };
  if (raw['problem'] === undefined) read.problem('problem', 'it is missing', `Write one of ${PROBLEMS.join(', ')}.`);
  if (prediction === null && (probability === null || problem !== 'BinaryClassification'))
    read.problem('prediction', 'it is missing', 'Name the column that holds what the model predicted.');
  return read.problems.length === 0 ? { options } : { problems: read.problems };
}

import type { OptionReader } from '../option-reader';

export const PROBLEMS = ['BinaryClassification', 'MulticlassClassification', 'Regression'] as const;
/** SageMaker's `problem_type`. */
export type Problem = (typeof PROBLEMS)[number];

const DAY_MS = 86_400_000;

/** What a join of predictions to their labels needs to know. */
export interface JoinOptions {
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
}

export const JOIN_OPTIONS: readonly (keyof JoinOptions)[] = [
  ...(['problem', 'label', 'groundTruth', 'prediction', 'probability', 'probabilityThreshold'] as const),
  ...(['positiveLabel', 'labelsWithinMs'] as const),
];

/** Reads them; a problem that is not named is binary classification. */
export function readJoinOptions(read: OptionReader): JoinOptions {
  return {
    problem: read.choice('problem', PROBLEMS) ?? 'BinaryClassification',
    prediction: read.text('prediction') ?? null,
    probability: read.text('probability') ?? null,
    label: read.text('label') ?? null,
    groundTruth: read.text('groundTruth') ?? null,
    probabilityThreshold: read.number('probabilityThreshold', { low: 0, high: 1 }) ?? 0.5,
    positiveLabel: read.text('positiveLabel') ?? '1',
    labelsWithinMs: read.number('labelsWithinMs', { low: 1, high: 3_650 * DAY_MS }) ?? 30 * DAY_MS,
  };
}

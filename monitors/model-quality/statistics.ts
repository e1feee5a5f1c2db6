import type { Json, MonitorReport } from '../types';
import type { Quality } from './measure';
import type { Measured } from './numbers';
import type { Problem } from './join-options';

export const STATISTICS_KEY = {
  BinaryClassification: 'binary_classification_metrics',
  MulticlassClassification: 'multiclass_classification_metrics',
  Regression: 'regression_metrics',
} as const satisfies Readonly<Record<Problem, string>>;

/** JSON has no NaN and no infinity: SageMaker's files say them in words. */
export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/**
 * SageMaker's `statistics.json`.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
 */
export function statisticsFile(
  quality: Quality,
  { problem, window }: { readonly problem: Problem; readonly window: MonitorReport['window'] }
): Json {
  const scalar =
    (deviations: Readonly<Record<string, number>>) =>
    (name: string, { value }: Measured) => ({
      value: jsonNumber(value),
      standard_deviation: jsonNumber(deviations[name] ?? NaN),
    });
  const own = scalar(quality.deviations);
  const constant = scalar(quality.constantDeviations);
  return {
    version: 0,
    dataset: {
      item_count: quality.rows,
      ...(window !== null && {
        start_time: new Date(window.fromMs).toISOString(),
        end_time: new Date(window.toMs).toISOString(),
      }),
    },
    [STATISTICS_KEY[problem]]: {
      ...(quality.confusion !== null && { confusion_matrix: quality.confusion }),
      ...Object.fromEntries(Object.entries(quality.metrics).map(([name, one]) => [name, own(name, one)])),
      ...Object.fromEntries(
        Object.entries(quality.constant).map(([name, one]) => [`${name}_best_constant_classifier`, constant(name, one)])
      ),
      ...(quality.curves !== null && {
        receiver_operating_characteristic_curve: {
          false_positive_rates: quality.curves.roc.falsePositiveRates,
          true_positive_rates: quality.curves.roc.truePositiveRates,
        },
        precision_recall_curve: {
          precisions: quality.curves.precisionRecall.precisions,
          recalls: quality.curves.precisionRecall.recalls,
        },
      }),
    },
  };
}

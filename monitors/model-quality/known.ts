import { chernoffRange, HALF } from '../budget';
import type { BudgetPlan } from '../budget';
import type { Json } from '../types';
import { usefulCalibration } from './calibration';
import type { Calibration } from './calibration';
import { isObject } from './constraints';
import { knownClasses, MOST_CLASSES } from './estimate-classes';
import type { KnownClasses } from './estimate-classes';
import type { KnownLoss } from './estimate-loss';
import type { Quality } from './measure';
import type { Measured } from './numbers';
import type { QualityOptions } from './options';
import type { Scores } from './scores';
import { jsonNumber } from './statistics';

export const KNOWN_FILE = 'model-quality.json';

/** What a check wants to know of its baseline beyond SageMaker's files. */
export interface KnownQuality {
  readonly rows: number;
  readonly metrics: Readonly<Record<string, Measured>>;
  readonly calibration: Calibration | null;
  /** Of many classes; null for other problems, and for more classes than are estimated. */
  readonly classes: KnownClasses | null;
  /** Of regression. */
  readonly loss: KnownLoss | null;
  /** Bets on wrong predictions over all windows to come; null for regression. */
  readonly budget: BudgetPlan | null;
}

/** Part of the false-alarm probability that is spent on the baseline being a freak. */
const BASELINE_SHARE = 0.1;

export function knownFile(
  quality: Quality,
  { scores, loss }: { readonly scores: Scores | null; readonly loss: KnownLoss | null },
  options: QualityOptions
): Json {
  const useful = scores === null ? null : usefulCalibration(scores.outcomes, options.seed);
  return {
    schema: 1,
    problem: options.problem,
    rows: quality.rows,
    metrics: Object.fromEntries(
      Object.entries(quality.metrics).map(([name, { value, error }]) => [
        name,
        { value: jsonNumber(value), standard_error: jsonNumber(error) },
      ])
    ),
    majority_baseline:
      quality.majority === null ? null : { label: quality.majority.name, accuracy: quality.majority.share },
    calibration:
      useful === null
        ? null
        : {
            function: useful.calibration === null ? null : { ...useful.calibration },
            expected_calibration_error: { before: useful.errorBefore, after: useful.errorAfter },
          },
    classes: classesOf(quality, { scores, shared: useful?.calibration ?? null, seed: options.seed }) as unknown as Json,
    loss_by_prediction: loss as unknown as Json,
    false_alarm_budget: quality.wrong === null ? null : { ...budgetOf(quality.wrong, quality.rows, options) },
  };
}

function classesOf(
  { confusion }: Quality,
  of: { readonly scores: Scores | null; readonly shared: Calibration | null; readonly seed: number }
): KnownClasses | null {
  const { scores, shared, seed } = of;
  if (scores === null || confusion === null || scores.byClass.length === 0) return null;
  if (Object.keys(confusion).length > MOST_CLASSES) return null;
  const pairs = Object.entries(confusion).flatMap(([actual, row]) =>
    Object.entries(row).flatMap(([predicted, count]) => (count > 0 ? [{ actual, predicted, count }] : []))
  );
  const outcomes = scores.byClass.map(({ predicted, groups }) => ({
    predicted,
    groups: groups.map(({ score, hits, labelled }) => ({ score, hits, n: labelled })).filter(({ n }) => n > 0),
  }));
  return knownClasses(outcomes, { pairs, shared, seed });
}

function budgetOf(wrong: number, rows: number, { falseAlarm }: QualityOptions) {
  const [low, high] = chernoffRange(wrong, rows, falseAlarm * HALF * BASELINE_SHARE);
  return {
    falseAlarmProbability: falseAlarm * HALF,
    baselineShare: BASELINE_SHARE,
    subjects: [{ subject: 'predictions', events: [{ name: 'wrong', low, high }] }],
  };
}

/** Null where SageMaker alone has written the baseline. */
export function readKnown(file: Json | undefined): KnownQuality | null {
  if (!isObject(file) || file['schema'] !== 1) return null;
  const { rows, metrics, calibration, false_alarm_budget: budget } = file;
  const fitted = isObject(calibration) ? calibration['function'] : null;
  return {
    rows: Number(rows),
    metrics: Object.fromEntries(
      Object.entries(isObject(metrics) ? metrics : {}).flatMap(([name, one]) =>
        isObject(one) ? [[name, { value: Number(one['value']), error: Number(one['standard_error']) }]] : []
      )
    ),
    // Written by `knownFile`, and by nobody else.
    calibration: isObject(fitted) ? (fitted as unknown as Calibration) : null,
    classes: isObject(file['classes']) ? (file['classes'] as unknown as KnownClasses) : null,
    loss: Array.isArray(file['loss_by_prediction']) ? file['loss_by_prediction'] : null,
    budget: isObject(budget) ? (budget as unknown as BudgetPlan) : null,
  };
}

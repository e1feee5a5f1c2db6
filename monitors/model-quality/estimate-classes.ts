import { calibrate, restsOn, usefulCalibration } from './calibration';
import type { Calibration, Outcomes } from './calibration';
import { confusionOf } from './confusion';
import { multiclassMetrics } from './multiclass';
import type { Measured } from './numbers';

/** What the baseline knows of one predicted class. Plain JSON. */
export interface KnownClass {
  /** Probability that such a prediction is right; `shared`: too few of its own, that of all classes holds. */
  readonly calibration: Calibration | null | 'shared';
  /** What wrong predictions of the class were in truth. */
  readonly wrong: Readonly<Record<string, number>>;
}

export interface KnownClasses {
  readonly shared: Calibration | null;
  readonly byPrediction: Readonly<Record<string, KnownClass>>;
  /** How often each class was the truth. */
  readonly actual: Readonly<Record<string, number>>;
}

/** Predictions of one class by how sure they are, ascending. */
export interface ClassScores {
  readonly predicted: string;
  readonly groups: readonly { readonly score: number; readonly n: number }[];
}

/** Outcomes of a class below which its calibration is that of all. */
const LEAST_OUTCOMES = 200;
/** More classes than these are estimated by their accuracy alone: the error of the table would cost their fourth power. */
export const MOST_CLASSES = 40;

/** @param pairs labelled predictions, as the confusion matrix counts them */
export function knownClasses(
  outcomes: readonly { readonly predicted: string; readonly groups: readonly Outcomes[] }[],
  of: {
    readonly pairs: readonly { readonly actual: string; readonly predicted: string; readonly count: number }[];
    readonly shared: Calibration | null;
    readonly seed: number;
  }
): KnownClasses {
  // Maps, because data may call a class `constructor`.
  const wrong = new Map<string, Map<string, number>>();
  const actual = new Map<string, number>();
  for (const { actual: truth, predicted, count } of of.pairs) {
    actual.set(truth, (actual.get(truth) ?? 0) + count);
    if (truth === predicted) continue;
    const row = wrong.get(predicted) ?? new Map<string, number>();
    wrong.set(predicted, row.set(truth, (row.get(truth) ?? 0) + count));
  }
  const byPrediction = outcomes.map(({ predicted, groups }): [string, KnownClass] => {
    const n = groups.reduce((sum, group) => sum + group.n, 0);
    const calibration = n < LEAST_OUTCOMES ? 'shared' : usefulCalibration(groups, of.seed).calibration;
    return [predicted, { calibration, wrong: Object.fromEntries(wrong.get(predicted) ?? []) }];
  });
  return { shared: of.shared, byPrediction: Object.fromEntries(byPrediction), actual: Object.fromEntries(actual) };
}

/** One prediction's row of the expected table: how many are right, and where the wrong ones fall. */
interface Row {
  readonly predicted: string;
  readonly n: number;
  readonly right: number;
  /** How far each part of the baseline leaves `right` open. */
  readonly rightErrors: readonly number[];
  readonly shares: Readonly<Record<string, number>>;
  /** Wrong predictions that the shares rest on. */
  readonly support: number;
}

/**
 * Metrics to be expected of predictions whose labels are not known (confidence-based performance estimation): a prediction is right with its calibrated probability, by predicted
 * class where the baseline has enough of it; a wrong one is of another class as often as wrong ones of that prediction were in the baseline. Errors are of the window's own chance,
 * of the calibration, and of those shares.
 */
export function estimateClasses(
  scores: readonly ClassScores[],
  known: KnownClasses
): Readonly<Record<string, Measured>> {
  const rows = scores.map((one) => rowOf(one, known));
  const plain = metricsOf(rows);
  const variances: Record<string, number> = {};
  const vary = (at: number, row: Row): void => {
    for (const [name, { value }] of Object.entries(metricsOf(rows.with(at, row))))
      variances[name] = (variances[name] ?? 0) + (value - (plain[name]?.value ?? value)) ** 2;
  };
  rows.forEach((row, at) => {
    for (const error of row.rightErrors) vary(at, { ...row, right: Math.min(row.n, row.right + error) });
    for (const [name, share] of Object.entries(row.shares)) {
      const error = Math.sqrt((share * (1 - share)) / Math.max(1, row.support));
      vary(at, { ...row, shares: moved(row.shares, name, error) });
    }
  });
  return Object.fromEntries(
    Object.entries(plain).map(([name, { value, error }]) => [
      name,
      { value, error: Math.sqrt(error * error + (variances[name] ?? 0)) },
    ])
  );
}

function rowOf({ predicted, groups }: ClassScores, known: KnownClasses): Row {
  const own = Object.hasOwn(known.byPrediction, predicted) ? known.byPrediction[predicted] : undefined;
  const calibration = own === undefined || own.calibration === 'shared' ? known.shared : own.calibration;
  let [n, right] = [0, 0];
  const errors = new Map<number, number>();
  for (const group of groups) {
    n += group.n;
    right += group.n * calibrate(calibration, group.score);
    if (calibration === null) continue;
    const { knot, error } = restsOn(calibration, group.score);
    errors.set(knot, (errors.get(knot) ?? 0) + group.n * error);
  }
  const counts =
    own !== undefined && Object.keys(own.wrong).length > 0
      ? own.wrong
      : Object.fromEntries(Object.entries(known.actual).filter(([name]) => name !== predicted));
  const support = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const shares = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / support]));
  return { predicted, n, right, rightErrors: [...errors.values()], shares, support };
}

/** One share larger by so much, the others smaller in proportion. */
function moved(shares: Readonly<Record<string, number>>, name: string, by: number): Readonly<Record<string, number>> {
  const own = shares[name] ?? 0;
  const next = Math.min(1, own + by);
  const scale = own < 1 ? (1 - next) / (1 - own) : 1;
  return Object.fromEntries(
    Object.entries(shares).map(([each, share]) => [each, each === name ? next : share * scale])
  );
}

function metricsOf(rows: readonly Row[]): Readonly<Record<string, Measured>> {
  return multiclassMetrics(
    confusionOf(
      rows.flatMap(({ predicted, n, right, shares }) => [
        { actual: predicted, predicted, count: right },
        ...Object.entries(shares).map(([actual, share]) => ({ actual, predicted, count: (n - right) * share })),
      ])
    )
  );
}

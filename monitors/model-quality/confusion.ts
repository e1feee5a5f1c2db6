import { ratio } from './numbers';
import type { Measured } from './numbers';

/** Counts by actual and predicted class. `cells[actual][predicted]`; classes ascending. */
export interface Confusion {
  readonly classes: readonly string[];
  readonly cells: readonly (readonly number[])[];
  readonly n: number;
}

/** Classes that are numbers by their value, before all others by their text. */
export function byClass(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  const [isX, isY] = [a !== '' && Number.isFinite(x), b !== '' && Number.isFinite(y)];
  if (isX && isY && x !== y) return x - y;
  if (isX !== isY) return isX ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param counts how often each pair of actual and predicted class occurred; fractions are expected counts */
export function confusionOf(
  counts: Iterable<{ readonly actual: string; readonly predicted: string; readonly count: number }>
): Confusion {
  const pairs = [...counts];
  const classes = [...new Set(pairs.flatMap(({ actual, predicted }) => [actual, predicted]))].sort(byClass);
  const at = new Map(classes.map((name, i) => [name, i]));
  const cells = classes.map(() => classes.map(() => 0));
  let n = 0;
  for (const { actual, predicted, count } of pairs) {
    const row = cells[at.get(actual) ?? -1];
    const j = at.get(predicted) ?? -1;
    if (row !== undefined) row[j] = (row[j] ?? 0) + count;
    n += count;
  }
  return { classes, cells, n };
}

/** SageMaker's form: `{ actual: { predicted: count } }`. */
export function confusionJson({
  classes,
  cells,
}: Confusion): Readonly<Record<string, Readonly<Record<string, number>>>> {
  return Object.fromEntries(
    classes.map((actual, i) => [actual, Object.fromEntries(classes.map((name, j) => [name, cells[i]?.[j] ?? 0]))])
  );
}

const cell = ({ cells }: Confusion, i: number, j: number): number => cells[i]?.[j] ?? 0;
const actualOf = ({ cells }: Confusion, i: number): number => (cells[i] ?? []).reduce((sum, count) => sum + count, 0);
const predictedOf = ({ cells }: Confusion, j: number): number => cells.reduce((sum, row) => sum + (row[j] ?? 0), 0);

/** Share of right predictions. */
export function accuracyOf(confusion: Confusion): Measured {
  const right = confusion.classes.reduce((sum, _, i) => sum + cell(confusion, i, i), 0);
  return share(right, confusion.n);
}

/** A share with its binomial error. */
export function share(part: number, whole: number): Measured {
  const value = ratio(part, whole);
  return { value, error: whole > 0 ? Math.sqrt((value * (1 - value)) / whole) : NaN };
}

/**
 * F-beta of one class; with `beta` 0 its precision. Error by the delta method over the table's multinomial cells.
 */
export function scoreOfClass(confusion: Confusion, name: string, beta: number): Measured {
  const i = confusion.classes.indexOf(name);
  const weights = confusion.classes.map((_, j) => (j === i ? 1 : 0));
  return weighted(confusion, { beta, weights, byActual: false });
}

/** Mean of the classes' F-beta, weighted by their actual shares; with `beta` 0 of their precisions, with ∞ of their recalls. */
export function weightedScore(confusion: Confusion, beta: number): Measured {
  // Σ share · recall is the share of right predictions.
  if (beta === Infinity) return accuracyOf(confusion);
  return weighted(confusion, { beta, weights: [], byActual: true });
}

/**
 * With T, R, C the cell, row and column of a class and b = beta²: F = (1 + b) T/(b R + C). Its gradient by the share of a cell (j, k)
 * is (1 + b)/D in the diagonal, −b F/D for its row and −F/D for its column, D = b R + C; weights by actual shares add F_j.
 */
function weighted(
  confusion: Confusion,
  p: { readonly beta: number; readonly weights: readonly number[]; readonly byActual: boolean }
): Measured {
  const { classes, n } = confusion;
  if (!(n > 0)) return { value: 0, error: NaN };
  const b = p.beta * p.beta;
  const stats = classes.map((_, i) => {
    const actual = actualOf(confusion, i) / n;
    const below = b * actual + predictedOf(confusion, i) / n;
    const score = ratio((1 + b) * (cell(confusion, i, i) / n), below);
    return { score, below, weight: p.byActual ? actual : (p.weights[i] ?? 0) };
  });
  const value = stats.reduce((sum, { score, weight }) => sum + weight * score, 0);
  let [mean, square] = [0, 0];
  stats.forEach((row, j) => {
    stats.forEach((column, k) => {
      const share = cell(confusion, j, k) / n;
      if (share === 0) return;
      const slope =
        (p.byActual ? row.score : 0) +
        (j === k ? ratio(row.weight * (1 + b), row.below) : 0) -
        ratio(row.weight * b * row.score, row.below) -
        ratio(column.weight * column.score, column.below);
      mean += share * slope;
      square += share * slope * slope;
    });
  });
  return { value, error: Math.sqrt(Math.max(0, square - mean * mean) / n) };
}

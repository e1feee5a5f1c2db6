import type { TimeSeries } from '../data/windows';
import type { BinaryOperator } from './parse';
import { ExpressionError } from './tokens';

/** What an expression yields: S, TS or TS[] in the words of the user guide; words only as arguments. */
export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'series'; readonly series: TimeSeries }
  | { readonly kind: 'list'; readonly items: readonly TimeSeries[] }
  | { readonly kind: 'word'; readonly word: string };

export const scalar = (value: number): Value => ({ kind: 'scalar', value });
export const asSeries = (series: TimeSeries): Value => ({ kind: 'series', series });

/** Keeps finite results only: a division by zero leaves no data point. */
export function mapPoints(series: TimeSeries, change: (value: number, atMs: number) => number | undefined): TimeSeries {
  const points = new Map<number, number>();
  for (const [atMs, value] of series.points) {
    const changed = change(value, atMs);
    if (changed !== undefined && Number.isFinite(changed)) points.set(atMs, changed);
  }
  return { ...series, points };
}

/** Applies a function to a number, every point of a series, or every series of a list. */
export function mapValue(value: Value, change: (value: number) => number): Value {
  switch (value.kind) {
    case 'scalar':
      return scalar(change(value.value));
    case 'series':
      return asSeries(mapPoints(value.series, change));
    case 'list':
      return { kind: 'list', items: value.items.map((series) => mapPoints(series, change)) };
    case 'word':
      throw new ExpressionError(`'${value.word}' is not a number or a metric.`);
  }
}

/** Two series meet where both have a point; a scalar meets every point; a list meets element by element. */
export function combine(operator: BinaryOperator, left: Value, right: Value): Value {
  const apply = OPERATIONS[operator];
  if (left.kind === 'word' || right.kind === 'word')
    throw new ExpressionError(`Unsupported operand type for ${operator}.`);
  if (right.kind === 'scalar') return mapValue(left, (value) => apply(value, right.value));
  if (left.kind === 'scalar') return mapValue(right, (value) => apply(left.value, value));
  if (left.kind === 'series' && right.kind === 'series') return asSeries(meet(left.series, right.series, apply));
  if (left.kind === 'list' && right.kind === 'list') {
    if (left.items.length !== right.items.length) {
      throw new ExpressionError(
        `Unsupported operand type(s) for ${operator}: arrays of ${left.items.length} and ${right.items.length} time series.`
      );
    }
    return { kind: 'list', items: left.items.map((series, at) => meet(series, right.items[at] ?? series, apply)) };
  }
  if (left.kind === 'list' && right.kind === 'series') {
    return { kind: 'list', items: left.items.map((series) => meet(series, right.series, apply)) };
  }
  if (left.kind === 'series' && right.kind === 'list') {
    return { kind: 'list', items: right.items.map((series) => meet(left.series, series, apply)) };
  }
  throw new ExpressionError(`Unsupported operand types for ${operator}.`);
}

function meet(left: TimeSeries, right: TimeSeries, apply: (a: number, b: number) => number): TimeSeries {
  return mapPoints(left, (value, atMs) => {
    const other = right.points.get(atMs);
    return other === undefined ? undefined : apply(value, other);
  });
}

const OPERATIONS: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  AND: (a, b) => Number(a !== 0 && b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
};

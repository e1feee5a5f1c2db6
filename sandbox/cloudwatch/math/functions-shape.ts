import type { TimeSeries } from '../data/windows';
import type { MathContext } from './functions';
import { ExpressionError } from './tokens';
import { asSeries, scalar, type Value } from './values';

/** FILL(metric, value | REPEAT | LINEAR): gives every window of the request a point. */
export function fill([metric, filler]: readonly Value[], context: MathContext): Value {
  if (!filler) throw new ExpressionError('FILL needs a metric and a filler.');
  if (metric?.kind === 'list')
    return { kind: 'list', items: metric.items.map((series) => filled(series, filler, context)) };
  if (metric?.kind === 'series') return asSeries(filled(metric.series, filler, context));
  throw new ExpressionError('FILL needs a metric or an array of metrics.');
}

function filled(series: TimeSeries, filler: Value, context: MathContext): TimeSeries {
  const known = [...series.points].sort(([a], [b]) => a - b);
  const times = new Set([...context.grid(series.periodSeconds), ...series.points.keys()]);
  const points = new Map<number, number>();
  let passed = 0;
  for (const atMs of [...times].sort((a, b) => a - b)) {
    while ((known[passed]?.[0] ?? Infinity) <= atMs) passed += 1;
    const gap: Gap = { before: known[passed - 1], after: known[passed] };
    const value = series.points.get(atMs) ?? between(filler, atMs, gap);
    if (value !== undefined) points.set(atMs, value);
  }
  return { ...series, points };
}

/** Nearest known points around a missing one. */
interface Gap {
  readonly before: readonly [number, number] | undefined;
  readonly after: readonly [number, number] | undefined;
}

function between(filler: Value, atMs: number, { before, after }: Gap): number | undefined {
  if (filler.kind === 'scalar') return filler.value;
  if (filler.kind === 'series') return filler.series.points.get(atMs);
  if (filler.kind === 'word' && filler.word === 'REPEAT') return before?.[1];
  if (filler.kind === 'word' && filler.word === 'LINEAR') {
    if (!before || !after) return undefined;
    return before[1] + ((after[1] - before[1]) * (atMs - before[0])) / (after[0] - before[0]);
  }
  throw new ExpressionError('FILL takes a number, a metric, REPEAT or LINEAR.');
}

/** IF(condition, then[, else]): where the condition has a point, the chosen side's; without one there, none. */
export function ifThen([condition, whenTrue, whenFalse]: readonly Value[]): Value {
  if (!condition || !whenTrue) throw new ExpressionError('IF needs a condition and a value.');
  if (condition.kind === 'scalar') {
    const chosen = condition.value === 0 ? whenFalse : whenTrue;
    return chosen ?? scalar(NaN);
  }
  if (condition.kind !== 'series') throw new ExpressionError('The condition of IF must be a number or one metric.');
  const points = new Map<number, number>();
  for (const [atMs, value] of condition.series.points) {
    const chosen = pointOf(value === 0 ? whenFalse : whenTrue, atMs);
    if (chosen !== undefined && Number.isFinite(chosen)) points.set(atMs, chosen);
  }
  return asSeries({ ...condition.series, points });
}

function pointOf(value: Value | undefined, atMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'series') return value.series.points.get(atMs);
  throw new ExpressionError('The sides of IF must be numbers or single metrics.');
}

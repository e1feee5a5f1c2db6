import type { TimeSeries } from '../data/windows';
import { fill, ifThen } from './functions-shape';
import { ExpressionError } from './tokens';
import { asSeries, mapPoints, mapValue, scalar, type Value } from './values';

/** What functions know besides their arguments. */
export interface MathContext {
  /** Window starts of the request for a period, in ms, oldest first. */
  readonly grid: (periodSeconds: number) => readonly number[];
  /** Series of all metrics whose id contains the text. */
  readonly metrics: (containing: string) => readonly TimeSeries[];
  /** Shortest period of the request's metrics. */
  readonly periodSeconds: number;
}

type MathFunction = (values: readonly Value[], context: MathContext) => Value;

const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  SUM: aggregate((values) => values.reduce((sum, value) => sum + value, 0)),
  AVG: aggregate(average),
  MIN: aggregate((values) => values.reduce((a, b) => Math.min(a, b), Infinity)),
  MAX: aggregate((values) => values.reduce((a, b) => Math.max(a, b), -Infinity)),
  STDDEV: aggregate((values) => {
    const mean = average(values);
    return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
  }),
  DATAPOINT_COUNT: aggregate((values) => values.length),
  ABS: each(Math.abs),
  CEIL: each(Math.ceil),
  FLOOR: each(Math.floor),
  LOG: each(Math.log),
  LOG10: each(Math.log10),
  RATE: eachSeries((series) => differences(series, (change, seconds) => change / seconds)),
  DIFF: eachSeries((series) => differences(series, (change) => change)),
  DIFF_TIME: eachSeries((series) => differences(series, (_change, seconds) => seconds)),
  RUNNING_SUM: eachSeries((series) => {
    let sum = 0;
    return mapPoints(series, (value) => (sum += value));
  }),
  PERIOD: ([value]) => scalar(oneSeries(value, 'PERIOD').periodSeconds),
  FIRST: ([value]) => asSeries(oneOf(value, 'FIRST', 0)),
  LAST: ([value]) => asSeries(oneOf(value, 'LAST', -1)),
  REMOVE_EMPTY: ([value]) => ({
    kind: 'list',
    items: listOf(value, 'REMOVE_EMPTY').filter(({ points }) => points.size > 0),
  }),
  TIME_SERIES: ([value], context) => {
    if (value?.kind !== 'scalar') throw new ExpressionError('TIME_SERIES needs a number.');
    const points = new Map(context.grid(context.periodSeconds).map((atMs) => [atMs, value.value]));
    return asSeries({ label: String(value.value), periodSeconds: context.periodSeconds, points });
  },
  METRICS: ([value], context) => ({ kind: 'list', items: context.metrics(value?.kind === 'word' ? value.word : '') }),
  FILL: (values, context) => fill(values, context),
  IF: (values) => ifThen(values),
  EPOCH: onTime((date) => Math.floor(date.getTime() / 1000)),
  MINUTE: onTime((date) => date.getUTCMinutes()),
  HOUR: onTime((date) => date.getUTCHours()),
  DATE: onTime((date) => date.getUTCDate()),
  DAY: onTime((date) => date.getUTCDay() || 7),
  MONTH: onTime((date) => date.getUTCMonth() + 1),
  YEAR: onTime((date) => date.getUTCFullYear()),
};

/** Functions of CloudWatch that need what the sandbox has not. */
const REFUSED = [
  'ANOMALY_DETECTION_BAND',
  'DB_PERF_INSIGHTS',
  'INSIGHT_RULE_METRIC',
  'LAMBDA',
  'SEARCH',
  'SERVICE_QUOTA',
  'SLICE',
  'SORT',
];

/** Calls a metric-math function; throws ExpressionError, by name for those that are not implemented. */
export function callFunction(name: string, values: readonly Value[], context: MathContext): Value {
  if (REFUSED.includes(name)) throw new ExpressionError(`The function ${name} is not implemented by this sandbox.`);
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!found) throw new ExpressionError(`Unknown function ${name}.`);
  return found(values, context);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A series becomes a number; several become one series, point by point, from those that have the point. */
function aggregate(reduce: (values: readonly number[]) => number): MathFunction {
  return (values) => {
    const [only] = values;
    if (values.length === 1 && only?.kind === 'series') {
      const points = [...only.series.points.values()];
      return scalar(points.length === 0 ? NaN : reduce(points));
    }
    const items = values.flatMap((value) =>
      value.kind === 'list' ? value.items : value.kind === 'series' ? [value.series] : []
    );
    const numbers = values.flatMap((value) => (value.kind === 'scalar' ? [value.value] : []));
    if (items.length === 0 && numbers.length > 0) return scalar(reduce(numbers));
    const times = [...new Set(items.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
    const points = new Map<number, number>();
    for (const atMs of times) {
      const present = items.flatMap((series) => series.points.get(atMs) ?? []);
      points.set(atMs, reduce([...present, ...numbers]));
    }
    return asSeries({ label: items[0]?.label ?? '', periodSeconds: items[0]?.periodSeconds ?? 60, points });
  };
}

function each(change: (value: number) => number): MathFunction {
  return ([value]) => {
    if (!value) throw new ExpressionError('An argument is missing.');
    return mapValue(value, change);
  };
}

function eachSeries(change: (series: TimeSeries) => TimeSeries): MathFunction {
  return ([value]) => {
    if (value?.kind === 'series') return asSeries(change(value.series));
    if (value?.kind === 'list') return { kind: 'list', items: value.items.map(change) };
    throw new ExpressionError('The argument must be a metric or an array of metrics.');
  };
}

function onTime(read: (date: Date) => number): MathFunction {
  return eachSeries((series) => mapPoints(series, (_value, atMs) => read(new Date(atMs))));
}

/** From each point to the one before it; the first has none. */
function differences(series: TimeSeries, join: (change: number, seconds: number) => number): TimeSeries {
  let before: { readonly value: number; readonly atMs: number } | undefined;
  return mapPoints(series, (value, atMs) => {
    const last = before;
    before = { value, atMs };
    return last ? join(value - last.value, (atMs - last.atMs) / 1000) : undefined;
  });
}

function listOf(value: Value | undefined, name: string): readonly TimeSeries[] {
  if (value?.kind === 'list') return value.items;
  if (value?.kind === 'series') return [value.series];
  throw new ExpressionError(`${name} needs an array of metrics.`);
}

function oneSeries(value: Value | undefined, name: string): TimeSeries {
  if (value?.kind === 'series') return value.series;
  throw new ExpressionError(`${name} needs one metric.`);
}

function oneOf(value: Value | undefined, name: string, at: number): TimeSeries {
  const found = listOf(value, name).at(at);
  if (!found) throw new ExpressionError(`${name} of an empty array.`);
  return found;
}

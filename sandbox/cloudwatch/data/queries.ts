import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { CloudWatchError, invalid, required } from '../errors';
import { evaluate } from '../math/evaluate';
import { parseExpression, referencesOf, type Expression } from '../math/parse';
import { ExpressionError, expressionRefusal } from '../math/tokens';
import type { Value } from '../math/values';
import { parseStatistic, type Statistic } from '../stats/statistic';
import type { MetricStore } from '../store/metric-store';
import { checkName, toDimensions } from './dimensions';
import { assertPeriod, read, type MetricName, type TimeSeries, type Windows } from './windows';

/** One checked query of GetMetricData or of an alarm. */
export interface Query {
  readonly id: string;
  readonly label: string | undefined;
  readonly returnsData: boolean;
  readonly what:
    | {
        readonly kind: 'metric';
        readonly metric: MetricName;
        readonly statistic: Statistic;
        readonly periodSeconds: number;
      }
    | { readonly kind: 'math'; readonly expression: Expression };
}

/** Throws for a statistic that CloudWatch has not. */
export function statisticOf(text: string | undefined, parameter: string): Statistic {
  const found = parseStatistic(required(text, parameter));
  if (!found) throw invalid(`The value ${text} for parameter ${parameter} is not supported.`);
  return found;
}

/** Checks the queries of one request: ids, periods, statistics, expressions and what they refer to. */
export function toQueries(wire: readonly MetricDataQuery[], parameter: string): readonly Query[] {
  const queries = wire.map((query, at) => toQuery(query, `${parameter}.member.${at + 1}`));
  const ids = new Set(queries.map(({ id }) => id));
  if (ids.size < queries.length)
    throw new CloudWatchError('ValidationError', `The ids of ${parameter} must be unique.`);
  for (const { id, what } of queries) {
    const unknown =
      what.kind === 'math' ? referencesOf(what.expression).find((name) => !isKnown(name, ids)) : undefined;
    if (unknown !== undefined) throw expressionRefusal(id, new ExpressionError(`The id '${unknown}' is unknown.`));
  }
  return queries;
}

/** Ids begin with a lower-case letter, the words of functions do not. */
function isKnown(name: string, ids: ReadonlySet<string>): boolean {
  return ids.has(name) || /^[A-Z]+$/.test(name);
}

function toQuery(wire: MetricDataQuery, parameter: string): Query {
  const id = required(wire.Id, `${parameter}.Id`);
  if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(id))
    throw invalid(`The value ${id} for parameter ${parameter}.Id does not match ^[a-z][a-zA-Z0-9_]*$.`);
  const common = { id, label: wire.Label, returnsData: wire.ReturnData ?? true };
  if ((wire.MetricStat === undefined) === (wire.Expression === undefined)) {
    throw new CloudWatchError('ValidationError', `The query ${id} must have either MetricStat or Expression.`);
  }
  if (wire.Expression !== undefined)
    return { ...common, what: { kind: 'math', expression: parsed(id, wire.Expression) } };
  const stat = required(wire.MetricStat, `${parameter}.MetricStat`);
  const periodSeconds = required(stat.Period, `${parameter}.MetricStat.Period`);
  assertPeriod(periodSeconds, `${parameter}.MetricStat.Period`);
  const metric = required(stat.Metric, `${parameter}.MetricStat.Metric`);
  return {
    ...common,
    what: {
      kind: 'metric',
      periodSeconds,
      statistic: statisticOf(stat.Stat, `${parameter}.MetricStat.Stat`),
      metric: {
        namespace: checkName(metric.Namespace, `${parameter}.MetricStat.Metric.Namespace`),
        name: checkName(metric.MetricName, `${parameter}.MetricStat.Metric.MetricName`),
        dimensions: toDimensions(metric.Dimensions, `${parameter}.MetricStat.Metric.Dimensions`),
        unit: stat.Unit,
      },
    },
  };
}

function parsed(id: string, text: string): Expression {
  if (/^\s*SELECT\s/i.test(text)) {
    throw new CloudWatchError(
      'ValidationError',
      `Error in expression '${id}': Metrics Insights queries are not implemented by this sandbox.`
    );
  }
  try {
    return parseExpression(text);
  } catch (cause) {
    throw cause instanceof ExpressionError ? expressionRefusal(id, cause) : cause;
  }
}

/** Shortest period among the metrics; 60 s when there are none. */
export function shortestPeriod(queries: readonly Query[]): number {
  const periods = queries.flatMap(({ what }) => (what.kind === 'metric' ? [what.periodSeconds] : []));
  return periods.length === 0 ? 60 : Math.min(...periods);
}

/** Runs all queries; each yields one series, or several for an array. Throws ValidationError for what cannot be evaluated. */
export function runQueries(
  store: MetricStore,
  queries: readonly Query[],
  windowsFor: (periodSeconds: number) => Windows
): ReadonlyMap<string, readonly TimeSeries[]> {
  const values = new Map<string, Value>();
  const running = new Set<string>();
  const byId = new Map(queries.map((query) => [query.id, query]));
  const context = {
    grid: (periodSeconds: number) => gridOf(windowsFor(periodSeconds)),
    periodSeconds: shortestPeriod(queries),
    metrics: (containing: string) =>
      queries
        .filter(({ id, what }) => what.kind === 'metric' && id.includes(containing))
        .flatMap(({ id }) => seriesOf(id, valueOf(id))),
  };

  function valueOf(id: string): Value | undefined {
    const known = values.get(id);
    const query = byId.get(id);
    if (known || !query) return known;
    if (running.has(id)) throw expressionRefusal(id, new ExpressionError('The expression refers to itself.'));
    running.add(id);
    const value = run(query);
    values.set(id, value);
    return value;
  }

  function run({ id, label, what }: Query): Value {
    if (what.kind === 'metric') {
      const { metric, statistic, periodSeconds } = what;
      const windows = windowsFor(periodSeconds);
      return { kind: 'series', series: read(store, { metric, statistic, windows, label: label ?? metric.name }) };
    }
    try {
      return relabeled(evaluate(what.expression, valueOf, context), label ?? id);
    } catch (cause) {
      throw cause instanceof ExpressionError ? expressionRefusal(id, cause) : cause;
    }
  }

  return new Map(queries.filter(({ returnsData }) => returnsData).map(({ id }) => [id, seriesOf(id, valueOf(id))]));
}

function relabeled(value: Value, label: string): Value {
  return value.kind === 'series' ? { ...value, series: { ...value.series, label } } : value;
}

function seriesOf(id: string, value: Value | undefined): readonly TimeSeries[] {
  if (value?.kind === 'series') return [value.series];
  if (value?.kind === 'list') return value.items;
  throw expressionRefusal(
    id,
    new ExpressionError('The final result must be a time series or an array of time series.')
  );
}

function gridOf({ start, end, periodSeconds }: Windows): readonly number[] {
  const grid: number[] = [];
  for (let second = start; second < end; second += periodSeconds) grid.push(second * 1000);
  return grid;
}

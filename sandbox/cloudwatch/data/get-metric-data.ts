import type { GetMetricDataInput, GetMetricDataOutput, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { CloudWatchError, invalid, required } from '../errors';
import type { MetricStore } from '../store/metric-store';
import { readToken, writeToken } from './page';
import { runQueries, shortestPeriod, toQueries } from './queries';
import { windowsOf } from './windows';

const MAX_QUERIES = 500;
const MAX_DATAPOINTS = 100_800;
/** Windows of one request; FILL makes a point of each. */
const MAX_WINDOWS = 2_000_000;

export function getMetricData(
  input: GetMetricDataInput,
  { store }: { readonly store: MetricStore }
): GetMetricDataOutput {
  const wire = required(input.MetricDataQueries, 'MetricDataQueries');
  const [start, end] = rangeOf(input.StartTime, input.EndTime);
  if (wire.length > MAX_QUERIES)
    throw invalid(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  const queries = toQueries(wire, 'MetricDataQueries');
  if ((end - start) / 1000 / shortestPeriod(queries) > MAX_WINDOWS)
    throw invalid('The time range holds too many periods.');
  const found = runQueries(store, queries, (periodSeconds) => windowsOf(start, end, periodSeconds));
  const isAscending = input.ScanBy === 'TimestampAscending';
  const results = [...found].flatMap(([id, all]) =>
    all.map(({ label, points }) => {
      const ordered = [...points].sort(([a], [b]) => (isAscending ? a - b : b - a));
      return { id, label, points: ordered };
    })
  );
  return page(results, input);
}

interface Result {
  readonly id: string;
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
}

/** Points of all results are counted through; a page takes the next ones. */
function page(results: readonly Result[], input: GetMetricDataInput): GetMetricDataOutput {
  const size = input.MaxDatapoints ?? MAX_DATAPOINTS;
  if (size < 1 || size > MAX_DATAPOINTS)
    throw invalid(`The parameter MaxDatapoints must be between 1 and ${MAX_DATAPOINTS}.`);
  const from = readToken(input.NextToken);
  let passed = 0;
  const pages: MetricDataResult[] = [];
  for (const { id, label, points } of results) {
    const [first, last] = [Math.max(0, from - passed), Math.max(0, from + size - passed)];
    passed += points.length;
    const isOver = first >= points.length && points.length > 0;
    const isAhead = last === 0 && points.length > 0;
    if (isOver || isAhead || (points.length === 0 && from > 0)) continue;
    const shown = points.slice(first, last);
    pages.push({
      Id: id,
      Label: label,
      Timestamps: shown.map(([atMs]) => new Date(atMs)),
      Values: shown.map(([, value]) => value),
      StatusCode: last < points.length ? 'PartialData' : 'Complete',
    });
  }
  return {
    MetricDataResults: pages,
    Messages: [],
    ...(passed > from + size ? { NextToken: writeToken(from + size) } : {}),
  };
}

/** Checks a time range; throws MissingParameter and ValidationError. */
export function rangeOf(startTime: Date | undefined, endTime: Date | undefined): readonly [number, number] {
  const start = required(startTime, 'StartTime').getTime();
  const end = required(endTime, 'EndTime').getTime();
  if (start >= end)
    throw new CloudWatchError('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.');
  return [start, end];
}

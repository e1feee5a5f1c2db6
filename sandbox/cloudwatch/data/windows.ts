import { compute, sampleCount } from '../stats/compute';
import type { Statistic } from '../stats/statistic';
import type { Distribution } from '../store/distribution';
import type { MetricStore } from '../store/metric-store';
import { floorTo, type Identity } from '../store/series';
import { invalid } from '../errors';

/** One metric's data points, by the start of their window in ms, oldest first. */
export interface TimeSeries {
  readonly label: string;
  readonly periodSeconds: number;
  readonly points: ReadonlyMap<number, number>;
}

/** A stretch of windows of equal length, from `start` on; epoch seconds, `end` exclusive. */
export interface Windows {
  readonly start: number;
  readonly end: number;
  readonly periodSeconds: number;
}

export type MetricName = Omit<Identity, 'unit'> & { readonly unit?: string | undefined };

const SHORT_PERIODS = [1, 5, 10, 20, 30];

/** Throws `InvalidParameterValue` unless CloudWatch has the period. */
export function assertPeriod(
  periodSeconds: number,
  parameter: string,
  allowed: readonly number[] = SHORT_PERIODS
): void {
  if (allowed.includes(periodSeconds) || (periodSeconds > 0 && periodSeconds % 60 === 0)) return;
  throw invalid(`The parameter ${parameter} must be ${allowed.join(', ')} or a multiple of 60.`);
}

/** The grain that window starts lie on: a minute, or the period when that is shorter. */
export function grainOf(periodSeconds: number): number {
  return Math.min(60, periodSeconds);
}

/** Windows of a request: CloudWatch rounds the start down to a whole minute, or to the period when that is shorter. */
export function windowsOf(startMs: number, endMs: number, periodSeconds: number): Windows {
  const start = floorTo(Math.floor(startMs / 1000), grainOf(periodSeconds));
  return { start, end: Math.ceil(endMs / 1000), periodSeconds };
}

/** Data of a metric by window, as start in seconds → parts. Windows without data are absent. */
export function dataOf(store: MetricStore, metric: MetricName, windows: Windows): Map<number, Distribution[]> {
  const { start, end, periodSeconds } = windows;
  // Below a minute there is data only while it is kept by the second.
  const from = periodSeconds < 60 ? Math.max(start, store.minuteCut) : start;
  // The last window is read to its end, as AWS stores nothing finer than its minutes.
  const to = start + Math.ceil((end - start) / periodSeconds) * periodSeconds;
  const found = new Map<number, Distribution[]>();
  for (const series of store.exact(metric)) {
    for (const { second, data } of series.between(from, to)) {
      const window = start + floorTo(second - start, periodSeconds);
      const parts = found.get(window);
      if (parts) parts.push(data);
      else found.set(window, [data]);
    }
  }
  return found;
}

/** A statistic of a metric in each window that has data. */
export function read(
  store: MetricStore,
  query: {
    readonly metric: MetricName;
    readonly statistic: Statistic;
    readonly windows: Windows;
    readonly label: string;
  }
): TimeSeries {
  const points = new Map<number, number>();
  const data = [...dataOf(store, query.metric, query.windows)].sort(([a], [b]) => a - b);
  for (const [second, parts] of data) {
    const value = compute(query.statistic, parts);
    if (value !== undefined) points.set(second * 1000, value);
  }
  return { label: query.label, periodSeconds: query.windows.periodSeconds, points };
}

/** Samples behind each window, for alarms on percentiles of few samples. */
export function countSamples(store: MetricStore, metric: MetricName, windows: Windows): ReadonlyMap<number, number> {
  return new Map([...dataOf(store, metric, windows)].map(([second, parts]) => [second * 1000, sampleCount(parts)]));
}

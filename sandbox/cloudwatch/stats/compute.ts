import { merge, summarize, type Distribution } from '../store/distribution';
import type { BasicStatistic, Bounds, Statistic } from './statistic';

/** Enough for every distinct value that the store keeps in an hour; above it, percentiles lose their last digits. */
const READ_LIMIT = 100_000;

/** Absorbs the rounding of `n · percent / 100`, so that p90 of ten values is the ninth. */
const RANK_EPSILON = 1e-9;

/**
 * One statistic over a window's data. `undefined` where CloudWatch has no data point: without samples, or for anything
 * but the basic statistics when single values are unknown.
 */
export function compute(statistic: Statistic, parts: readonly Distribution[]): number | undefined {
  if (parts.length === 0) return undefined;
  if (statistic.kind === 'basic') return basic(statistic.name, parts);
  const data = merge(parts, READ_LIMIT);
  if (data.count <= 0) return undefined;
  // A statistic set of one sample, or of equal ones, does tell its values.
  const known = data.values.length === 0 && data.min === data.max ? asValues(data) : data;
  if (Math.abs(total(known.counts) - known.count) > RANK_EPSILON * known.count) return undefined;
  switch (statistic.kind) {
    case 'percentile':
      return valueAtRank(known, upperRank(known.count, statistic.percent));
    case 'rank':
      return (100 * total(keptCounts(known, statistic.bounds))) / known.count;
    case 'trimmed':
      return statistic.of === 'winsorized'
        ? winsorized(known, statistic.bounds)
        : trimmed(known, statistic.of, statistic.bounds);
  }
}

/** Number of samples behind a window. */
export function sampleCount(parts: readonly Distribution[]): number {
  return summarize(parts).count;
}

function basic(name: BasicStatistic, parts: readonly Distribution[]): number | undefined {
  const { count, sum, min, max } = summarize(parts);
  if (count <= 0) return undefined;
  switch (name) {
    case 'SampleCount':
      return count;
    case 'Sum':
      return sum;
    case 'Average':
      return sum / count;
    case 'Minimum':
      return min;
    case 'Maximum':
      return max;
  }
}

function asValues(data: Distribution): Distribution {
  return { ...data, values: Float64Array.of(data.min), counts: Float64Array.of(data.count) };
}

/** Nearest rank: the smallest value with at least the given share of samples at or below it. */
function upperRank(count: number, percent: number): number {
  return Math.max(1, Math.ceil((count * percent) / 100 - RANK_EPSILON));
}

function lowerRank(count: number, percent: number): number {
  return Math.floor((count * percent) / 100 + RANK_EPSILON);
}

function valueAtRank({ values, counts }: Distribution, rank: number): number {
  let seen = 0;
  for (let at = 0; at < values.length; at++) {
    seen += counts[at]!;
    if (seen >= rank) return values[at]!;
  }
  return values[values.length - 1] ?? NaN;
}

/** How many samples of each value lie within the bounds. */
function keptCounts({ values, counts, count }: Distribution, bounds: Bounds): Float64Array {
  if (bounds.by === 'value') {
    return counts.map((weight, at) => (values[at]! > bounds.low && values[at]! <= bounds.high ? weight : 0));
  }
  const [from, to] = [lowerRank(count, bounds.low), upperRank(count, bounds.high)];
  let seen = 0;
  return counts.map((weight) => {
    const start = seen;
    seen += weight;
    return Math.max(0, Math.min(seen, to) - Math.max(start, from));
  });
}

function trimmed(data: Distribution, of: 'mean' | 'count' | 'sum', bounds: Bounds): number | undefined {
  const kept = keptCounts(data, bounds);
  const count = total(kept);
  if (of === 'count') return count;
  let sum = 0;
  kept.forEach((weight, at) => (sum += weight * data.values[at]!));
  if (of === 'sum') return sum;
  return count > 0 ? sum / count : undefined;
}

function winsorized(data: Distribution, bounds: Bounds): number {
  const [low, high] =
    bounds.by === 'value'
      ? [bounds.low, bounds.high]
      : [
          valueAtRank(data, lowerRank(data.count, bounds.low) + 1),
          valueAtRank(data, upperRank(data.count, bounds.high)),
        ];
  let sum = 0;
  data.counts.forEach((weight, at) => (sum += weight * Math.min(high, Math.max(low, data.values[at]!))));
  return sum / data.count;
}

function total(counts: Float64Array): number {
  let sum = 0;
  for (const weight of counts) sum += weight;
  return sum;
}

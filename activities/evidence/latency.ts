import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { latencyBoundsMs } from '../../gateway/latency-buckets';
import type { LatencyArm, LatencyPlan } from '../../guards/latency/types';
import type { Look } from './look';
import { MINUTE_MS, readMetricData, settledMs, variantDimensions } from './metric-data';
import type { MetricData } from './metric-data';
import { everyTick } from './reading';
import type { GuardReading } from './reading';
import type { Tick } from './ticks';

/** Requests slower than each of the plan's cut-offs, from where the file takes its counts. */
export async function readLatency(look: Look, plan: LatencyPlan, sinceMs: number): Promise<GuardReading> {
  const { spec } = look;
  switch (spec.counts.from) {
    case 'gateway':
      return fromGateway(look, plan);
    case 'cloudwatch':
      return fromCloudWatch(look, plan, sinceMs);
  }
}

/** The plan's cut-offs are bounds of the gateway's buckets (`snapToBounds`), so the counts above them are exact. */
function fromGateway({ counts, spec }: Look, { cutoffsMs }: LatencyPlan): GuardReading {
  const firstAbove = cutoffsMs.map((cutoff) => latencyBoundsMs.findIndex((bound) => bound >= cutoff) + 1);
  return everyTick({ closedMs: counts.closedMs, tickMs: spec.tickMs }, (tick, pair) => {
    const totals = counts.totals(tick);
    const arm = (variant: string): LatencyArm => {
      const buckets = totals.get(variant)?.latencyCounts ?? [];
      const sum = (from: number): number => buckets.slice(from).reduce((total, count) => total + count, 0);
      return { n: sum(0), above: firstAbove.map(sum) };
    };
    return { kind: 'latency', key: tick.key, candidate: arm(pair.candidate), incumbent: arm(pair.incumbent) };
  });
}

/** How CloudWatch is asked for the requests up to a bound: counted, or where it cannot count, as a percentage of all. */
type Method = 'trimmedCount' | 'percentileRank';

/**
 * `ModelLatency` in microseconds, one minute at a time: all samples less those up to each cut-off, by trimmed count with an absolute bound, or
 * by percentile rank where CloudWatch refuses that.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 */
async function fromCloudWatch(look: Look, plan: LatencyPlan, sinceMs: number): Promise<GuardReading> {
  const closedMs = settledMs(look.nowMs);
  const range = { fromMs: sinceMs, toMs: closedMs };
  const { data, method } = await readCounts(look, plan.cutoffsMs, range);
  const tickMs = Math.ceil(look.spec.tickMs / MINUTE_MS) * MINUTE_MS;
  return everyTick({ closedMs, tickMs }, (tick, pair) => {
    const arm = (variant: string): LatencyArm => {
      const v = look.variants.indexOf(variant);
      const minutes = minutesOf(tick).map((startMs) => {
        const n = Math.round(data.get(`v${v}n`)?.get(startMs) ?? 0);
        const above = plan.cutoffsMs.map((_, c) => {
          const found = data.get(`v${v}c${c}`)?.get(startMs) ?? 0;
          const upTo = method === 'trimmedCount' ? found : (found * n) / 100;
          return Math.min(n, Math.max(0, n - Math.round(upTo)));
        });
        return { n, above };
      });
      return {
        n: minutes.reduce((sum, { n }) => sum + n, 0),
        above: plan.cutoffsMs.map((_, c) => minutes.reduce((sum, { above }) => sum + (above[c] ?? 0), 0)),
      };
    };
    return { kind: 'latency', key: tick.key, candidate: arm(pair.candidate), incumbent: arm(pair.incumbent) };
  });
}

async function readCounts(
  look: Look,
  cutoffsMs: readonly number[],
  range: { readonly fromMs: number; readonly toMs: number }
): Promise<{ readonly data: MetricData; readonly method: Method }> {
  const read = (method: Method): Promise<MetricData> =>
    readMetricData(look.cloudwatch, { queries: queriesOf(look, cutoffsMs, method), ...range });
  try {
    return { data: await read('trimmedCount'), method: 'trimmedCount' };
  } catch (error) {
    if (!isRefusedStatistic(error)) throw error;
    return { data: await read('percentileRank'), method: 'percentileRank' };
  }
}

function isRefusedStatistic(error: unknown): boolean {
  return error instanceof Error && /^(ValidationError|InvalidParameter)/.test(error.name);
}

/** A query for a statistic of one variant's `ModelLatency`. */
function modelLatency({ spec, sources }: Look, at: { readonly variant: string; readonly periodMs: number }) {
  const Metric = {
    Namespace: 'AWS/SageMaker',
    MetricName: 'ModelLatency',
    Dimensions: variantDimensions(spec.endpoint, at.variant, sources),
  };
  return (Id: string, Stat: string): MetricDataQuery => ({
    Id,
    MetricStat: { Metric, Period: at.periodMs / 1_000, Stat },
  });
}

function queriesOf(look: Look, cutoffsMs: readonly number[], method: Method): MetricDataQuery[] {
  return look.variants.flatMap((variant, v) => {
    const query = modelLatency(look, { variant, periodMs: MINUTE_MS });
    const upTo = (ms: number): string => `${method === 'trimmedCount' ? 'TC' : 'PR'}(:${Math.round(ms * 1_000)})`;
    return [query(`v${v}n`, 'SampleCount'), ...cutoffsMs.map((ms, c) => query(`v${v}c${c}`, upTo(ms)))];
  });
}

function minutesOf({ startMs, endMs }: Tick): readonly number[] {
  return Array.from({ length: Math.round((endMs - startMs) / MINUTE_MS) }, (_, i) => startMs + i * MINUTE_MS);
}

/**
 * The incumbent's own quantiles over `[fromMs, now)`, in milliseconds; null when nothing was counted. From a gateway they are bounds of its
 * buckets, from CloudWatch averages of the hours' percentiles by their samples: cut-offs only have to be fixed, not exact.
 */
export async function measureQuantiles(
  look: Look,
  input: { readonly variant: string; readonly quantiles: readonly number[]; readonly fromMs: number }
): Promise<readonly number[] | null> {
  if (look.spec.counts.from === 'cloudwatch') return cloudWatchQuantiles(look.cloudwatch, { ...input, look });
  const { latencyCounts = [] } =
    look.counts.totals({ startMs: input.fromMs, endMs: look.counts.closedMs }).get(input.variant) ?? {};
  const n = latencyCounts.reduce((sum, count) => sum + count, 0);
  if (n === 0) return null;
  return input.quantiles.map((quantile) => {
    let seen = 0;
    const bucket = latencyCounts.findIndex((count) => (seen += count) >= quantile * n);
    return latencyBoundsMs[bucket] ?? latencyBoundsMs.at(-1) ?? NaN;
  });
}

async function cloudWatchQuantiles(
  cloudwatch: CloudWatchClient,
  input: {
    readonly look: Look;
    readonly variant: string;
    readonly quantiles: readonly number[];
    readonly fromMs: number;
  }
): Promise<readonly number[] | null> {
  const { look, variant, quantiles, fromMs } = input;
  const query = modelLatency(look, { variant, periodMs: 3_600_000 });
  const queries = [
    query('n', 'SampleCount'),
    ...quantiles.map((quantile, i) => query(`q${i}`, `p${Number((100 * quantile).toPrecision(8))}`)),
  ];
  const data = await readMetricData(cloudwatch, { queries, fromMs, toMs: settledMs(look.nowMs) });
  const samples = [...(data.get('n') ?? [])];
  const total = samples.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return null;
  return quantiles.map((_, i) => {
    const sum = samples.reduce((weighted, [atMs, n]) => weighted + n * (data.get(`q${i}`)?.get(atMs) ?? 0), 0);
    // At least a microsecond: a cut-off of nothing would not be one.
    return Math.max(0.001, Math.round(sum / total) / 1_000);
  });
}

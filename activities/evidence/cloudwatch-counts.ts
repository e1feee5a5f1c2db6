import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { CountsReading, VariantTotals } from './counts';

/** SageMaker publishes per-minute metrics; two minutes later they have settled. */
const LAG_MS = 120_000;
const PERIOD_MS = 60_000;
const METRICS = ['Invocations', 'Invocation4XXErrors', 'Invocation5XXErrors'] as const;

/**
 * Counts from CloudWatch's metrics of each variant (namespace `AWS/SageMaker`, statistic Sum, one minute).
 * https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
 */
export async function readCloudWatchCounts(input: {
  readonly cloudwatch: CloudWatchClient;
  readonly endpoint: string;
  readonly variants: readonly string[];
  readonly fromMs: number;
  readonly nowMs: number;
}): Promise<CountsReading> {
  const closedMs = Math.floor((input.nowMs - LAG_MS) / PERIOD_MS) * PERIOD_MS;
  const minutes = new Map<string, Map<number, number>>();
  if (closedMs > input.fromMs) {
    let token: string | undefined;
    do {
      const page = await input.cloudwatch.send(
        new GetMetricDataCommand({
          MetricDataQueries: queriesOf(input.endpoint, input.variants),
          StartTime: new Date(input.fromMs),
          EndTime: new Date(closedMs),
          ScanBy: 'TimestampAscending',
          ...(token !== undefined && { NextToken: token }),
        })
      );
      for (const result of page.MetricDataResults ?? []) {
        const series = minutes.get(result.Id ?? '') ?? new Map<number, number>();
        result.Timestamps?.forEach((timestamp, i) => series.set(timestamp.getTime(), wholeCount(result.Values?.[i])));
        minutes.set(result.Id ?? '', series);
      }
      token = page.NextToken;
    } while (token !== undefined);
  }
  return {
    closedMs,
    totals: (tick) => {
      const sum = (variant: number, metric: number): number => sumIn(minutes.get(queryId(variant, metric)), tick);
      const entries = input.variants.map((name, v): readonly [string, VariantTotals] => [
        name,
        { requests: sum(v, 0), errors4xx: sum(v, 1), errors5xx: sum(v, 2) },
      ]);
      return new Map(entries);
    },
  };
}

function queriesOf(endpoint: string, variants: readonly string[]): MetricDataQuery[] {
  return variants.flatMap((variant, v) =>
    METRICS.map((MetricName, m) => ({
      Id: queryId(v, m),
      MetricStat: {
        Metric: {
          Namespace: 'AWS/SageMaker',
          MetricName,
          Dimensions: [
            { Name: 'EndpointName', Value: endpoint },
            { Name: 'VariantName', Value: variant },
          ],
        },
        Period: PERIOD_MS / 1000,
        Stat: 'Sum',
      },
    }))
  );
}

function queryId(variant: number, metric: number): string {
  return `v${variant}m${metric}`;
}

function sumIn(
  series: ReadonlyMap<number, number> | undefined,
  tick: { readonly startMs: number; readonly endMs: number }
): number {
  let sum = 0;
  for (const [atMs, value] of series ?? []) if (atMs >= tick.startMs && atMs < tick.endMs) sum += value;
  return sum;
}

/** Sums of ones come back as floats. */
function wholeCount(value: number | undefined): number {
  return Math.round(value ?? 0);
}

import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { ArmSources } from './arm-source';
import type { CountsReading, VariantTotals } from './counts-types';
import { readMetricData, settledMs, variantDimensions } from './metric-data';

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
  readonly sources: ArmSources;
}): Promise<CountsReading> {
  const closedMs = settledMs(input.nowMs);
  const minutes = await readMetricData(input.cloudwatch, {
    queries: queriesOf(input),
    fromMs: input.fromMs,
    toMs: closedMs,
  });
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

function queriesOf(input: {
  readonly endpoint: string;
  readonly variants: readonly string[];
  readonly sources: ArmSources;
}): MetricDataQuery[] {
  const { endpoint, variants, sources } = input;
  return variants.flatMap((variant, v) =>
    METRICS.map((MetricName, m) => ({
      Id: queryId(v, m),
      MetricStat: {
        Metric: {
          Namespace: 'AWS/SageMaker',
          MetricName,
          Dimensions: variantDimensions(endpoint, variant, sources),
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
  // Sums of ones come back as floats.
  for (const [atMs, value] of series ?? []) if (atMs >= tick.startMs && atMs < tick.endMs) sum += Math.round(value);
  return sum;
}

import type { ThresholdGuard } from '../../spec/types';
import type { Look } from './look';
import { MINUTE_MS, readMetricData, settledMs, variantDimensions } from './metric-data';
import { everyTick } from './reading';
import type { GuardReading } from './reading';

/** Any metric of CloudWatch, a value a tick; without data points it is null, which is no value of zero. */
export async function readThreshold(look: Look, guard: ThresholdGuard, sinceMs: number): Promise<GuardReading> {
  const { spec, variants, cloudwatch, sources } = look;
  const closedMs = settledMs(look.nowMs);
  const tickMs = Math.ceil(spec.tickMs / MINUTE_MS) * MINUTE_MS;
  const { dimensions } = guard;
  const dimensionsOf = (variant: string) =>
    dimensions === null
      ? variantDimensions(spec.endpoint, variant, sources)
      : Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const data = await readMetricData(cloudwatch, {
    queries: variants.map((variant, v) => ({
      Id: `v${v}`,
      MetricStat: {
        Metric: { Namespace: guard.namespace, MetricName: guard.metric, Dimensions: dimensionsOf(variant) },
        Period: tickMs / 1_000,
        Stat: guard.statistic,
      },
    })),
    fromMs: Math.ceil(sinceMs / tickMs) * tickMs,
    toMs: Math.floor(closedMs / tickMs) * tickMs,
  });
  return everyTick({ closedMs, tickMs }, ({ key, startMs }, { candidate }) => ({
    kind: 'value',
    key,
    value: data.get(`v${variants.indexOf(candidate)}`)?.get(startMs) ?? null,
  }));
}

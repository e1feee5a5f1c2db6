import type { LatencyPlan } from './types';

/** Room for the last binary digit of a product. */
const SLACK = 1e-9;

/**
 * The plan with its cut-offs on bounds that evidence is counted at: each quantile on the bound nearest to it, each margin on the last bound
 * that does not exceed the quantile times the allowed ratio, so that the margin is never wider than asked for. `boundsMs` ascend. Throws
 * `RangeError` when no bound lies within the margin.
 */
export function snapToBounds(plan: LatencyPlan, boundsMs: readonly number[]): LatencyPlan {
  const pairs = plan.quantiles.map(({ quantile, cutoff }) => {
    const ms = nearest(boundsMs.slice(0, -1), plan.cutoffsMs[cutoff] ?? NaN);
    const marginMs = boundsMs.findLast((bound) => bound <= ms * plan.promoteRatio * (1 + SLACK));
    if (marginMs === undefined || !(marginMs > ms))
      throw new RangeError(`${plan.name}: latency is not counted between ${ms} ms and ${plan.promoteRatio} times that`);
    return { quantile, ms, marginMs };
  });
  const cutoffsMs = [...new Set(pairs.flatMap(({ ms, marginMs }) => [ms, marginMs]))].sort((a, b) => a - b);
  return {
    ...plan,
    cutoffsMs,
    quantiles: pairs.map(({ quantile, ms, marginMs }) => ({
      quantile,
      cutoff: cutoffsMs.indexOf(ms),
      margin: cutoffsMs.indexOf(marginMs),
    })),
  };
}

function nearest(boundsMs: readonly number[], ms: number): number {
  return boundsMs.reduce((best, bound) =>
    Math.abs(Math.log(bound / ms)) < Math.abs(Math.log(best / ms)) ? bound : best
  );
}

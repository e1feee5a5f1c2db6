import type { Alternative, EProcessDesign } from '../e-process';
import { noisePrior } from '../noise/score-test';
import type { ScorePrior } from '../noise/score-test';
import { favourDesign, harmDesign } from '../rate';
import type { LatencyPlan } from './types';

/** From this quantile on few requests are above the cut-off, and bad models show as multiples of those. */
const TAIL = 0.95;

/**
 * Odds ratios of exceedances around the middle: 1.3 at the median is a tenth slower where latencies spread log-normally by 0.6.
 */
const middle: readonly Alternative[] = [
  { multiple: 1.1, prior: 0.05 },
  { multiple: 1.2, prior: 0.2 },
  { multiple: 1.35, prior: 0.3 },
  { multiple: 1.5, prior: 0.2 },
  { multiple: 2, prior: 0.15 },
  { multiple: 3, prior: 0.05 },
  { multiple: 5, prior: 0.03 },
  { multiple: 10, prior: 0.02 },
];

/** Deviations of the mixtures over log odds ratios where arms may wobble. */
const TAU = { middle: 0.6, tail: 1 } as const;

/** The tests of one quantile, and its part of the false-rollback budget. */
export interface QuantileDesign {
  readonly part: number;
  readonly harm: EProcessDesign;
  readonly promote: EProcessDesign;
  readonly tau: number;
}

/**
 * The tests of every quantile. For harm those of the tail have twice the part of the others, as they have the fewest events, and
 * the sum of all, each times its part, decides. Promotion needs every quantile, each at the full budget.
 */
export function latencyDesigns(plan: LatencyPlan): readonly QuantileDesign[] {
  const weights = plan.quantiles.map(({ quantile }) => (quantile >= TAIL ? 2 : 1));
  const all = weights.reduce<number>((sum, weight) => sum + weight, 0);
  return plan.quantiles.map(({ quantile }, i) => {
    const part = (weights[i] ?? 1) / all;
    const harm = harmDesign({ nullTheta: 1, alpha: plan.rollbackAlpha * part, horizonTicks: plan.horizonTicks });
    const tail = quantile >= TAIL;
    return {
      part,
      harm: tail ? harm : { ...harm, alternatives: middle },
      promote: favourDesign({ nullTheta: 1, alpha: plan.promoteAlpha, mixture: 'promote' }),
      tau: tail ? TAU.tail : TAU.middle,
    };
  });
}

/** What a quantile's tests by scatter start from. */
export const latencyPrior = (plan: LatencyPlan, { tau }: QuantileDesign): ScorePrior =>
  noisePrior(plan.noise, { tau, horizonTicks: plan.horizonTicks });

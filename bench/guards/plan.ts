import type { RatePlan } from '../../guards/types';

/** Margin of the promotion test and its budget in all sections. */
export const PROMOTION = { oddsRatio: 1.5, beta: 0.05 } as const;

/** The plan of one `errors` guard that has the whole false-rollback budget. */
export function errorsPlanOf(alpha: number, ticks: number): RatePlan {
  return {
    name: 'errors',
    kind: 'errors',
    class: 'guaranteed',
    required: true,
    rollbackOddsRatio: 1,
    promoteOddsRatio: PROMOTION.oddsRatio,
    slo: null,
    rollbackAlpha: alpha,
    promoteAlpha: PROMOTION.beta,
    horizonTicks: ticks,
    incumbentRate: null,
  };
}

import type { Allocation, Cohort } from './types';

/** Requests of one batch, segment and serving arm, with the propensities that were in force: what evaluation needs. */
export interface LoggedCell {
  readonly batch: number;
  /** Empty where the bandit knows no segments. */
  readonly segment: string;
  readonly arm: string;
  /** Every arm that could have been asked for, and its chance to serve in this batch and segment. */
  readonly arms: readonly string[];
  readonly propensities: Readonly<Record<string, number>>;
  readonly n: number;
  readonly sum: number;
  readonly sumSquares: number;
}

/**
 * The log of one cohort under the allocation of its batch. Propensities are the weights in force, so they are exact where
 * requests are routed by those weights; a request that was sent to a named variant has none and must not be in the cohort.
 */
export function logCohort(p: {
  readonly allocation: Pick<Allocation, 'batch' | 'propensities'>;
  readonly cohort: Cohort;
  readonly segment?: string;
}): readonly LoggedCell[] {
  const { allocation, cohort, segment = '' } = p;
  const arms = Object.keys(allocation.propensities);
  return Object.entries(cohort)
    .filter(([, { n }]) => n > 0)
    .map(([arm, { n, sum, sumSquares }]) => {
      if (!((allocation.propensities[arm] ?? 0) > 0))
        throw new RangeError(`${arm} served in batch ${allocation.batch}, where its weight was 0`);
      return {
        batch: allocation.batch,
        segment,
        arm,
        arms,
        propensities: allocation.propensities,
        n,
        sum,
        sumSquares: sumSquares ?? sum,
      };
    });
}

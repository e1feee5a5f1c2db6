import type { EProcessDesign } from '../e-process';
import { allAtStart } from '../onset';

/**
 * A test of "the odds are exactly as expected" against both sides: plain, since boosting needs one side. `logSteps` are the
 * distances of the alternatives on the log scale, all of equal weight.
 */
export function twoSidedDesign(alpha: number, logSteps: readonly number[]): EProcessDesign {
  const prior = 1 / (2 * logSteps.length);
  return {
    nullTheta: 1,
    alternatives: [...[...logSteps].reverse().map((step) => -step), ...logSteps].map((step) => ({
      multiple: Math.exp(step),
      prior,
    })),
    logCap: -Math.log(alpha),
    boosted: false,
    onset: allAtStart,
  };
}

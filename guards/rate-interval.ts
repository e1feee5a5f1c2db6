import { oddsRatioInterval } from './curve';
import { testInterval } from './noise/score-test';
import type { ScoreTest } from './noise/score-test';
import type { RateState } from './types';

type Interval = readonly [number | null, number | null];

/** Bounds beyond this many times the odds say nothing that a person needs. */
const WIDEST = Math.log(20);

/**
 * Anytime-valid interval of the odds ratio at 1 − alpha; null bounds are open. Where both tests must agree it is the wider of
 * theirs, in the fleet-noise mode that by scatter, which is approximate.
 */
export function intervalOf(state: RateState, alpha: number): Interval {
  const { noise } = state;
  if (noise === undefined) return oddsRatioInterval(state.curve, alpha);
  const byScatter = oddsInterval(noise.harm.scored.test, alpha, noise.nullTheta);
  return noise.harm.exact === null ? byScatter : hull(byScatter, oddsRatioInterval(state.curve, alpha));
}

/** Interval of the odds ratio by scatter, from scores taken at `nullTheta`. */
export function oddsInterval(test: ScoreTest, alpha: number, nullTheta = 1): Interval {
  const [low, high] = testInterval(test, alpha);
  const bound = (log: number | null) => (log === null || Math.abs(log) > WIDEST ? null : nullTheta * Math.exp(log));
  return [bound(low), bound(high)];
}

/**
 * The interval with its bound open beyond which the estimate lies. Scores at no effect grow less and less with a large effect, so there an interval
 * around them ends too near to 1: the bound towards 1 is then wider than it need be, the other one is none.
 */
export function openedTowards(estimate: number | null, [low, high]: Interval): Interval {
  if (estimate === null) return [low, null];
  return [low !== null && estimate < low ? null : low, high !== null && estimate > high ? null : high];
}

function hull([low, high]: Interval, [lower, higher]: Interval): Interval {
  return [
    low === null || lower === null ? null : Math.min(low, lower),
    high === null || higher === null ? null : Math.max(high, higher),
  ];
}

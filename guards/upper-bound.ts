import { CELLS, EDGE, informationIn, peakOf, PRIOR_DEVIATION, SPACING, valueIn } from './curve';
import type { LikelihoodCurve } from './types';

/** Candidate bounds in a cell; between two of them the mixture of the lower one is used, which is as valid. */
const PARTS = 8;

/**
 * One-sided anytime-valid upper bound of the odds ratio at 1 − alpha: the largest value whose likelihood is not beaten
 * 1/alpha-fold by the mixture over all smaller ones. It stays above a constant odds ratio at all looks together with at
 * least that probability, and lies lower than the upper end of the two-sided interval. Null when odds ratios up to 20 are
 * not excluded.
 */
export function oddsRatioUpperBound(curve: LikelihoodCurve, alpha: number): number | null {
  const peak = ((peakOf(curve) + EDGE) / SPACING) * PARTS;
  const information = Math.max(...Array.from({ length: CELLS }, (_, cell) => informationIn(curve, cell)));
  const margin = Math.log(alpha) - (2 * SPACING ** 4 * information) / 384;
  const levels = mixtureLevels(curve, valueAt(curve, peak)).map((level) => level + margin);
  const last = CELLS * PARTS;
  if (valueAt(curve, last) >= (levels[last - 1] ?? -Infinity)) return null;
  // The peak itself is never beaten by a mean of likelihoods, and above it the likelihood falls.
  for (let part = last; part > peak; part--) {
    const level = levels[part - 1] ?? -Infinity;
    let [inside, outside] = [Math.max(part - 1, peak), part];
    if (valueAt(curve, outside) >= level) return oddsRatioAt(outside);
    if (inside > peak && valueAt(curve, inside) < level) continue;
    for (let step = 0; step < 50; step++) {
      const middle = (inside + outside) / 2;
      if (valueAt(curve, middle) >= level) inside = middle;
      else outside = middle;
    }
    return oddsRatioAt(outside);
  }
  return oddsRatioAt(peak);
}

const oddsRatioAt = (place: number): number => Math.exp(-EDGE + (place * SPACING) / PARTS);

/** Log likelihood at a place counted in parts from the left edge. */
function valueAt(curve: LikelihoodCurve, part: number): number {
  const cell = Math.min(Math.floor(part / PARTS), CELLS - 1);
  return valueIn(curve, cell, part / PARTS - cell);
}

/** Below the peak by more than this the likelihood adds nothing to a mean that a double could hold. */
const DEPTH = 45;

const logPrior = (place: number): number => -0.5 * ((-EDGE + (place * SPACING) / PARTS) / PRIOR_DEVIATION) ** 2;

/** Prior mass below each place, in the units of `logPrior`. */
const priorBelow: readonly number[] = (() => {
  const below = [0];
  for (let part = 0; part < CELLS * PARTS; part++)
    below.push((below[part] ?? 0) + simpson({ part, steps: 4, value: (place) => Math.exp(logPrior(place)) }));
  return below;
})();

/** For each place: log of the likelihood's mean over the prior restricted to what lies below; −∞ at the left edge. */
function mixtureLevels(curve: LikelihoodCurve, highest: number): readonly number[] {
  const levels = [-Infinity];
  let likelihood = 0;
  for (let part = 0; part < CELLS * PARTS; part++) {
    const cell = Math.floor(part / PARTS);
    const holdsPeak = (curve.slope[cell] ?? 0) > 0 && (curve.slope[cell + 1] ?? 0) < 0;
    if (holdsPeak || Math.max(valueAt(curve, part), valueAt(curve, part + 1)) > highest - DEPTH) {
      const steepness = Math.sqrt(informationIn(curve, cell)) + slopeIn(curve, cell);
      likelihood += simpson({
        part,
        steps: 2 * Math.min(100, Math.max(1, Math.ceil((3 * SPACING * steepness) / PARTS))),
        value: (place) => Math.exp(valueAt(curve, place) - highest + logPrior(place)),
      });
    }
    levels.push(likelihood > 0 ? highest + Math.log(likelihood / (priorBelow[part + 1] ?? 1)) : -Infinity);
  }
  return levels;
}

/** ∫ over one part by Simpson's rule; `steps` is even. */
function simpson(p: {
  readonly part: number;
  readonly steps: number;
  readonly value: (place: number) => number;
}): number {
  const { part, steps, value } = p;
  let sum = value(part) + value(part + 1);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * value(part + i / steps);
  return (sum * SPACING) / PARTS / steps / 3;
}

function slopeIn(curve: LikelihoodCurve, cell: number): number {
  return Math.min(Math.abs(curve.slope[cell] ?? 0), Math.abs(curve.slope[cell + 1] ?? 0));
}

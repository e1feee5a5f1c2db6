import { logPmfFrom, normaliser, support } from './hypergeometric';
import type { CountFamily } from './hypergeometric';
import type { LikelihoodCurve } from './types';

const EDGE = 3;
const CELLS = 40;
const SPACING = (2 * EDGE) / CELLS;
const nodes: readonly number[] = Array.from({ length: CELLS + 1 }, (_, i) => -EDGE + i * SPACING);

export const flatCurve: LikelihoodCurve = { logLikelihood: nodes.map(() => 0), slope: nodes.map(() => 0) };

/** Adds one tick's conditional likelihood. */
export function addToCurve(curve: LikelihoodCurve, family: CountFamily, count: number): LikelihoodCurve {
  const [low, high] = support(family);
  if (low >= high) return curve;
  const logLikelihood: number[] = [];
  const slope: number[] = [];
  nodes.forEach((node, i) => {
    const theta = Math.exp(node);
    const law = normaliser(family, theta);
    logLikelihood.push((curve.logLikelihood[i] ?? 0) + logPmfFrom({ family, theta, window: law, u: count }));
    slope.push((curve.slope[i] ?? 0) + count - law.mean);
  });
  return { logLikelihood, slope };
}

/** Spread of the normal prior over log(odds ratio) that the interval's mixture uses. */
const PRIOR_DEVIATION = 0.8;

/**
 * Anytime-valid interval of the odds ratio at 1 − alpha: every value whose likelihood is not beaten 1/alpha-fold by the
 * mixture over the prior. It covers a constant odds ratio at all looks together with at least that probability. A bound
 * is null when the evidence does not exclude anything on that side of 1/20 … 20.
 */
export function oddsRatioInterval(curve: LikelihoodCurve, alpha: number): readonly [number | null, number | null] {
  const peak = peakOf(curve);
  const information = Math.max(...nodes.map((_, cell) => informationIn(curve, Math.min(cell, CELLS - 1))));
  const interpolationError = (SPACING ** 4 / 384) * information;
  const level = logMixture(curve, valueAt(curve, peak)) + Math.log(alpha) - 2 * interpolationError;
  return [boundBetween(curve, level, [-EDGE, peak]), boundBetween(curve, level, [EDGE, peak])];
}

function boundBetween(curve: LikelihoodCurve, level: number, [outer, inner]: readonly [number, number]): number | null {
  if (valueAt(curve, outer) >= level) return null;
  let [outside, inside] = [outer, inner];
  for (let i = 0; i < 60; i++) {
    const middle = (outside + inside) / 2;
    if (valueAt(curve, middle) >= level) inside = middle;
    else outside = middle;
  }
  return Math.exp(outside);
}

/** The curve is concave, so its peak lies where the slope changes sign, or at an edge. */
function peakOf(curve: LikelihoodCurve): number {
  const right = curve.slope.findIndex((slope) => slope <= 0);
  if (right === 0) return -EDGE;
  if (right < 0) return EDGE;
  let [low, high] = [nodes[right - 1] ?? -EDGE, nodes[right] ?? EDGE];
  for (let i = 0; i < 60; i++) {
    const third = (high - low) / 3;
    if (valueAt(curve, low + third) < valueAt(curve, high - third)) low += third;
    else high -= third;
  }
  return (low + high) / 2;
}

function informationIn(curve: LikelihoodCurve, cell: number): number {
  return Math.max(0, ((curve.slope[cell] ?? 0) - (curve.slope[cell + 1] ?? 0)) / SPACING);
}

function valueAt(curve: LikelihoodCurve, node: number): number {
  const cell = Math.min(Math.max(Math.floor((node + EDGE) / SPACING), 0), CELLS - 1);
  const t = (node - (nodes[cell] ?? 0)) / SPACING;
  const [left, right] = [curve.logLikelihood[cell] ?? 0, curve.logLikelihood[cell + 1] ?? 0];
  const [slopeLeft, slopeRight] = [(curve.slope[cell] ?? 0) * SPACING, (curve.slope[cell + 1] ?? 0) * SPACING];
  const rise = right - left;
  return left + t * (slopeLeft + t * (3 * rise - 2 * slopeLeft - slopeRight + t * (slopeLeft + slopeRight - 2 * rise)));
}

/** log ∫ likelihood × prior over the nodes' range, by Simpson's rule with steps that follow the curve. */
function logMixture(curve: LikelihoodCurve, highest: number): number {
  let integral = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    const ends = [cell, cell + 1].map((i) => curve.logLikelihood[i] ?? 0);
    const slopes = [cell, cell + 1].map((i) => curve.slope[i] ?? 0);
    const crosses = (slopes[0] ?? 0) > 0 && (slopes[1] ?? 0) < 0;
    if (!crosses && Math.max(...ends) < highest - 45) continue;
    const steepness = Math.sqrt(informationIn(curve, cell)) + Math.min(...slopes.map(Math.abs));
    const steps = 2 * Math.min(200, Math.max(2, Math.ceil(3 * SPACING * steepness)));
    for (let i = 0; i <= steps; i++) {
      const node = (nodes[cell] ?? 0) + (i * SPACING) / steps;
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      const prior = Math.exp(-0.5 * (node / PRIOR_DEVIATION) ** 2) / (PRIOR_DEVIATION * Math.sqrt(2 * Math.PI));
      integral += ((weight * SPACING) / steps / 3) * prior * Math.exp(valueAt(curve, node) - highest);
    }
  }
  return highest + Math.log(integral);
}

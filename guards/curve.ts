import { logPmfFrom, mode, normaliser, ratioUp, support } from './hypergeometric';
import type { CountFamily } from './hypergeometric';
import type { LikelihoodCurve } from './types';

/** Nodes of log(odds ratio): from −EDGE to EDGE, in CELLS steps of SPACING. */
export const EDGE = 3;
export const CELLS = 40;
export const SPACING = (2 * EDGE) / CELLS;
const nodes: readonly number[] = Array.from({ length: CELLS + 1 }, (_, i) => -EDGE + i * SPACING);

const thetas: readonly number[] = nodes.map(Math.exp);

export const flatCurve: LikelihoodCurve = { logLikelihood: nodes.map(() => 0), slope: nodes.map(() => 0) };

/** Adds one tick's conditional likelihood. */
export function addToCurve(curve: LikelihoodCurve, family: CountFamily, count: number): LikelihoodCurve {
  const [low, high] = support(family);
  if (low >= high) return curve;
  const tick = shortTick(family, count) ?? longTick(family, count);
  return {
    logLikelihood: curve.logLikelihood.map((sum, i) => sum + (tick.logLikelihood[i] ?? 0)),
    slope: curve.slope.map((sum, i) => sum + (tick.slope[i] ?? 0)),
  };
}

function longTick(family: CountFamily, count: number): LikelihoodCurve {
  const laws = thetas.map((theta) => normaliser(family, theta));
  return {
    logLikelihood: laws.map((window, i) => logPmfFrom({ family, theta: thetas[i] ?? 1, window, u: count })),
    slope: laws.map((law) => count - law.mean),
  };
}

/** Longest support whose powers of the odds ratio stay inside a double. */
const SHORT = 160;

/** With few possible counts the normaliser is a polynomial in the odds ratio, whose coefficients serve all nodes. */
function shortTick(family: CountFamily, count: number): LikelihoodCurve | null {
  const [low, high] = support(family);
  if (high - low > SHORT) return null;
  const peak = mode(family, 1);
  const coefficients = new Float64Array(high - low + 1);
  coefficients[peak - low] = 1;
  for (let u = peak; u > low; u--) coefficients[u - 1 - low] = (coefficients[u - low] ?? 0) / ratioUp(family, 1, u - 1);
  for (let u = peak; u < high; u++) coefficients[u + 1 - low] = (coefficients[u - low] ?? 0) * ratioUp(family, 1, u);
  if (Math.min(coefficients[0] ?? 0, coefficients[high - low] ?? 0) < 1e-80) return null;
  const logCoefficient = Math.log(coefficients[count - low] ?? 1);
  const tick = { logLikelihood: [] as number[], slope: [] as number[] };
  for (let i = 0; i < thetas.length; i++) {
    const theta = thetas[i] ?? 1;
    let sum = 0;
    let moment = 0;
    for (let u = 0, power = 1; u <= high - low; u++, power *= theta) {
      const weight = (coefficients[u] ?? 0) * power;
      sum += weight;
      moment += weight * u;
    }
    tick.logLikelihood.push(logCoefficient + (count - low) * (nodes[i] ?? 0) - Math.log(sum));
    tick.slope.push(count - low - moment / sum);
  }
  return tick;
}

/** Spread of the normal prior over log(odds ratio) that the interval's mixture uses. */
export const PRIOR_DEVIATION = 0.8;
const LOG_PRIOR_PEAK = Math.log(PRIOR_DEVIATION * Math.sqrt(2 * Math.PI));

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
export function peakOf(curve: LikelihoodCurve): number {
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

/** Curvature of the log likelihood within a cell. */
export function informationIn(curve: LikelihoodCurve, cell: number): number {
  return Math.max(0, ((curve.slope[cell] ?? 0) - (curve.slope[cell + 1] ?? 0)) / SPACING);
}

function valueAt(curve: LikelihoodCurve, node: number): number {
  const cell = Math.min(Math.max(Math.floor((node + EDGE) / SPACING), 0), CELLS - 1);
  return valueIn(curve, cell, (node - (nodes[cell] ?? 0)) / SPACING);
}

/** Cubic through the values and slopes at both ends of a cell; `t` runs from 0 to 1. */
export function valueIn(curve: LikelihoodCurve, cell: number, t: number): number {
  const left = curve.logLikelihood[cell] ?? 0;
  const rise = (curve.logLikelihood[cell + 1] ?? 0) - left;
  const slopeLeft = (curve.slope[cell] ?? 0) * SPACING;
  const slopeRight = (curve.slope[cell + 1] ?? 0) * SPACING;
  return left + t * (slopeLeft + t * (3 * rise - 2 * slopeLeft - slopeRight + t * (slopeLeft + slopeRight - 2 * rise)));
}

/** Beyond this distance from the peak the likelihood adds nothing to the mixture that a double could hold. */
const DEPTH = 40;

/** log ∫ likelihood × prior over the nodes' range, by Simpson's rule with steps that follow the curve. */
function logMixture(curve: LikelihoodCurve, highest: number): number {
  let integral = 0;
  for (let cell = 0; cell < CELLS; cell++) {
    const slopeLeft = curve.slope[cell] ?? 0;
    const slopeRight = curve.slope[cell + 1] ?? 0;
    const holdsPeak = slopeLeft > 0 && slopeRight < 0;
    const top = Math.max(curve.logLikelihood[cell] ?? 0, curve.logLikelihood[cell + 1] ?? 0);
    if (!holdsPeak && top < highest - DEPTH) continue;
    const steepness = Math.sqrt(informationIn(curve, cell)) + Math.min(Math.abs(slopeLeft), Math.abs(slopeRight));
    const steps = 2 * Math.min(200, Math.max(2, Math.ceil(3 * SPACING * steepness)));
    for (let i = 0; i <= steps; i++) {
      const node = (nodes[cell] ?? 0) + (i * SPACING) / steps;
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      const logDensity = -0.5 * (node / PRIOR_DEVIATION) ** 2 - LOG_PRIOR_PEAK;
      integral += ((weight * SPACING) / steps / 3) * Math.exp(valueIn(curve, cell, i / steps) - highest + logDensity);
    }
  }
  return highest + Math.log(integral);
}

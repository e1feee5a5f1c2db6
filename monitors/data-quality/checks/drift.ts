import type { Check, Json } from '../../types';
import type { ChiSquare } from '../distances/chi-square';
import type { Comparison, Estimated } from '../drift/numbers';
import type { DistributionConstraints } from '../files/shapes';
import type { Limits } from '../options';
import { short, tooFew } from './context';
import type { CheckContext } from './context';

/** c(alpha) at alpha 0.003, Deequ's. */
const ROBUST = 1.8;

/** What `Robust` takes off a distance for the size of both samples. */
export const robustCorrection = (n: number, m: number): number => ROBUST * Math.sqrt((n + m) / (n * m));

/** What Deequ would have found: its distance without the correction, or its chi-square test. */
export interface DeequFinding {
  readonly distance: number | null;
  /** Its n and m, which are not the numbers of rows where it lost ties. */
  readonly n: number;
  readonly m: number;
  readonly chiSquare?: ChiSquare | null;
}

export interface DriftFinding {
  readonly subject: string;
  readonly comparison: Comparison;
  /** Null for numbers. */
  readonly chiSquare: ChiSquare | null;
  readonly deequ: DeequFinding | null;
  readonly constraints: DistributionConstraints;
  readonly isText: boolean;
}

/** SageMaker's drift check by the exact distance, Deequ's value beside it, and checks of other distances that a limit was given for. */
export function checkDrift(
  context: CheckContext,
  found: DriftFinding & { readonly deviation: number | null }
): readonly Check[] {
  const { constraints, isText } = found;
  const main =
    isText && constraints.categorical_drift_method === 'ChiSquared'
      ? byChiSquare(context, found)
      : byDistance(context, found);
  return [main, ...byLimits(context, found)];
}

function byDistance(context: CheckContext, found: DriftFinding): Check {
  const { comparison, constraints, deequ } = found;
  const isRobust = constraints.comparison_method === 'Robust';
  const allowed = thresholdOf(found);
  const correction = (n: number, m: number) => (isRobust ? robustCorrection(n, m) : 0);
  const decidesDeequ = context.options.distance === 'deequ' && deequ !== null && deequ.distance !== null;
  const [value, taken] = decidesDeequ
    ? [deequ.distance ?? 0, correction(deequ.n, deequ.m)]
    : [comparison.distance, correction(comparison.baselineRows, comparison.liveRows)];
  const threshold = allowed + taken;
  const whose = decidesDeequ ? "Deequ's distance" : 'distance';
  const sizes = `${comparison.baselineRows} values against ${comparison.liveRows}`;
  const common = {
    subject: found.subject,
    check: 'baseline_drift_check',
    value,
    interval: decidesDeequ ? null : comparison.interval,
    threshold,
    extras: extrasOf(found, { allowed, correction }),
  };
  const few = tooFew(context);
  if (few !== null || threshold >= 1) {
    const detectable = detectableDistance(threshold, comparison);
    const blind =
      detectable >= 1 ? 'no difference would be seen' : `only a distance above ${short(detectable)} would be seen`;
    return { ...common, verdict: 'inconclusive', reason: `${few ?? sizes}: ${blind}` };
  }
  const limit = isRobust ? `${allowed} + ${short(taken)} for ${sizes}` : `${allowed}, ${sizes}`;
  const isFar = value > threshold;
  return {
    ...common,
    verdict: isFar ? 'fail' : 'pass',
    reason: `${whose} ${short(value)} is ${isFar ? 'above' : 'within'} ${limit}`,
  };
}

function byChiSquare(context: CheckContext, found: DriftFinding): Check {
  const { chiSquare, comparison } = found;
  const allowed = thresholdOf(found);
  const common = {
    subject: found.subject,
    check: 'baseline_drift_check',
    value: chiSquare?.pValue ?? null,
    interval: null,
    threshold: allowed,
    extras: {
      method: 'ChiSquared',
      statistic: chiSquare?.statistic ?? null,
      freedom: chiSquare?.freedom ?? null,
      ...extrasOf(found, { allowed, correction: () => 0 }),
    },
  };
  const few = tooFew(context);
  if (few !== null || chiSquare === null)
    return {
      ...common,
      verdict: 'inconclusive',
      reason: few ?? 'fewer than two categories are frequent enough for the test',
    };
  const isFar = chiSquare.pValue < allowed;
  return {
    ...common,
    verdict: isFar ? 'fail' : 'pass',
    reason: `p-value ${short(chiSquare.pValue)} is ${isFar ? 'below' : 'not below'} ${allowed}, ${comparison.baselineRows} values against ${comparison.liveRows}`,
  };
}

const thresholdOf = ({ constraints, isText }: DriftFinding): number =>
  isText
    ? (constraints.categorical_comparison_threshold ?? constraints.comparison_threshold)
    : constraints.comparison_threshold;

/** The true distance that would be found above the threshold in four windows of five, at least: a share's deviation is at most ½/√n. */
export function detectableDistance(threshold: number, of: Pick<Comparison, 'baselineRows' | 'liveRows'>): number {
  const Z80 = 0.8416;
  return threshold + Z80 * Math.sqrt(0.25 / Math.max(1, of.baselineRows) + 0.25 / Math.max(1, of.liveRows));
}

function extrasOf(
  found: DriftFinding,
  by: { readonly allowed: number; readonly correction: (n: number, m: number) => number }
): Readonly<Record<string, Json>> {
  const { comparison: c, deequ } = found;
  const estimate = (one: Estimated): Json => ({ value: one.value, interval: [...one.interval] });
  return {
    distanceExact: c.distance,
    detectableDistance: detectableDistance(by.allowed + by.correction(c.baselineRows, c.liveRows), c),
    populationStability: estimate(c.populationStability),
    jensenShannon: estimate(c.jensenShannon),
    ...(c.wasserstein ? { wasserstein: estimate(c.wasserstein) } : {}),
    ...(found.chiSquare ? { chiSquarePValue: found.chiSquare.pValue } : {}),
    ...(deequ ? { deequ: deequExtras(deequ, by) } : {}),
    ...c.extras,
  };
}

function deequExtras(
  { distance, n, m, chiSquare }: DeequFinding,
  { allowed, correction }: { readonly allowed: number; readonly correction: (n: number, m: number) => number }
): Json {
  if (distance === null) return null;
  const compared = Math.max(0, distance - correction(n, m));
  return {
    distance,
    robust: Math.max(0, distance - robustCorrection(n, m)),
    wouldFail: compared > allowed,
    ...(chiSquare ? { chiSquareStatistic: chiSquare.statistic, chiSquarePValue: chiSquare.pValue } : {}),
  };
}

function byLimits(
  context: CheckContext,
  { subject, comparison, deviation }: DriftFinding & { readonly deviation: number | null }
): readonly Check[] {
  const scaled = (one: Estimated | null): Estimated | null =>
    one && deviation !== null && deviation > 0
      ? { value: one.value / deviation, interval: [one.interval[0] / deviation, one.interval[1] / deviation] }
      : null;
  const values: Readonly<Record<keyof Limits, readonly [check: string, found: Estimated | null]>> = {
    populationStability: ['population_stability_check', comparison.populationStability],
    jensenShannon: ['jensen_shannon_check', comparison.jensenShannon],
    wasserstein: ['wasserstein_check', scaled(comparison.wasserstein)],
  };
  return (Object.keys(values) as (keyof Limits)[]).flatMap((limit): Check[] => {
    const [check, found] = values[limit];
    const threshold = context.options.limits[limit];
    if (threshold === null || found === null) return [];
    const few = tooFew(context);
    const isFar = found.value > threshold;
    const verdict = few !== null ? 'inconclusive' : isFar ? 'fail' : 'pass';
    const reason = few ?? `${short(found.value)} is ${isFar ? 'above' : 'within'} ${threshold}`;
    return [{ subject, check, verdict, value: found.value, interval: found.interval, threshold, reason }];
  });
}

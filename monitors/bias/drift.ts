import type { DriftRule } from './options';

/** Both of Clarify's rules about one metric, and which decided. */
export interface DriftFinding {
  /** The allowed range and the interval of the live value do not meet; null where there is no interval. */
  readonly byInterval: boolean | null;
  /** The live value is farther from neutral than the baseline's. */
  readonly byPoint: boolean;
  readonly decidedBy: DriftRule;
  readonly isDrift: boolean;
  /** Values as near to neutral as the baseline's, ends included. */
  readonly allowed: readonly [number, number];
}

/**
 * Clarify's guide states two rules of drift, which disagree on real data: (1) the allowed range and the Normal-Bootstrap interval are disjoint; (2)
 * the value is farther from neutral than the baseline's. Around 1, where a ratio is neutral, farther is taken by its logarithm: half is as far as double.
 * Where the interval rule is asked for but no interval is known, the point rule decides.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-bias-drift.html
 */
export function biasDrift(p: {
  readonly baseline: number;
  readonly live: number;
  readonly interval: readonly [number, number] | null;
  readonly neutral: 0 | 1;
  readonly rule: DriftRule;
}): DriftFinding {
  const { baseline, live, interval, neutral, rule } = p;
  const allowed = allowedRange(baseline, neutral);
  const byPoint = live < allowed[0] || live > allowed[1];
  const byInterval = interval === null ? null : interval[1] < allowed[0] || interval[0] > allowed[1];
  const decidedBy = rule === 'interval' && byInterval !== null ? 'interval' : 'point';
  return { byInterval, byPoint, decidedBy, allowed, isDrift: decidedBy === 'interval' ? byInterval === true : byPoint };
}

/** Values as near to neutral as this one. A ratio of 0 is infinitely far, as its inverse is. */
export function allowedRange(baseline: number, neutral: 0 | 1): readonly [number, number] {
  if (neutral === 0) return [-Math.abs(baseline) + 0, Math.abs(baseline)];
  const inverse = baseline === 0 ? Infinity : 1 / baseline;
  return [Math.min(baseline, inverse), Math.max(baseline, inverse)];
}

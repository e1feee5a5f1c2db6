import { formatCount, formatInterval, formatNumber } from '../../guards/wording';
import type { Check } from '../types';
import type { Constraint } from './constraints';
import type { Quality } from './measure';
import { around, normalUpper } from './numbers';
import type { Measured } from './numbers';
import type { KnownQuality } from './known';

/** How sure a check must be. */
export interface Sureness {
  /** Probability of a false alarm of one check. */
  readonly alpha: number;
  readonly level: number;
  readonly leastRows: number;
  readonly rule: 'interval' | 'point';
}

/** One metric as a check sees it. */
interface Subject {
  readonly constraint: Constraint;
  readonly live: Measured;
  readonly rows: number;
  /** `labelled rows`, `predictions`. */
  readonly of: string;
}

/** One metric against its constraint. The baseline's own error counts while the threshold is what the baseline measured. */
export function judgeMetric(
  { constraint, live, rows, of }: Subject,
  known: KnownQuality | null,
  sure: Sureness
): Pick<Check, 'verdict' | 'value' | 'interval' | 'threshold' | 'reason'> & { readonly pointRule: 'fail' | 'pass' } {
  const { metric, threshold, operator } = constraint;
  const measured = known?.metrics[metric];
  const own = measured?.value === threshold && Number.isFinite(measured.error) ? measured.error : 0;
  const worse = operator === 'LessThanThreshold' ? threshold - live.value : live.value - threshold;
  const error = Math.hypot(Number.isFinite(live.error) ? live.error : 0, own);
  const needed = normalUpper(sure.alpha);
  const pointRule = worse > 0 ? 'fail' : 'pass';
  const interval = around(live, normalUpper((1 - sure.level) / 2), boundsOf(metric));
  const said = `${metric} is ${formatNumber(live.value)}${inWords(interval)} over ${formatCount(rows)} ${of}; threshold ${formatNumber(threshold)}`;
  const base = {
    value: Number.isFinite(live.value) ? live.value : null,
    interval,
    threshold,
    pointRule,
  } as const;
  if (rows < sure.leastRows)
    return {
      ...base,
      verdict: 'inconclusive',
      reason: `${said}: ${formatCount(sure.leastRows - rows)} more ${of} are needed`,
    };
  if (!Number.isFinite(live.value))
    return {
      ...base,
      verdict: 'inconclusive',
      reason: `${metric} cannot be computed of ${formatCount(rows)} ${of}: a class has none`,
    };
  if (sure.rule === 'point')
    return {
      ...base,
      verdict: pointRule,
      reason: `${said}, ${pointRule === 'fail' ? 'which it does not meet' : 'which it meets'}`,
    };
  const away = error > 0 ? worse / error : worse > 0 ? Infinity : 0;
  const fails = worse > 0 && away >= needed;
  return {
    ...base,
    verdict: fails ? 'fail' : 'pass',
    reason: `${said}: ${
      worse <= 0
        ? 'met'
        : `beyond it by ${formatNumber(worse)}, ${Number.isFinite(away) ? `${formatNumber(away)} standard errors` : 'without any scatter'}, ${fails ? 'at least' : 'less than'} the ${formatNumber(needed)} that chance does not explain`
    }`,
  };
}

/** Every constraint against what the labels show. */
export function judgeLabelled(
  quality: Quality,
  constraints: readonly Constraint[],
  how: { readonly known: KnownQuality | null; readonly sure: Sureness }
): readonly Check[] {
  return constraints.map((constraint) => {
    const live = quality.metrics[constraint.metric] ?? { value: NaN, error: NaN };
    const subject = { constraint, live, rows: quality.rows, of: 'labelled rows' };
    const { pointRule, ...judged } = judgeMetric(subject, how.known, how.sure);
    return { subject: constraint.metric, check: constraint.operator, ...judged, extras: { pointRule } };
  });
}

/** What is expected of predictions, labelled or not. */
export function judgeEstimated(
  estimated: Readonly<Record<string, Measured>>,
  constraints: readonly Constraint[],
  how: { readonly known: KnownQuality; readonly sure: Sureness; readonly rows: number }
): readonly Check[] {
  return constraints.flatMap((constraint) => {
    const live = estimated[constraint.metric];
    if (live === undefined) return [];
    const subject = { constraint, live, rows: how.rows, of: 'predictions' };
    // An estimate is a difference of means even where SageMaker's rule is asked for: it has no rule for estimates.
    const { pointRule, ...judged } = judgeMetric(subject, how.known, { ...how.sure, rule: 'interval' });
    const reason = `estimated without labels: ${judged.reason}`;
    const check = 'estimated_performance_check';
    return [{ subject: constraint.metric, check, ...judged, reason, extras: { pointRule } }];
  });
}

/** Whether what was estimated came true, of the predictions whose labels are known by now. */
export function judgeEstimate(p: {
  readonly metric: string;
  readonly estimated: Measured;
  readonly realised: Measured;
  readonly baseline: Measured | undefined;
  readonly rows: number;
  readonly sure: Sureness;
  /** What it means that they differ. */
  readonly because: string;
}): Check {
  const { metric, estimated, realised, rows, sure } = p;
  const difference = realised.value - estimated.value;
  const own = p.baseline !== undefined && Number.isFinite(p.baseline.error) ? p.baseline.error : 0;
  const error = Math.hypot(Number.isFinite(estimated.error) ? estimated.error : 0, own);
  const reach = normalUpper(sure.alpha / 2) * error;
  const z = normalUpper((1 - sure.level) / 2);
  const said = `${metric} turned out as ${formatNumber(realised.value)} where ${formatNumber(estimated.value)} was estimated for the same ${formatCount(rows)} rows`;
  const enough = rows >= sure.leastRows && Number.isFinite(difference) && error > 0;
  const fails = enough && Math.abs(difference) > reach;
  return {
    subject: metric,
    check: 'estimate_truth_check',
    verdict: !enough ? 'inconclusive' : fails ? 'fail' : 'pass',
    value: Number.isFinite(difference) ? difference : null,
    interval: enough ? [difference - z * error, difference + z * error] : null,
    threshold: enough ? reach : null,
    reason: !enough
      ? `${said}: ${formatCount(Math.max(0, sure.leastRows - rows))} more labelled rows are needed`
      : fails
        ? `${said}: more than ${formatNumber(reach)} apart, so ${p.because}`
        : `${said}: within ${formatNumber(reach)}`,
  };
}

const boundsOf = (metric: string): { readonly low: number; readonly high: number } =>
  metric === 'r2'
    ? { low: -Infinity, high: 1 }
    : { low: 0, high: ['mae', 'mse', 'rmse'].includes(metric) ? Infinity : 1 };

function inWords(interval: readonly [number, number] | null): string {
  const text = interval === null ? null : formatInterval(interval);
  return text === null ? '' : ` (${text})`;
}

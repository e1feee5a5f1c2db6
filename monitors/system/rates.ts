import { formatCount, formatInterval, formatNumber, formatRate } from '../../guards/wording';
import { chernoffRange } from '../budget';
import { normalUpper, wilson } from '../model-quality/numbers';
import type { Check } from '../types';
import { USUAL } from './baseline';
import { binomialTail } from './tails';
import type { MinuteMetrics, SystemBaseline, SystemLimits, UsualMetric, VariantEvidence } from './types';

/** Checks of one variant against the baseline or a limit of a share: so many share a window's false-alarm probability. */
export const STATISTICAL_CHECKS = 8;

const LEVEL_Z = normalUpper(0.025);

interface Rate {
  readonly name: string;
  readonly hits: number;
  readonly limitPct: number | null;
  readonly baseline: number;
}

/** Errors and cold starts, as shares of requests. Approximate against a baseline: requests of one incident are not independent. */
export function judgeRates(
  { variant, minutes }: VariantEvidence,
  how: { readonly baseline: SystemBaseline | null; readonly limits: SystemLimits; readonly alpha: number }
): readonly Check[] {
  const { baseline, limits } = how;
  const total = (of: (minute: MinuteMetrics) => number): number => minutes.reduce((sum, one) => sum + of(one), 0);
  const n = total(({ invocations }) => invocations);
  const rates: readonly Rate[] = [
    {
      name: 'errors_5xx',
      hits: total((m) => m.errors5xx),
      limitPct: limits.errorsPct,
      baseline: baseline?.errors5xx ?? 0,
    },
    { name: 'errors_4xx', hits: total((m) => m.errors4xx), limitPct: null, baseline: baseline?.errors4xx ?? 0 },
    {
      name: 'cold_start',
      hits: total((m) => m.coldStarts),
      limitPct: limits.coldStartPct,
      baseline: baseline?.coldStarts ?? 0,
    },
  ];
  return rates.map((rate) => judgeRate(variant, n, { ...how, rate }));
}

function judgeRate(
  variant: string,
  n: number,
  p: {
    readonly rate: Rate;
    readonly baseline: SystemBaseline | null;
    readonly limits: SystemLimits;
    readonly alpha: number;
  }
): Check {
  const { name, limitPct } = p.rate;
  // A set-up can be counted in the minute before its request.
  const hits = Math.min(n, Math.round(p.rate.hits));
  const known = p.baseline !== null && p.baseline.requests >= p.limits.leastRequests ? p.baseline : null;
  // Half of alpha for the baseline, half for the window.
  const usual =
    known === null ? null : chernoffRange(Math.min(p.rate.baseline, known.requests), known.requests, p.alpha)[1];
  const limit = limitPct === null ? null : limitPct / 100;
  const interval = wilson(hits, n, LEVEL_Z);
  const said = `${variant}: ${formatRate(n > 0 ? hits / n : 0)} of ${formatCount(n)} requests (${interval === null ? 'none' : formatInterval(interval)})`;
  const base = { subject: variant, check: `${name}_check`, value: n > 0 ? hits / n : null, interval };
  const few = n < p.limits.leastRequests;
  const beyondLimit = limit !== null && hits / Math.max(1, n) > limit && binomialTail(hits, n, limit) <= p.alpha;
  const beyondUsual = usual !== null && usual < 1 && binomialTail(hits, n, usual) <= p.alpha / 2;
  if (few && !beyondLimit && !beyondUsual)
    return {
      ...base,
      verdict: 'inconclusive',
      threshold: limit ?? usual,
      reason: `${said}; ${formatCount(p.limits.leastRequests - n)} more requests are needed`,
    };
  if (beyondLimit)
    return { ...base, verdict: 'fail', threshold: limit, reason: `${said}; the limit is ${formatRate(limit)}` };
  if (usual === null && limit === null)
    return {
      ...base,
      verdict: 'inconclusive',
      threshold: null,
      reason: `${said}; there is neither a limit nor a baseline`,
    };
  const against = usual === null ? `the limit is ${formatRate(limit ?? 0)}` : `at most ${formatRate(usual)} is usual`;
  return { ...base, verdict: beyondUsual ? 'fail' : 'pass', threshold: usual ?? limit, reason: `${said}; ${against}` };
}

/** Minutes that are above what 99 % of the baseline's minutes stay below: more of them than chance explains? */
export function judgeUsual(
  { variant, minutes }: VariantEvidence,
  how: { readonly baseline: SystemBaseline | null; readonly limits: SystemLimits; readonly alpha: number }
): readonly Check[] {
  const metrics = Object.entries(USUAL) as [UsualMetric, (minute: MinuteMetrics) => number | null][];
  return metrics.flatMap(([metric, read]): readonly Check[] => {
    const values = minutes.map(read).filter((value) => value !== null);
    const limit = metric === 'p99Ms' ? how.limits.p99Ms : null;
    const usual = how.baseline?.usual[metric] ?? null;
    if (usual === null && limit === null) return [];
    const middle = median(values);
    const base = {
      subject: variant,
      check: `${usualName(metric)}_check`,
      value: middle,
      interval: null,
    };
    const said = `${variant}: ${metric} is ${middle === null ? 'unknown' : formatNumber(middle)} in the middle of ${formatCount(values.length)} minutes`;
    if (values.length === 0 || middle === null)
      return [
        {
          ...base,
          verdict: 'inconclusive',
          threshold: limit ?? usual?.q99 ?? null,
          reason: `${said}: no data`,
        },
      ];
    if (limit !== null && middle > limit)
      return [{ ...base, verdict: 'fail', threshold: limit, reason: `${said}; the limit is ${formatNumber(limit)}` }];
    if (usual === null)
      return [
        {
          ...base,
          verdict: 'pass',
          threshold: limit,
          reason: `${said}; the limit is ${formatNumber(limit ?? 0)}`,
        },
      ];
    const above = values.filter((value) => value > usual.q99).length;
    // A quantile of so many minutes is itself off by about its own square root.
    const share = 0.01 + 3 * Math.sqrt((0.01 * 0.99) / usual.minutes);
    const fails = binomialTail(above, values.length, share) <= how.alpha;
    return [
      {
        ...base,
        verdict: fails ? 'fail' : 'pass',
        threshold: usual.q99,
        reason: `${said}; ${formatCount(above)} of them are above ${formatNumber(usual.q99)}, which one minute in a hundred was in the baseline`,
      },
    ];
  });
}

/** `overheadP99Ms` → `overhead_p99` */
export function usualName(metric: string): string {
  return metric
    .replace(/(Ms|Pct)$/, '')
    .replace(/([A-Z])/g, '_$1')
    .toLowerCase();
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

import type { MinuteMetrics, SystemBaseline, SystemEvidence, UsualMetric } from './types';

export const USUAL: Readonly<Record<UsualMetric, (minute: MinuteMetrics) => number | null>> = {
  p50Ms: ({ latencyMs }) => latencyMs?.p50 ?? null,
  p99Ms: ({ latencyMs }) => latencyMs?.p99 ?? null,
  overheadP99Ms: ({ overheadP99Ms }) => overheadP99Ms,
  cpuPct: ({ cpuPct }) => cpuPct,
  memoryPct: ({ memoryPct }) => memoryPct,
};

/** What is usual, by the minutes of a history: of all variants together, because shares move. */
export function systemBaseline({ endpoint, window, variants }: SystemEvidence): SystemBaseline {
  const minutes = variants.flatMap((variant) => variant.minutes);
  const sum = (of: (minute: MinuteMetrics) => number): number => minutes.reduce((total, one) => total + of(one), 0);
  return {
    schema: 1,
    endpoint,
    window,
    requests: sum(({ invocations }) => invocations),
    errors4xx: sum(({ errors4xx }) => errors4xx),
    errors5xx: sum(({ errors5xx }) => errors5xx),
    coldStarts: sum(({ coldStarts }) => coldStarts),
    usual: {
      p50Ms: usualOf(minutes, USUAL.p50Ms),
      p99Ms: usualOf(minutes, USUAL.p99Ms),
      overheadP99Ms: usualOf(minutes, USUAL.overheadP99Ms),
      cpuPct: usualOf(minutes, USUAL.cpuPct),
      memoryPct: usualOf(minutes, USUAL.memoryPct),
    },
  };
}

/** Minutes before a quantile of 1 % means anything. */
const LEAST_MINUTES = 100;

function usualOf(
  minutes: readonly MinuteMetrics[],
  read: (minute: MinuteMetrics) => number | null
): { readonly q99: number; readonly minutes: number } | null {
  const values = minutes.map(read).filter((value) => value !== null);
  if (values.length < LEAST_MINUTES) return null;
  const sorted = values.sort((a, b) => a - b);
  return { q99: sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0, minutes: sorted.length };
}

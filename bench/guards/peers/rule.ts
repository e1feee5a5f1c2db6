import type { Trace } from '../trace';

/**
 * A rule that may roll back after any tick. `stop` is the first tick (from 0) at which it does; the number of ticks when it
 * never does.
 */
export interface Rule {
  readonly name: string;
  readonly stop: (trace: Trace) => number;
}

/** A rule that compares a running statistic with one threshold; NaN and −Infinity never exceed it. */
export interface RunningStatistic {
  readonly name: string;
  readonly path: (trace: Trace) => Float64Array;
}

/** First tick at which the path exceeds the threshold. */
export function firstOver(path: Float64Array, threshold: number): number {
  for (let t = 0; t < path.length; t++) if ((path[t] ?? NaN) > threshold) return t;
  return path.length;
}

/** Running totals over a window; `visit` answers whether to stop after this tick. */
export function stopOnTotals(trace: Trace, visit: (sums: Totals, tick: number) => boolean): number {
  const { candidate, incumbent } = trace;
  const sums = { n1: 0, bad1: 0, n0: 0, bad0: 0 };
  for (let t = 0; t < candidate.n.length; t++) {
    sums.n1 += candidate.n[t] ?? 0;
    sums.bad1 += candidate.bad[t] ?? 0;
    sums.n0 += incumbent.n[t] ?? 0;
    sums.bad0 += incumbent.bad[t] ?? 0;
    if (visit(sums, t)) return t;
  }
  return candidate.n.length;
}

/** Trials and bad events so far: 1 is the candidate, 0 the incumbent. */
export interface Totals {
  readonly n1: number;
  readonly bad1: number;
  readonly n0: number;
  readonly bad0: number;
}

/** Difference of the rates and its pooled variance; variance 0 when an arm is empty. */
export function pooledDifference({ n1, bad1, n0, bad0 }: Totals): {
  readonly difference: number;
  readonly variance: number;
} {
  if (n1 === 0 || n0 === 0) return { difference: 0, variance: 0 };
  const p = (bad1 + bad0) / (n1 + n0);
  return { difference: bad1 / n1 - bad0 / n0, variance: p * (1 - p) * (1 / n1 + 1 / n0) };
}

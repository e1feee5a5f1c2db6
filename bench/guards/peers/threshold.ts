import type { Trace } from '../trace';
import type { RunningStatistic } from './rule';

/** The candidate's bad rate in windows of `every` ticks; a window without requests counts as not breaching. */
export function windowRates(trace: Trace, every: number): Float64Array {
  const { n, bad } = trace.candidate;
  const rates = new Float64Array(Math.floor(n.length / every));
  for (let w = 0; w < rates.length; w++) {
    let [trials, events] = [0, 0];
    for (let t = w * every; t < (w + 1) * every; t++) {
      trials += n[t] ?? 0;
      events += bad[t] ?? 0;
    }
    rates[w] = trials > 0 ? events / trials : 0;
  }
  return rates;
}

/** CloudWatch alarm, M of N: the M-th largest of the last N windows; 0 until M windows are there. */
export function mOfN(rates: Float64Array, m: number, n: number): Float64Array {
  return rates.map((_, w) => {
    const last = rates.slice(Math.max(0, w - n + 1), w + 1).sort();
    return last.length >= m ? (last[last.length - m] ?? 0) : 0;
  });
}

/**
 * The k-th largest window so far: Argo fails when failures exceed the failure limit k − 1, Flagger when failed checks reach
 * its threshold k; neither count is reset by a success.
 */
export function kthLargest(rates: Float64Array, k: number): Float64Array {
  const top = new Float64Array(k);
  return rates.map((rate) => {
    if (rate > (top[0] ?? 0)) {
      top[0] = rate;
      top.sort();
    }
    return top[0] ?? 0;
  });
}

/** A window's verdict is known at its last tick, and stands until the next window's. */
export function spread(path: Float64Array, every: number, ticks: number): Float64Array {
  const out = new Float64Array(ticks);
  for (let t = every - 1; t < ticks; t++) out[t] = path[Math.min(path.length, Math.floor((t + 1) / every)) - 1] ?? 0;
  return out;
}

const minutes = (trace: Trace, every: number, statistic: (rates: Float64Array) => Float64Array): Float64Array =>
  spread(statistic(windowRates(trace, every)), every, trace.candidate.n.length);

/** Today's threshold rules at one-minute ticks. Each compares its statistic with an error-rate threshold. */
export const thresholdRules: readonly RunningStatistic[] = [
  { name: 'CloudWatch 1 of 1 × 60 s', path: (trace) => windowRates(trace, 1) },
  { name: 'CloudWatch 3 of 3 × 60 s', path: (trace) => mOfN(windowRates(trace, 1), 3, 3) },
  { name: 'CloudWatch 3 of 5 × 60 s', path: (trace) => mOfN(windowRates(trace, 1), 3, 5) },
  { name: 'CloudWatch 2 of 2 × 600 s', path: (trace) => minutes(trace, 10, (rates) => mOfN(rates, 2, 2)) },
  { name: 'Argo 5 min, failureLimit 3', path: (trace) => minutes(trace, 5, (rates) => kthLargest(rates, 4)) },
  { name: 'Argo 5 min, failureLimit 0', path: (trace) => minutes(trace, 5, (rates) => kthLargest(rates, 1)) },
  { name: 'Flagger 1 min, threshold 5', path: (trace) => kthLargest(windowRates(trace, 1), 5) },
];

/** Thresholds of the tools' own documentation (docs/statistics.md names the pages). */
export const documentedThresholds: Readonly<Record<string, number>> = {
  'CloudWatch 2 of 2 × 600 s': 0.05,
  'Argo 5 min, failureLimit 3': 0.05,
  'Flagger 1 min, threshold 5': 0.01,
};

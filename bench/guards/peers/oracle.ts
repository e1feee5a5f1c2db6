import { at } from '../trace';
import type { Trace, Traffic } from '../trace';

/** New highs of the log likelihood ratio on one run: all that any threshold needs to know. */
export interface OracleRun {
  readonly highs: readonly { readonly tick: number; readonly logRatio: number; readonly exposed: number }[];
  readonly exposedInAll: number;
}

/** Follows Wald's likelihood ratio with both rates known at every tick. */
export function followOracle(traffic: Traffic, trace: Trace): OracleRun {
  const highs: { tick: number; logRatio: number; exposed: number }[] = [];
  let [logRatio, high, served] = [0, -Infinity, 0];
  for (let t = 0; t < traffic.ticks; t++) {
    const [n, bad] = [trace.candidate.n[t] ?? 0, trace.candidate.bad[t] ?? 0];
    const [p1, p0] = [at(traffic.candidateRate, t), at(traffic.incumbentRate, t)];
    if (p1 !== p0) logRatio += bad * Math.log(p1 / p0) + (n - bad) * Math.log((1 - p1) / (1 - p0));
    served += n;
    if (logRatio > high) {
      high = logRatio;
      highs.push({ tick: t, logRatio, exposed: served });
    }
  }
  return { highs, exposedInAll: served };
}

/** What the sequential test that knows both rates achieves: the limit for every other rule. */
export interface Limit {
  readonly logThreshold: number;
  readonly detected: number;
  readonly exposed: number;
}

/**
 * Solves the threshold for exactly `alpha`: P₀(cross within the window) = E₁[e^(−log ratio at the crossing)], the mean
 * taken over runs under the alternative (importance sampling), on which detection and exposure are read off too.
 */
export function oracleLimit(runs: readonly OracleRun[], alpha: number): Limit {
  const falseRate = (threshold: number) => {
    let sum = 0;
    for (const run of runs) {
      const crossing = run.highs.find((high) => high.logRatio >= threshold);
      if (crossing !== undefined) sum += Math.exp(-crossing.logRatio);
    }
    return sum / runs.length;
  };
  let [low, high] = [-3, -Math.log(alpha)];
  for (let i = 0; i < 30; i++) {
    const middle = 0.5 * (low + high);
    if (falseRate(middle) > alpha) low = middle;
    else high = middle;
  }
  const crossings = runs.map((run) => run.highs.find((record) => record.logRatio >= high));
  return {
    logThreshold: high,
    detected: crossings.filter((crossing) => crossing !== undefined).length / runs.length,
    exposed:
      crossings.reduce((sum, crossing, i) => sum + (crossing?.exposed ?? runs[i]?.exposedInAll ?? 0), 0) / runs.length,
  };
}

import { countLatency, isSlower, startLatency } from '../../../guards/latency/count';
import { planLatency } from '../../../guards/latency/plan';
import type { LatencyArm, LatencyPlan } from '../../../guards/latency/types';
import { measureDispersion } from '../../../guards/noise/dispersion';
import type { Dispersion } from '../../../guards/noise/dispersion';
import { normalCdf, normalQuantile } from '../numbers/normal';
import { poisson, poissonOnce } from '../numbers/poisson';
import { normal } from '../numbers/random';
import type { Uniform } from '../numbers/random';
import { firstOver } from '../peers/rule';
import { mOfN } from '../peers/threshold';
import { usual } from './section';

/** Log-normal latencies of median 100 ms. `slow` of the candidate's requests take `times` as long. */
export interface LatencyCell {
  readonly requestsPerTick: number;
  readonly slow: number;
  readonly times: number;
  /** Deviation of each arm's own log scale, drawn anew every minute; 0 for none. */
  readonly wobble: number;
  /** Thresholds of the alarms by name; null while they are calibrated, when no guard is played. */
  readonly alarms: Readonly<Record<string, number>> | null;
}

export interface LatencyRun {
  /** Overdispersion of exceedances of the median and of p99, whichever is larger, in an A/A phase of three hours. */
  readonly phi: number;
  /** Rule, tick of its rollback (180: none), and candidate requests served until then. */
  readonly stops: Readonly<Record<string, { readonly stop: number; readonly exposed: number }>>;
  /** Largest value of each alarm's statistic. */
  readonly maxima: Readonly<Record<string, number>>;
}

const SIGMA = 0.6;
const MEDIAN_MS = 100;
const quantiles: readonly number[] = [0.5, 0.9, 0.99];
const incumbentMs = quantiles.map((q) => MEDIAN_MS * Math.exp(SIGMA * normalQuantile(q)));

const planOf = (measured: Dispersion | null, wanted: 'exact' | 'fleetNoise'): LatencyPlan =>
  planLatency({
    name: 'latency',
    required: true,
    quantiles,
    incumbentMs,
    promoteRatio: 1.2,
    rollbackAlpha: usual.alpha,
    promoteAlpha: 0.05,
    horizonTicks: usual.ticks,
    measured,
    wanted,
  });

const cutoffs = planOf(null, 'exact').cutoffsMs;

/** Plays one A/A phase and one window. */
export function playLatency(cell: LatencyCell, uniform: Uniform): LatencyRun {
  const ticks = Array.from({ length: usual.ticks }, () => drawTick(cell, uniform));
  const column = (value: (tick: Tick) => number) => Float64Array.from(ticks, value);
  const alarms = {
    'CloudWatch p99, 1 of 1': column(({ p99 }) => p99),
    'CloudWatch p99, 3 of 3': mOfN(
      column(({ p99 }) => p99),
      3,
      3
    ),
    'CloudWatch mean, 3 of 3': mOfN(
      column(({ mean }) => mean),
      3,
      3
    ),
  };
  const maxima = Object.fromEntries(
    Object.entries(alarms).map(([name, path]) => [name, path.reduce((a, b) => Math.max(a, b))])
  );
  if (cell.alarms === null) return { phi: NaN, stops: {}, maxima };
  const thresholds = cell.alarms;
  const measured = aaDispersion(cell, uniform);
  const guards = {
    'Sluice, exact mode': planOf(null, 'exact'),
    'Sluice, default (φ assumed)': planOf(null, 'fleetNoise'),
    'Sluice, φ from the A/A phase': planOf(measured, 'fleetNoise'),
  };
  const exposed = (stop: number) => ticks.slice(0, stop + 1).reduce((sum, { candidate }) => sum + candidate.n, 0);
  const outcome = (stop: number) => ({ stop, exposed: exposed(stop) });
  return {
    phi: measured.phi,
    stops: {
      ...Object.fromEntries(
        Object.entries(alarms).flatMap(([name, path]) => {
          const threshold = thresholds[name];
          return threshold === undefined ? [] : [[name, outcome(firstOver(path, threshold))]];
        })
      ),
      ...Object.fromEntries(Object.entries(guards).map(([name, plan]) => [name, outcome(stopOf(plan, ticks))])),
    },
    maxima,
  };
}

function stopOf(plan: LatencyPlan, ticks: readonly Tick[]): number {
  let state = startLatency(plan);
  for (const [t, { candidate, incumbent }] of ticks.entries()) {
    state = countLatency(plan, state, { kind: 'latency', key: String(t).padStart(6, '0'), candidate, incumbent });
    if (isSlower(plan, state)) return t;
  }
  return ticks.length;
}

interface Tick {
  readonly candidate: LatencyArm;
  readonly incumbent: LatencyArm;
  readonly p99: number;
  readonly mean: number;
}

/** Candidate's requests one by one, for the alarms' statistics; the incumbent's as counts between cut-offs. */
function drawTick(cell: LatencyCell, uniform: Uniform): Tick {
  const scale = MEDIAN_MS * Math.exp(cell.wobble * normal(uniform));
  const slow = Math.log(cell.times);
  const n = poisson(uniform, cell.requestsPerTick * usual.share);
  const all = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    all[i] = scale * Math.exp(SIGMA * normal(uniform) + (cell.slow > 0 && uniform() < cell.slow ? slow : 0));
  }
  all.sort();
  const above = cutoffs.map((cutoff) => all.reduce((count, ms) => count + (ms > cutoff ? 1 : 0), 0));
  return {
    candidate: { n, above },
    incumbent: drawCounts(cell, 1 - usual.share, uniform),
    p99: all[Math.ceil(0.99 * n) - 1] ?? 0,
    mean: n === 0 ? 0 : all.reduce((a, b) => a + b, 0) / n,
  };
}

function drawCounts(cell: LatencyCell, share: number, uniform: Uniform): LatencyArm {
  const scale = MEDIAN_MS * Math.exp(cell.wobble * normal(uniform));
  const tails = [1, ...cutoffs.map((cutoff) => 1 - normalCdf(Math.log(cutoff / scale) / SIGMA)), 0];
  const cells = tails
    .slice(0, -1)
    .map((tail, i) => poissonOnce(uniform, cell.requestsPerTick * share * (tail - (tails[i + 1] ?? 0))));
  const from = (i: number) => cells.slice(i).reduce((a, b) => a + b, 0);
  return { n: from(0), above: cutoffs.map((_, i) => from(i + 1)) };
}

/** Both slices serve the incumbent's model. */
function aaDispersion(cell: LatencyCell, uniform: Uniform): Dispersion {
  const ticks = Array.from({ length: usual.ticks }, () => [
    drawCounts(cell, usual.share, uniform),
    drawCounts(cell, 1 - usual.share, uniform),
  ]);
  const measured = [0.5, 0.99].map((quantile) => {
    const at = cutoffs.indexOf(incumbentMs[quantiles.indexOf(quantile)] ?? NaN);
    return measureDispersion(
      ticks.map((arms, t) => {
        const [candidate, incumbent] = arms.map(({ n, above }) => ({ n, bad: above[at] ?? 0 }));
        const none = { n: 0, bad: 0 };
        return { key: String(t).padStart(6, '0'), candidate: candidate ?? none, incumbent: incumbent ?? none };
      })
    );
  });
  return measured.reduce((a, b) => (b.phi > a.phi ? b : a));
}

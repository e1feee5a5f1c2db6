import type { ArmCounts, NoiseMode } from '../types';
import { formatNumber } from '../wording';
import { ASSUMED_PHI, ROBUST_FROM_PHI } from './mode';
import { addScatter, noScatter, stratumScore } from './score';
import type { Scatter } from './score';

/** Pairs of ticks below which history says nothing: with fewer, chance alone is too often taken for noise. */
const LEAST_PAIRS = 200;

/**
 * The mode that a variant's own past asks for, where no two slices of it served at once: each tick is held against the next, so that slow
 * drift of its rate cancels and what is left is the wobble from tick to tick. Noise that it shows is judged by scatter; that it shows none
 * proves nothing about noise that lasts longer, which only an A/A phase can see (`measureDispersion`). So it starts the tests as an
 * assumption, not as a measurement. `series`: consecutive ticks, of latency one list a cut-off, of which the noisiest counts.
 */
export function noiseOfHistory(p: {
  readonly subject: 'rate' | 'latency';
  readonly series: readonly (readonly ArmCounts[])[];
  readonly wanted?: 'exact' | 'fleetNoise' | undefined;
}): NoiseMode {
  const { subject, wanted } = p;
  const scatters = p.series.map(scatterOf).filter(({ count }) => count >= LEAST_PAIRS);
  const seen =
    scatters.length === 0 ? null : Math.max(1, ...scatters.map(({ squares, count }) => (squares + 2) / (count + 2)));
  const known =
    seen === null
      ? `overdispersion not measured (fewer than ${2 * LEAST_PAIRS} ticks of the incumbent's past tell of it)`
      : `overdispersion ${formatNumber(seen)} from tick to tick in the incumbent's past`;
  if (seen !== null && seen >= ROBUST_FROM_PHI) {
    const reason = `${known}, from ${ROBUST_FROM_PHI} on arms are compared by their own scatter`;
    return { mode: 'fleetNoise', phi: seen, reason };
  }
  if (wanted === 'exact') return { mode: 'exact', phi: seen, reason: `${known}; exactness asked for in the file` };
  if (subject === 'latency' || wanted === 'fleetNoise') {
    const phi = Math.max(seen ?? 1, ASSUMED_PHI);
    const why = wanted === 'fleetNoise' ? 'asked for in the file' : 'latency wobbles by itself';
    return { mode: 'fleetNoise', phi, reason: `${known}; ${why}, so ${formatNumber(phi)} is assumed` };
  }
  return { mode: 'exact', phi: seen, reason: `${known}, taken as none` };
}

function scatterOf(ticks: readonly ArmCounts[]): Scatter {
  let scatter = noScatter;
  for (let i = 0; i + 1 < ticks.length; i += 2) {
    const [first, second] = [ticks[i], ticks[i + 1]];
    if (first === undefined || second === undefined) continue;
    const family = {
      kind: 'hypergeometric',
      drawn: first.n,
      others: second.n,
      events: first.bad + second.bad,
    } as const;
    scatter = addScatter(scatter, stratumScore({ family, theta: 1, count: first.bad }));
  }
  return scatter;
}

import type { NoiseMode } from '../types';
import { formatNumber } from '../wording';
import { LEAST_TICKS, phiUpperBound } from './dispersion';
import type { Dispersion } from './dispersion';

/** From this φ on a per-request test would break its budget noticeably. */
export const ROBUST_FROM_PHI = 1.15;

/**
 * Chooses the mode of a comparison, once, before the candidate's first request. Rates: fleet noise from φ = 1.15 on; below that
 * exact if the measurement excludes 1.15 at 90 %, else both tests must agree; exact when nothing was measured. Latency: fleet
 * noise unless `measured` shows it quiet and `wanted` asks for exactness.
 */
export function chooseMode(p: {
  readonly subject: 'rate' | 'latency';
  readonly measured: Dispersion | null;
  readonly wanted?: 'exact' | 'fleetNoise' | undefined;
}): NoiseMode {
  const { subject, measured, wanted } = p;
  const enough = measured !== null && measured.ticks.count >= LEAST_TICKS;
  const phi = enough ? measured.phi : null;
  const { ticks, blocks, blockTicks } = measured ?? NOTHING;
  const seen = { phi, ...(enough ? { measured: { ticks, blocks, blockTicks } } : {}) };
  const short = measured !== null && !enough ? ` (only ${ticks.count} ticks of the ${LEAST_TICKS} needed)` : '';
  const known = phi === null ? `overdispersion not measured${short}` : `overdispersion ${formatNumber(phi)} measured`;
  if (phi !== null && phi >= ROBUST_FROM_PHI) {
    const reason = `${known}, from ${ROBUST_FROM_PHI} on arms are compared by their own scatter`;
    return { mode: 'fleetNoise', ...seen, reason };
  }
  if (wanted === 'fleetNoise') return { mode: 'fleetNoise', ...seen, reason: `${known}; asked for in the file` };
  if (wanted === 'exact') return { mode: 'exact', ...seen, reason: `${known}; exactness asked for in the file` };
  if (subject === 'latency') {
    const assumed =
      phi === null ? `, ${ASSUMED_PHI} assumed, as latency wobbles by itself` : '; latency wobbles by itself';
    return { mode: 'fleetNoise', ...seen, reason: `${known}${assumed}` };
  }
  if (phi === null) return { mode: 'exact', ...seen, reason: `${known}, taken as none` };
  const upper = phiUpperBound({ ticks, blocks });
  return upper < ROBUST_FROM_PHI
    ? { mode: 'exact', ...seen, reason: `${known}, shown to be below ${ROBUST_FROM_PHI}` }
    : {
        mode: 'both',
        ...seen,
        reason: `${known}, but up to ${formatNumber(upper)} cannot be excluded, so the exact test and that by scatter must agree`,
      };
}

const NOTHING = { ticks: { squares: 0, count: 0 }, blocks: { squares: 0, count: 0 }, blockTicks: 1 };

/** Overdispersion where nothing was measured and the fleet-noise mode is used. */
export const ASSUMED_PHI = 1.5;

import type { NoiseMode } from '../types';
import { formatNumber } from '../wording';
import type { Dispersion } from './dispersion';

/** From this φ on a per-request test would break its budget noticeably. */
export const ROBUST_FROM_PHI = 1.15;

/** Fewest informative ticks that a measured φ may rest on. */
export const LEAST_TICKS = 30;

/** Assumed for latency when nothing was measured. */
const ASSUMED_LATENCY_PHI = 1.5;

/**
 * Chooses the mode of a comparison, once, before the candidate's first request. Rates: exact below φ = 1.15, else robust;
 * exact when nothing was measured. Latency: robust unless `measured` shows it quiet and `wanted` asks for exactness.
 */
export function chooseMode(p: {
  readonly subject: 'rate' | 'latency';
  readonly measured: Dispersion | null;
  readonly wanted?: 'exact' | 'fleetNoise' | undefined;
}): NoiseMode {
  const { subject, measured, wanted } = p;
  const enough = measured !== null && measured.ticks >= LEAST_TICKS;
  const phi = enough ? measured.phi : null;
  const short = measured !== null && !enough ? ` (only ${measured.ticks} ticks of the ${LEAST_TICKS} needed)` : '';
  const known = phi === null ? `overdispersion not measured${short}` : `overdispersion ${formatNumber(phi)} measured`;
  if (phi !== null && phi >= ROBUST_FROM_PHI) {
    return { mode: 'fleetNoise', phi, reason: `${known}, from ${ROBUST_FROM_PHI} on variances are inflated by it` };
  }
  if (wanted === 'fleetNoise') return { mode: 'fleetNoise', phi, reason: `${known}; asked for in the file` };
  if (wanted === 'exact') return { mode: 'exact', phi, reason: `${known}; exactness asked for in the file` };
  if (subject === 'rate') {
    const below = phi === null ? 'taken as none' : `below ${ROBUST_FROM_PHI}`;
    return { mode: 'exact', phi, reason: `${known}, ${below}` };
  }
  return phi === null
    ? { mode: 'fleetNoise', phi, reason: `${known}, ${ASSUMED_LATENCY_PHI} assumed, as latency wobbles by itself` }
    : { mode: 'fleetNoise', phi, reason: `${known}; latency wobbles by itself` };
}

/** φ that the tests start from. */
export function frozenPhi(noise: NoiseMode, subject: 'rate' | 'latency'): number {
  return Math.max(1, noise.phi ?? (subject === 'latency' ? ASSUMED_LATENCY_PHI : 1));
}

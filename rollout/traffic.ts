import type { RolloutState, Traffic } from './types';

/** Requests that candidates answered since the first tick, all together. */
export function candidateRequests({ spec, traffic }: RolloutState): number {
  return spec.candidates.reduce((sum, { name }) => sum + (traffic.requests[name] ?? 0), 0);
}

/** Requests that the incumbent answered since then. */
export function incumbentRequests({ incumbent, traffic }: RolloutState): number {
  return incumbent === null ? 0 : (traffic.requests[incumbent.variant] ?? 0);
}

/** The part of the last look's requests that went to these variants, in percent; null before the first look that saw any. */
export function actualSharePct(traffic: Traffic, variants: readonly string[]): number | null {
  if (traffic.lastLook === null) return null;
  const total = Object.values(traffic.lastLook).reduce((sum, n) => sum + n, 0);
  const own = variants.reduce((sum, name) => sum + (traffic.lastLook?.[name] ?? 0), 0);
  return total > 0 ? (100 * own) / total : null;
}

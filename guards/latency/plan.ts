import { chooseMode } from '../noise/mode';
import type { Dispersion } from '../noise/dispersion';
import type { LatencyPlan } from './types';

/**
 * Fixes a latency guard. `incumbentMs` are the incumbent's own quantiles before the rollout, in the order of `quantiles`
 * (0–1). Throws `RangeError` when they are not positive numbers that rise with the quantile, or the margin is not above 1.
 */
export function planLatency(p: {
  readonly name: string;
  readonly required: boolean;
  readonly quantiles: readonly number[];
  readonly incumbentMs: readonly number[];
  readonly promoteRatio: number;
  readonly rollbackAlpha: number;
  readonly promoteAlpha: number;
  readonly horizonTicks: number;
  readonly measured: Dispersion | null;
  readonly wanted?: 'exact' | 'fleetNoise' | undefined;
}): LatencyPlan {
  const { quantiles, incumbentMs, promoteRatio } = p;
  const pairs = quantiles
    .map((quantile, i) => ({ quantile, ms: incumbentMs[i] ?? NaN }))
    .sort((a, b) => a.quantile - b.quantile);
  for (const [i, { quantile, ms }] of pairs.entries()) {
    if (!(quantile > 0 && quantile < 1)) throw new RangeError(`${p.name}: ${quantile} is no quantile`);
    if (!(ms > 0 && Number.isFinite(ms) && ms >= (pairs[i - 1]?.ms ?? 0))) {
      throw new RangeError(`${p.name}: the incumbent's quantiles do not rise: ${incumbentMs.join(', ')} ms`);
    }
  }
  if (!(promoteRatio > 1)) throw new RangeError(`${p.name}: a margin of ${promoteRatio} is not above 1`);
  const noise = chooseMode({ subject: 'latency', measured: p.measured, wanted: p.wanted });
  const cutoffsMs = cutoffsOf(
    pairs.map(({ ms }) => ms),
    promoteRatio
  );
  return {
    name: p.name,
    kind: 'latency',
    class: noise.mode === 'exact' ? 'guaranteed' : 'approximate',
    required: p.required,
    cutoffsMs,
    quantiles: pairs.map(({ quantile, ms }) => ({
      quantile,
      cutoff: cutoffsMs.indexOf(ms),
      margin: cutoffsMs.indexOf(ms * promoteRatio),
    })),
    promoteRatio,
    rollbackAlpha: p.rollbackAlpha,
    promoteAlpha: p.promoteAlpha,
    horizonTicks: p.horizonTicks,
    noise,
  };
}

/** The cut-offs that evidence must be counted at: each of the incumbent's quantiles, and its multiple by the margin; ascending. */
export function cutoffsOf(incumbentMs: readonly number[], promoteRatio: number): readonly number[] {
  return [...new Set(incumbentMs.flatMap((ms) => [ms, ms * promoteRatio]))].sort((a, b) => a - b);
}

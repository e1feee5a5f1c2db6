import { seededUniform } from '../../guards/random';

/**
 * Normalised discounted cumulative gain of the live ranking: features are ranked by their live score, and each earns its *baseline* score, discounted
 * by the logarithm of its rank. 1: in the same order. Features of equal live score share their places evenly.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
 * @param baseline scores of 0 or more, in the same order as `live`.
 */
export function ndcgOf(baseline: readonly number[], live: readonly number[]): number {
  const ideal = [...baseline].sort((a, b) => b - a).reduce((sum, score, i) => sum + score * discount(i), 0);
  if (!(ideal > 0)) return 1;
  const ranked = live.map((score, i) => ({ score, gain: baseline[i] ?? 0 })).sort((a, b) => b.score - a.score);
  let sum = 0;
  for (let from = 0; from < ranked.length;) {
    let to = from + 1;
    while (to < ranked.length && ranked[to]?.score === ranked[from]?.score) to += 1;
    const tied = ranked.slice(from, to);
    const places = tied.reduce((total, _, i) => total + discount(from + i), 0);
    sum += (places * tied.reduce((total, { gain }) => total + gain, 0)) / tied.length;
    from = to;
  }
  return Math.min(1, sum / ideal);
}

const discount = (place: number): number => 1 / Math.log2(place + 2);

/** How a row's attributions become a global score, by Clarify's names. */
export type Aggregate = 'mean_abs' | 'median' | 'mean_sq';

/** Global scores by feature. @param local by row, then by feature. */
export function globalScores(local: readonly (readonly number[])[], aggregate: Aggregate): readonly number[] {
  const features = local[0]?.length ?? 0;
  return Array.from({ length: features }, (_, f) => {
    const values = local.map((row) => row[f] ?? 0);
    switch (aggregate) {
      case 'mean_abs':
        return values.reduce((sum, one) => sum + Math.abs(one), 0) / values.length;
      case 'mean_sq':
        return values.reduce((sum, one) => sum + one ** 2, 0) / values.length;
      case 'median':
        return medianOf(values.map(Math.abs));
    }
  });
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

export interface NdcgPlan {
  readonly aggregate: Aggregate;
  readonly seed: number;
  readonly resamples: number;
  readonly level: number;
}

/** Fewer rows than these say nothing about how they scatter. */
const LEAST_ROWS = 5;

/** NDCG of live local attributions with a percentile bootstrap interval over rows; no interval where there are hardly any. */
export function ndcgDrift(
  baseline: readonly number[],
  local: readonly (readonly number[])[],
  { aggregate, seed, resamples, level }: NdcgPlan
): { readonly value: number; readonly interval: readonly [number, number] | null } {
  const value = ndcgOf(baseline, globalScores(local, aggregate));
  if (local.length < LEAST_ROWS) return { value, interval: null };
  const uniform = seededUniform(seed);
  const drawn = Array.from({ length: resamples }, () => {
    const rows = local.map(() => local[Math.floor(uniform() * local.length)] ?? []);
    return ndcgOf(baseline, globalScores(rows, aggregate));
  }).sort((a, b) => a - b);
  const at = (p: number) => drawn[Math.min(drawn.length - 1, Math.max(0, Math.round(p * (drawn.length - 1))))] ?? value;
  // A bootstrap of a value at its bound may lie wholly on one side of it.
  return { value, interval: [Math.min(value, at((1 - level) / 2)), Math.max(value, at((1 + level) / 2))] };
}

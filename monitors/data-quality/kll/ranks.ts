/** Items of a sketch by level, as `statistics.json` has them: each of level i stands for 2^i values. */
export type SketchData = readonly (readonly number[])[];

export interface WeightedNumber {
  readonly x: number;
  readonly weight: number;
}

/** Distinct items in ascending order with all that they stand for. */
export function weightsOf(data: SketchData): readonly WeightedNumber[] {
  return collect(data, (before, weight) => before + weight);
}

/**
 * Distinct items with the weight that Deequ's rank map gives them: that of the highest level an item is on, counted once. So it
 * loses values that occur more than once (awslabs/deequ#392).
 */
export function deequWeightsOf(data: SketchData): readonly WeightedNumber[] {
  return collect(data, (_before, weight) => weight);
}

function collect(data: SketchData, join: (before: number, weight: number) => number): readonly WeightedNumber[] {
  const weights = new Map<number, number>();
  data.forEach((items, level) => {
    for (const x of items) weights.set(x, join(weights.get(x) ?? 0, 2 ** level));
  });
  return [...weights].map(([x, weight]) => ({ x, weight })).sort((a, b) => a.x - b.x);
}

/** The largest gap between two distribution functions of weighted numbers, and their totals. */
export function largestGap(
  a: readonly WeightedNumber[],
  b: readonly WeightedNumber[]
): { readonly gap: number; readonly n: number; readonly m: number } {
  const total = (of: readonly WeightedNumber[]) => of.reduce((sum, { weight }) => sum + weight, 0);
  const [n, m] = [total(a), total(b)];
  let [i, j, below, belowB, gap] = [0, 0, 0, 0, 0];
  while (i < a.length || j < b.length) {
    const x = Math.min(a[i]?.x ?? Infinity, b[j]?.x ?? Infinity);
    for (let next = a[i]; next && next.x <= x; next = a[++i]) below += next.weight;
    for (let next = b[j]; next && next.x <= x; next = b[++j]) belowB += next.weight;
    gap = Math.max(gap, Math.abs(below / n - belowB / m));
  }
  return { gap, n, m };
}

export interface Bucket {
  readonly lower_bound: number;
  readonly upper_bound: number;
  readonly count: number;
}

const BUCKETS = 10;

/** Ten buckets of equal width from the smallest to the largest value, closed below, the last one on both sides; counts by the sketch's ranks. */
export function bucketsOf(data: SketchData, { min, max }: { readonly min: number; readonly max: number }): Bucket[] {
  const weights = weightsOf(data);
  const below = (x: number, including: boolean): number =>
    weights.reduce((sum, item) => (item.x < x || (including && item.x === x) ? sum + item.weight : sum), 0);
  return Array.from({ length: BUCKETS }, (_, i) => {
    const lower = min + ((max - min) * i) / BUCKETS;
    const upper = min + ((max - min) * (i + 1)) / BUCKETS;
    return {
      lower_bound: lower,
      upper_bound: upper,
      count: below(upper, i === BUCKETS - 1) - below(lower, false),
    };
  });
}

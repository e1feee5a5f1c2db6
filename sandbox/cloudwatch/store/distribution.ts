/**
 * The values of one metric in one stretch of time. `values` ascend and are weighted by `counts`; count, sum and extremes
 * stay exact however coarse the values get. Statistic sets bring no single values: then `counts` add up to less than `count`.
 */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/** Summary of samples whose single values are unknown, as PutMetricData's statistic sets. */
export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** Most significant bits worth keeping: beyond, the relative error of 2⁻¹³ is below any latency's own noise. */
const FINEST_BITS = 12;

/** Builds a distribution from weighted values, no more than `limit` distinct ones. */
export function fromWeights(weights: ReadonlyMap<number, number>, limit: number): Distribution {
  const values = new Float64Array(weights.size);
  const counts = new Float64Array(weights.size);
  let at = 0;
  for (const value of weights.keys()) values[at++] = value;
  values.sort();
  let count = 0;
  let sum = 0;
  for (at = 0; at < values.length; at++) {
    const weight = weights.get(values[at]!) ?? 0;
    counts[at] = weight;
    count += weight;
    sum += values[at]! * weight;
  }
  const [min, max] = [values[0] ?? Infinity, values[values.length - 1] ?? -Infinity];
  return coarsen({ count, sum, min, max, values, counts }, limit);
}

/** Builds a distribution from single samples, which it sorts in place. */
export function fromSamples(samples: Float64Array, limit: number): Distribution {
  samples.sort();
  const values = new Float64Array(samples.length);
  const counts = new Float64Array(samples.length);
  let last = -1;
  let sum = 0;
  for (const sample of samples) {
    if (last < 0 || values[last] !== sample) values[++last] = sample;
    counts[last]! += 1;
    sum += sample;
  }
  const [min, max] = [samples[0] ?? Infinity, samples[samples.length - 1] ?? -Infinity];
  const distinct = { values: values.slice(0, last + 1), counts: counts.slice(0, last + 1) };
  return coarsen({ count: samples.length, sum, min, max, ...distinct }, limit);
}

export function fromSummary(summary: Summary): Distribution {
  return { ...summary, values: new Float64Array(0), counts: new Float64Array(0) };
}

/** Joins distributions of one metric, no more than `limit` distinct values. */
export function merge(parts: readonly Distribution[], limit: number): Distribution {
  const [only] = parts;
  if (only && parts.length === 1) return coarsen(only, limit);
  const weights = new Map<number, number>();
  for (const { values, counts } of parts) {
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      weights.set(value, (weights.get(value) ?? 0) + counts[at]!);
    }
  }
  return { ...fromWeights(weights, limit), ...summarize(parts) };
}

/** Count, sum and extremes alone, without touching the values. */
export function summarize(parts: readonly Summary[]): Summary {
  let [count, sum, min, max] = [0, 0, Infinity, -Infinity];
  for (const part of parts) {
    count += part.count;
    sum += part.sum;
    min = Math.min(min, part.min);
    max = Math.max(max, part.max);
  }
  return { count, sum, min, max };
}

/**
 * Rounds values to ever fewer significant bits until at most `limit` remain. With b bits the relative error is at most
 * 2⁻⁽ᵇ⁺¹⁾; small counts of distinct values, such as 0 and 1, stay exact.
 */
export function coarsen(distribution: Distribution, limit: number): Distribution {
  let current = distribution;
  for (let bits = FINEST_BITS; current.values.length > limit && bits >= 0; bits--)
    current = rounded(distribution, bits);
  return current;
}

function rounded(distribution: Distribution, bits: number): Distribution {
  const { min, max } = distribution;
  const values = new Float64Array(distribution.values.length);
  const counts = new Float64Array(distribution.values.length);
  let last = -1;
  for (let at = 0; at < values.length; at++) {
    const value = Math.min(max, Math.max(min, toBits(distribution.values[at]!, bits)));
    if (last < 0 || values[last] !== value) values[++last] = value;
    counts[last]! += distribution.counts[at]!;
  }
  return { ...distribution, values: values.slice(0, last + 1), counts: counts.slice(0, last + 1) };
}

function toBits(value: number, bits: number): number {
  if (value === 0) return 0;
  const step = 2 ** (Math.floor(Math.log2(Math.abs(value))) - bits);
  return step === 0 ? value : Math.round(value / step) * step;
}

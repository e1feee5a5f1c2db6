/** Bounds a decade: each lies about 5 % above the last, so that a margin of a tenth has one within it. */
const A_DECADE = 48;

/**
 * Upper bounds of the latency buckets in milliseconds, 1 ms to 68 s, SageMaker's limit for an answer being 60 s.
 * Bucket `i` counts latencies above bound `i − 1` and up to bound `i`; one more bucket takes what is above the last bound.
 * Part of the counts format: a change needs a new version of it.
 */
export const latencyBoundsMs: readonly number[] = Array.from({ length: 5 * A_DECADE }, (_, i) =>
  round(10 ** (i / A_DECADE))
).filter((bound) => bound <= 68_000);

export const latencyBucketCount = latencyBoundsMs.length + 1;

/** Index of the bucket that a latency falls into. */
export function latencyBucket(latencyMs: number): number {
  let low = 0;
  let high = latencyBoundsMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (latencyMs <= (latencyBoundsMs[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Without the tail of binary fractions, so that the bounds read as they are meant. */
function round(x: number): number {
  return Number(x.toPrecision(3));
}

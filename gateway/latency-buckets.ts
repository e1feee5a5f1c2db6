/**
 * Upper bounds of the latency buckets in milliseconds: twelve a decade (each 21 % above the last), 1 ms to 68 s, SageMaker's limit for an answer being 60 s.
 * Bucket `i` counts latencies above bound `i − 1` and up to bound `i`; one more bucket takes what is above the last bound.
 * Part of the counts format: a change needs a new version of it.
 */
export const latencyBoundsMs: readonly number[] = [1, 10, 100, 1_000, 10_000]
  .flatMap((decade) => [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2].map((step) => round(step * decade)))
  .filter((bound) => bound <= 68_000);

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

import type { Tick } from './ticks';

/** One variant's calls in one tick, by the class of the answer's status. */
export interface VariantTotals {
  readonly requests: number;
  readonly errors4xx: number;
  readonly errors5xx: number;
  /** Calls by the gateway's latency buckets; absent where another source has them. */
  readonly latencyCounts?: readonly number[];
}

/** Request counts from `fromMs` on. */
export interface CountsReading {
  /** Ticks that end here or earlier are complete. */
  readonly closedMs: number;
  totals(tick: Tick): ReadonlyMap<string, VariantTotals>;
}

import type { Pool } from '../pool';

/** What every section gets. */
export interface Bench {
  readonly pool: Pool;
  /** Runs of the full mode in, runs of this mode out. */
  readonly runs: (full: number) => number;
}

/** A part of the benchmark: its tables as text, and the same as data. */
export interface Section {
  readonly name: string;
  readonly about: string;
  readonly play: (bench: Bench) => Promise<Report>;
}

export interface Report {
  readonly text: string;
  readonly data: unknown;
}

/** Setting of most cells: three hours of one-minute ticks, a canary of 5 %, 1 % errors, α = 1 %. */
export const usual = {
  ticks: 180,
  share: 0.05,
  rate: 0.01,
  alpha: 0.01,
  requestsPerTick: (perSecond: number) => perSecond * 60,
} as const;

/** Random numbers of the benchmark; tuning used others. */
export const seeds = {
  calibration: 1001,
  null: 2001,
  effect: 3001,
  stress: 4001,
  late: 5001,
  rollout: 6001,
  delayed: 7001,
  fleet: 8001,
  latency: 9001,
  cost: 10_001,
} as const;

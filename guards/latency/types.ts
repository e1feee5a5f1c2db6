import type { ScoreSum } from '../noise/score';
import type { ScoreTest } from '../noise/score-test';
import type { EProcessState, NoiseMode, PlanBase } from '../types';

/** One quantile of the incumbent's past latency, and the cut-offs that stand for it (positions in `cutoffsMs`). */
export interface LatencyQuantile {
  /** 0–1. */
  readonly quantile: number;
  /** The incumbent's own quantile: the candidate must not exceed it more often than the incumbent does. */
  readonly cutoff: number;
  /** The quantile times the margin: the candidate must exceed it less often than the incumbent exceeds the quantile. */
  readonly margin: number;
}

/**
 * Latency by counting requests above cut-offs, which were fixed before the candidate's first request: the middle and the tail
 * each have a test, and the average of their e-values decides.
 */
export interface LatencyPlan extends PlanBase {
  readonly kind: 'latency';
  /** Ascending. */
  readonly cutoffsMs: readonly number[];
  readonly quantiles: readonly LatencyQuantile[];
  /** How many times slower the candidate may be and still be promoted. */
  readonly promoteRatio: number;
  readonly rollbackAlpha: number;
  readonly promoteAlpha: number;
  readonly horizonTicks: number;
  readonly noise: NoiseMode;
}

export interface LatencyArm {
  /** Requests. */
  readonly n: number;
  /** Requests slower than each of the plan's `cutoffsMs`. */
  readonly above: readonly number[];
}

export interface LatencyEvidence {
  readonly kind: 'latency';
  readonly key: string;
  readonly candidate: LatencyArm;
  readonly incumbent: LatencyArm;
}

/** What is known of one quantile. */
export interface QuantileState {
  /** Requests of each arm above the incumbent's quantile. */
  readonly candidate: number;
  readonly incumbent: number;
  readonly mantelHaenszel: { readonly above: number; readonly below: number };
  readonly harm: EProcessState;
  readonly promote: EProcessState;
  /** In exact mode, at odds ratio 1. */
  readonly harmScore: ScoreSum;
  readonly promoteScore: ScoreSum;
  /** The tests by scatter; null in exact mode. */
  readonly noise: { readonly harm: ScoreTest; readonly promote: ScoreTest } | null;
}

export interface LatencyState {
  readonly kind: 'latency';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly candidate: number;
  readonly incumbent: number;
  readonly quantiles: readonly QuantileState[];
  /** The average of the quantiles' e-values; it stays at the cap once there. */
  readonly harm: { readonly logE: number };
}

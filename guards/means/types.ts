import type { BetState } from '../betting/bets';
import type { MeanSequence } from '../betting/interval';
import type { ScoreTest } from '../noise/score-test';
import type { PlanBase, Unit } from '../types';

interface MeanPlanBase extends PlanBase {
  /** Which way is better for users. */
  readonly higherIs: 'better' | 'worse';
  /** How much worse the candidate's mean may be and still be promoted, in the value's own unit; above 0. */
  readonly promoteDifference: number;
  readonly rollbackAlpha: number;
  readonly promoteAlpha: number;
  /** Absent: request. */
  readonly unit?: Unit;
}

/**
 * Means of values of known bounds, by betting: exact, given that requests are routed at random by the configured share. `points`
 * are the values that are counted, ascending; a value between two of them is put on one at random so that its mean stays
 * (`roundToPoint`).
 */
export interface BoundedMeanPlan extends MeanPlanBase {
  readonly kind: 'mean';
  readonly method: 'betting';
  readonly points: readonly number[];
}

/**
 * Means of values without known bounds, by stratified scores. Approximate: it takes each tick's difference of means as normal,
 * which needs some hundred values an arm and no single value that outweighs all others.
 */
export interface ScoredMeanPlan extends MeanPlanBase {
  readonly kind: 'mean';
  readonly method: 'score';
  /** Values on each arm before anything is decided. */
  readonly leastN: number;
}

/**
 * The shift of a score between the two answers to one request, by betting on the differences (candidate − incumbent) at
 * `points`, ascending around 0: exact for any two models.
 */
export interface ScoreShiftPlan extends MeanPlanBase {
  readonly kind: 'shadowScore';
  readonly points: readonly number[];
}

export type MeanPlan = BoundedMeanPlan | ScoredMeanPlan | ScoreShiftPlan;

/** How often each of the plan's points was seen on each arm, and the candidate's configured share. */
export interface HistogramEvidence {
  readonly kind: 'histogram';
  readonly key: string;
  readonly candidate: readonly number[];
  readonly incumbent: readonly number[];
  readonly sharePct: number;
  readonly unit?: Unit;
}

export interface Moments {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

export interface MomentsEvidence {
  readonly kind: 'moments';
  readonly key: string;
  readonly candidate: Moments;
  readonly incumbent: Moments;
  readonly unit?: Unit;
}

/** How often each difference of the plan's points was seen. */
export interface DifferencesEvidence {
  readonly kind: 'differences';
  readonly key: string;
  readonly counts: readonly number[];
  readonly unit?: Unit;
}

export type MeanEvidence = HistogramEvidence | MomentsEvidence | DifferencesEvidence;

interface MeanStateBase {
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly candidate: Moments;
  readonly incumbent: Moments;
}

export interface BettingState extends MeanStateBase {
  readonly kind: 'betting';
  readonly harm: BetState;
  readonly promote: BetState;
  /** Of the difference, scaled to 0–1. */
  readonly sequence: MeanSequence;
}

export interface ScoredMeanState extends MeanStateBase {
  readonly kind: 'scoredMean';
  /** Latched at the cap. */
  readonly harm: { readonly logE: number };
  readonly promote: { readonly logE: number };
  readonly harmScore: ScoreTest;
  readonly promoteScore: ScoreTest;
  /** Differences of means weighted by ab/N, and the weights: the stratified estimate. */
  readonly weighted: number;
  readonly weights: number;
}

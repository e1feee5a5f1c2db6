import type { Tally, TallyPlan } from './tally';

/** A number a tick against a limit. */
export interface ThresholdPlan extends TallyPlan {
  readonly kind: 'threshold';
  /** What is measured, in words. */
  readonly metric: string;
  /** A tick is bad when its value lies above or below this; a value on the limit is good. */
  readonly limit: { readonly above: number } | { readonly below: number };
}

/** The state of a CloudWatch alarm. */
export interface AlarmPlan extends TallyPlan {
  readonly kind: 'alarm';
  readonly alarm: string;
  /** The alarm's own `TreatMissingData`. */
  readonly missingData: 'missing' | 'notBreaching' | 'breaching' | 'ignore';
}

/** The answer of an HTTP check. */
export interface WebhookPlan extends TallyPlan {
  readonly kind: 'webhook';
  readonly url: string;
}

/** The distribution of the candidate's answers against that of the incumbent's over the same window. */
export interface DriftPlan extends TallyPlan {
  readonly kind: 'outputDrift';
  readonly distance: Distance;
  /** Largest distance that is good, 0–1. */
  readonly threshold: number;
  /** Answers of each arm that a window needs. */
  readonly leastN: number;
  /** Ticks that a window takes at least; one window is one tick of the tally. */
  readonly everyTicks: number;
}

/**
 * `lInfinity`: largest difference of two labels' shares. `jensenShannon`: root of the Jensen–Shannon divergence in bits.
 * `kolmogorovSmirnov`: largest difference of cumulative shares, for labels that are numbers.
 */
export type Distance = 'lInfinity' | 'jensenShannon' | 'kolmogorovSmirnov';

export interface ValueEvidence {
  readonly kind: 'value';
  readonly key: string;
  /** Null: no data. */
  readonly value: number | null;
}

export interface AlarmEvidence {
  readonly kind: 'alarm';
  readonly key: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Data points of the alarm's metric in the tick; null when nobody counted them. */
  readonly dataPoints: number | null;
}

export interface WebhookEvidence {
  readonly kind: 'webhook';
  readonly key: string;
  readonly answer: 'pass' | 'fail' | 'inconclusive' | 'timeout' | 'unreachable' | 'invalid';
  /** What the check gave as its reason. */
  readonly said: string | null;
}

export interface LabelsEvidence {
  readonly kind: 'labels';
  readonly key: string;
  /** Answers by label, or by the lower end of a score's bin. */
  readonly candidate: Readonly<Record<string, number>>;
  readonly incumbent: Readonly<Record<string, number>>;
}

export type ThresholdEvidence = ValueEvidence | AlarmEvidence | WebhookEvidence | LabelsEvidence;

export interface TallyState {
  readonly kind: 'tally';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly tally: Tally;
  /** What was seen last, as a number and in words. */
  readonly value: number | null;
  readonly seen: string | null;
}

/** Answers of one window, label by label: candidate, incumbent. */
export type LabelCounts = readonly (readonly [label: string, candidate: number, incumbent: number])[];

export interface DriftState {
  readonly kind: 'drift';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly candidate: number;
  readonly incumbent: number;
  readonly tally: Tally;
  readonly open: { readonly ticks: number; readonly labels: LabelCounts };
  /** Distance of the last closed window, and how much of it chance alone explains. */
  readonly distance: number | null;
  readonly allowance: number | null;
}

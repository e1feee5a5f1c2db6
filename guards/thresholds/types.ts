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

/** Metrics of bias that are a comparison of two proportions, by the names of SageMaker Clarify. */
export type FacetMetric = 'DPPL' | 'DI' | 'RD' | 'SD' | 'AD' | 'DAR' | 'DRR';

/** Whether the candidate treats the values of a facet alike, whatever the incumbent does. */
export interface BiasPlan extends TallyPlan {
  readonly kind: 'bias';
  readonly facet: string;
  readonly metric: FacetMetric;
  /** Largest difference that is good, either way; for DI the smallest ratio, either way. */
  readonly threshold: number;
  /** Disadvantaged values; null: each value against all others. */
  readonly values: readonly string[] | null;
  /** The prediction that is favourable; null: each in turn. */
  readonly positive: string | null;
  /** Trials on each side of a comparison, below which it is not made. */
  readonly leastN: number;
  readonly everyTicks: number;
}

/** Whether the candidate's answers rest on the features that its baseline rests on. */
export interface AttributionPlan extends TallyPlan {
  readonly kind: 'attribution';
  /** Smallest NDCG that is good, 0–1. */
  readonly ndcg: number;
  /** Requests that a window explains at least. */
  readonly leastN: number;
  readonly everyTicks: number;
}

/** One feature of requests as it was before the rollout: numbers, and lengths of texts, by bins; words by themselves. */
export type InputFeature =
  | {
      readonly kind: 'number' | 'length';
      readonly place: string;
      /** Upper ends, included, of all bins but the last, ascending. The first of the counts is of requests that lack it. */
      readonly cuts: readonly number[];
      readonly counts: readonly number[];
    }
  | {
      readonly kind: 'word';
      readonly place: string;
      /** What is counted by itself; the bin after the last is for all else. */
      readonly words: readonly string[];
      readonly counts: readonly number[];
    };

/** Whether the requests, whoever answers them, are still like those before the rollout. */
export interface InputDriftPlan extends TallyPlan {
  readonly kind: 'inputDrift';
  readonly threshold: number;
  readonly leastN: number;
  readonly everyTicks: number;
  /** Null: there were too few requests to compare with. */
  readonly reference: readonly InputFeature[] | null;
}

/** Trials by value of the facet, then by outcome: a prediction, or `tp`, `fp`, `fn`, `tn`. */
export type FacetCells = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface FacetsEvidence {
  readonly kind: 'facets';
  readonly key: string;
  readonly candidate: FacetCells;
  readonly incumbent: FacetCells;
}

export interface AttributionEvidence {
  readonly kind: 'attribution';
  readonly key: string;
  /** Requests explained. */
  readonly n: number;
  readonly ndcg: number;
  /** Bootstrap interval at 99 %; null where there are too few requests for one. */
  readonly interval: readonly [number, number] | null;
  /** The features that weigh most, live and in the baseline, for people. */
  readonly leading: { readonly live: readonly string[]; readonly baseline: readonly string[] };
  /** What the baseline is, in words. */
  readonly against: string;
}

export interface InputsEvidence {
  readonly kind: 'inputs';
  readonly key: string;
  /** Requests by bin, for each feature of the plan's reference. */
  readonly counts: readonly (readonly number[])[];
}

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

export type ThresholdEvidence =
  | ValueEvidence
  | AlarmEvidence
  | WebhookEvidence
  | LabelsEvidence
  | FacetsEvidence
  | AttributionEvidence
  | InputsEvidence;

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

/** Trials of one window: value of the facet, outcome, candidate, incumbent. */
export type FacetCounts = readonly (readonly [value: string, outcome: string, candidate: number, incumbent: number])[];

/** The comparison that was worst in a window. */
export interface WorstBias {
  readonly value: string;
  readonly positive: string | null;
  readonly metric: number;
  readonly interval: readonly [number, number];
  /** The incumbent's own; null where it had too few trials. */
  readonly incumbent: number | null;
}

export interface BiasState {
  readonly kind: 'bias';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly candidate: number;
  readonly incumbent: number;
  readonly tally: Tally;
  readonly open: { readonly ticks: number; readonly cells: FacetCounts };
  readonly worst: WorstBias | null;
}

export interface AttributionState {
  readonly kind: 'attribution';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  /** Requests explained over all windows. */
  readonly explained: number;
  readonly tally: Tally;
  readonly last: Omit<AttributionEvidence, 'kind' | 'key'> | null;
}

export interface InputDriftState {
  readonly kind: 'inputDrift';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly requests: number;
  readonly tally: Tally;
  readonly open: { readonly ticks: number; readonly counts: readonly (readonly number[])[] };
  readonly worst: { readonly place: string; readonly distance: number; readonly allowance: number } | null;
}

/**
 * The guards of a file after checking, with every default filled in. Rates are fractions (0–1), shares percent. What only a live
 * rollout reads (where an event or a value comes from) is null in a guards file that leaves it out.
 */
export type GuardSpec = RateGuardSpec | FurtherGuardSpec;

/** Guards on a rate that the endpoint itself yields. */
export type RateGuardSpec = ErrorsGuard | QualityGuard;

export type FurtherGuardSpec =
  | OutcomeGuard
  | ShadowGuard
  | LatencyGuard
  | MeanGuard
  | ScoreShiftGuard
  | SplitGuard
  | CoverageGuard
  | ThresholdGuard
  | AlarmGuard
  | WebhookGuard
  | OutputDriftGuard
  | InputDriftGuard
  | BiasGuard
  | AttributionGuard;

/** A bound on how much worse the candidate may be: as an odds ratio of bad events, or as a difference of rates. */
export type Margin =
  | { readonly kind: 'oddsRatio'; readonly oddsRatio: number }
  | { readonly kind: 'absolute'; readonly difference: number };

interface RateGuardBase {
  readonly rollbackAt: { readonly oddsRatio: number };
  readonly promoteWithin: Margin;
  /** Whether promotion needs this guard's `pass`. */
  readonly required: boolean;
  /** As in the other kinds; absent: 1. */
  readonly weight?: number;
  /** One outcome a user and window is counted in place of every request; absent: requests. */
  readonly users?: { readonly windowMs: number };
}

export interface ErrorsGuard extends RateGuardBase {
  readonly kind: 'errors';
  /** Which HTTP answers are bad events. */
  readonly statuses: '5xx' | '4xx+5xx';
  /** Absolute route to `pass`: the candidate's rate is shown to be below this, whatever the incumbent's is. */
  readonly slo?: number;
}

export interface QualityGuard extends RateGuardBase {
  readonly kind: 'quality';
  readonly metric: 'accuracy';
}

interface Base {
  readonly required: boolean;
  /** This guard's part of the false-rollback budget, in proportion to the others'. */
  readonly weight: number;
}

/** `business`: no worse on an event than a margin. `goal`: better, at the budget for false winners. */
export interface OutcomeGuard extends Base {
  readonly kind: 'business' | 'goal';
  /** Name among the file's `events`. */
  readonly event: string | null;
  readonly unit: 'request' | 'user';
  readonly rollbackAt: { readonly oddsRatio: number };
  /** Null for a goal: it must be better. */
  readonly promoteWithin: Margin | null;
}

export interface ShadowGuard extends Base {
  readonly kind: 'shadow';
  readonly rollbackAt: { readonly oddsRatio: number };
  readonly promoteWithin: { readonly oddsRatio: number };
  /** Absolute route: the share of pairs that only the candidate gets wrong is shown to be below this. */
  readonly slo: number | null;
}

export interface LatencyGuard extends Base {
  readonly kind: 'latency';
  /** 0–1, ascending. */
  readonly quantiles: readonly number[];
  /** The incumbent's own value of each in milliseconds; null: measured before the plan is fixed. */
  readonly incumbentMs: readonly number[] | null;
  readonly promoteWithin: { readonly ratio: number };
  readonly mode: 'exact' | 'fleetNoise' | null;
}

/** Where the value of a `mean` comes from: a place in the answer, or what an event carries (0 without the event). */
export type ValueSource =
  { readonly from: 'answer'; readonly path: string } | { readonly from: 'event'; readonly event: string };

export interface MeanGuard extends Base {
  readonly kind: 'mean';
  readonly of: ValueSource | null;
  readonly higherIs: 'better' | 'worse';
  readonly promoteWithin: { readonly difference: number };
  readonly unit: 'request' | 'user';
  /** Values that are counted, ascending; null when the value has no bounds. */
  readonly points: readonly number[] | null;
  readonly leastN: number;
}

export interface ScoreShiftGuard extends Base {
  readonly kind: 'shadowScore';
  /** Place of the score in the answer. */
  readonly value: string | null;
  readonly higherIs: 'better' | 'worse';
  readonly promoteWithin: { readonly difference: number };
  readonly points: readonly number[];
}

export interface SplitGuard extends Base {
  readonly kind: 'split';
  readonly alpha: number;
  readonly leastExpected: number;
  /** `user`: everybody counts once in the rollout, as a gateway draws them; absent: requests. */
  readonly unit?: 'user';
}

export interface CoverageGuard extends Base {
  readonly kind: 'captureLoss' | 'labelLoss';
  readonly alpha: number;
  readonly tolerated: number | null;
  readonly leastDue: number;
}

/** At most `allowedFailures` of the last `windowTicks` ticks may be bad. */
export interface Allowance extends Base {
  readonly allowedFailures: number;
  readonly windowTicks: number | null;
  readonly leastTicks: number;
  readonly then: 'rollBack' | 'hold' | 'alert';
}

/** A CloudWatch metric; by default one of the candidate's own variant. */
export interface ThresholdGuard extends Allowance {
  readonly kind: 'threshold';
  readonly metric: string;
  readonly namespace: string;
  readonly statistic: string;
  /** Null: the endpoint and the candidate's variant. */
  readonly dimensions: Readonly<Record<string, string>> | null;
  readonly limit: { readonly above: number } | { readonly below: number };
}

export interface AlarmGuard extends Allowance {
  readonly kind: 'alarm';
  readonly name: string;
  /** The alarm's own `TreatMissingData`; null: read from the alarm. */
  readonly missingData: 'missing' | 'notBreaching' | 'breaching' | 'ignore' | null;
}

export interface WebhookGuard extends Allowance {
  readonly kind: 'webhook';
  readonly url: string;
  /** After this long without an answer a call counts as `timeout`. */
  readonly timeoutMs: number;
}

export interface OutputDriftGuard extends Allowance {
  readonly kind: 'outputDrift';
  readonly threshold: number;
  readonly distance: 'lInfinity' | 'jensenShannon' | 'kolmogorovSmirnov';
  readonly leastN: number;
  readonly everyTicks: number;
}

/** The requests against those before the rollout, whoever answers them. */
export interface InputDriftGuard extends Allowance {
  readonly kind: 'inputDrift';
  readonly threshold: number;
  /** Null: every column of CSV, or every plain value of JSON. */
  readonly features: readonly string[] | null;
  readonly leastN: number;
  readonly everyTicks: number;
}

export interface BiasGuard extends Allowance {
  readonly kind: 'bias';
  /** Name among `schema.facets`. */
  readonly facet: string;
  readonly metric: 'DPPL' | 'DI' | 'RD' | 'SD' | 'AD' | 'DAR' | 'DRR';
  readonly threshold: number;
  /** Disadvantaged values; null: each against all others. */
  readonly values: readonly string[] | null;
  /** The favourable prediction; null: each in turn. */
  readonly positive: string | null;
  readonly leastN: number;
  readonly everyTicks: number;
}

/** What a request is explained by. */
export type AttributedFeatures =
  | { readonly from: 'columns' }
  | { readonly from: 'places'; readonly places: readonly string[] }
  | { readonly from: 'words'; readonly text: string };

export interface AttributionGuard extends Allowance {
  readonly kind: 'attribution';
  readonly ndcg: number;
  /** Place of the explained number in the answer. */
  readonly value: string | null;
  readonly features: AttributedFeatures;
  /** Folder of an `analysis.json`; null: the incumbent's attributions of the same requests. */
  readonly baseline: string | null;
  readonly leastN: number;
  /** Rows that a model may be asked in a window. */
  readonly calls: number;
  readonly everyTicks: number;
}

/**
 * Guards that a guards file knows beside `errors` and `quality`, after checking, with every default filled in. Rates are fractions
 * (0–1), shares percent.
 */
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
  | OutputDriftGuard;

interface Base {
  readonly required: boolean;
  /** This guard's part of the false-rollback budget, in proportion to the others'. */
  readonly weight: number;
}

/** `business`: no worse on an event than a margin. `goal`: better, at the budget for false winners. */
export interface OutcomeGuard extends Base {
  readonly kind: 'business' | 'goal';
  readonly unit: 'request' | 'user';
  readonly rollbackAt: { readonly oddsRatio: number };
  /** Null for a goal: it must be better. */
  readonly promoteWithin:
    | { readonly kind: 'oddsRatio'; readonly oddsRatio: number }
    | { readonly kind: 'absolute'; readonly difference: number }
    | null;
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
  /** 0–1, ascending, with the incumbent's own value of each in milliseconds. */
  readonly quantiles: readonly number[];
  readonly incumbentMs: readonly number[];
  readonly promoteWithin: { readonly ratio: number };
  readonly mode: 'exact' | 'fleetNoise' | null;
}

export interface MeanGuard extends Base {
  readonly kind: 'mean';
  readonly higherIs: 'better' | 'worse';
  readonly promoteWithin: { readonly difference: number };
  readonly unit: 'request' | 'user';
  /** Values that are counted, ascending; null when the value has no bounds. */
  readonly points: readonly number[] | null;
  readonly leastN: number;
}

export interface ScoreShiftGuard extends Base {
  readonly kind: 'shadowScore';
  readonly higherIs: 'better' | 'worse';
  readonly promoteWithin: { readonly difference: number };
  readonly points: readonly number[];
}

export interface SplitGuard extends Base {
  readonly kind: 'split';
  readonly alpha: number;
  readonly leastExpected: number;
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

export interface ThresholdGuard extends Allowance {
  readonly kind: 'threshold';
  readonly metric: string;
  readonly limit: { readonly above: number } | { readonly below: number };
}

export interface AlarmGuard extends Allowance {
  readonly kind: 'alarm';
  readonly name: string;
  readonly missingData: 'missing' | 'notBreaching' | 'breaching' | 'ignore';
}

export interface WebhookGuard extends Allowance {
  readonly kind: 'webhook';
  readonly url: string;
}

export interface OutputDriftGuard extends Allowance {
  readonly kind: 'outputDrift';
  readonly threshold: number;
  readonly distance: 'lInfinity' | 'jensenShannon' | 'kolmogorovSmirnov';
  readonly leastN: number;
  readonly everyTicks: number;
}

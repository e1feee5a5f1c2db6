import type { GuardForecast, LiveEndpoint, RolloutNames } from '../rollout';
import type { Failure } from '../spec/failures';
import type { RolloutSpec } from '../spec/types';
import type { PriceTable } from './price-table';

/** All that a plan is made of: the file, what was read, what was foretold. Nothing here was changed by reading it. */
export interface PlanInput {
  readonly file: string;
  readonly spec: RolloutSpec;
  /** Null: no call was made, so what serves is not known. */
  readonly live: LiveFacts | null;
  readonly names: RolloutNames;
  readonly traffic: TrafficFacts;
  readonly foreseen: readonly Foreseen[];
  /** Why the rollout would fail to fix its plan now; null when it would not, or nobody tried. */
  readonly unplanned: Failure | null;
  readonly prices: PriceTable;
  /** Where the endpoint is; null when it is not known. */
  readonly region: string | null;
}

/** What was read from AWS. */
export interface LiveFacts {
  /** Null: there is no such endpoint. */
  readonly endpoint: LiveEndpoint | null;
  /** Why the rollout would not touch it; null when it would. */
  readonly refused: Failure | null;
  /** By variant. */
  readonly models: Readonly<Record<string, { readonly image: string; readonly artifact: string | null }>>;
  /** Null: nothing is captured. */
  readonly capture: { readonly to: string; readonly samplingPct: number } | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Null: it could not be read. */
  readonly scaling: readonly ScalingFacts[] | null;
  readonly alarms: readonly AlarmFacts[];
}

export interface ScalingFacts {
  readonly variant: string;
  readonly min: number;
  readonly max: number;
}

/** One alarm that the file names. */
export interface AlarmFacts {
  readonly name: string;
  /** Null: there is none of that name, or it is a composite one. */
  readonly metric: {
    readonly name: string;
    readonly statistic: string;
    readonly threshold: number;
    readonly comparison: string;
    /** Time that must be bad before it goes off. */
    readonly needsMs: number;
    readonly dimensions: Readonly<Record<string, string>>;
  } | null;
  readonly exists: boolean;
}

export interface TrafficFacts {
  /** `observed`: as the incumbent's own past says; `given`: on the command line; `unknown`: neither. */
  readonly from: 'observed' | 'given' | 'unknown';
  /** Live requests a second. */
  readonly requestsPerSecond: number;
}

/** What is foretold of one guard at one share. */
export interface Foreseen {
  readonly guard: string;
  readonly required: boolean;
  readonly sharePct: number;
  /** Trials a second, of all variants: requests, or labels. */
  readonly perSecond: number;
  readonly baseRate: number;
  /** Expected time until an equally good candidate passes; null: not within the plan's horizon. */
  readonly passMs: number | null;
  /** Within which nine in ten equally good ones pass. */
  readonly pass90Ms?: number | null;
  readonly failing: readonly Failing[];
  /** Of a race, which an equally good candidate does not win: one that does, and when. */
  readonly better?: GuardForecast['better'];
}

/** A candidate that is worse than the incumbent, by more bad events unless `what` says how. */
export interface Failing {
  readonly what?: string;
  /** How many times as many; null where the incumbent has none at all. */
  readonly times: number | null;
  /** Its rate. */
  readonly rate: number;
  /** Expected time until it is shown; null: not within the plan's horizon. */
  readonly failMs: number | null;
  /** Within which nine in ten such candidates are found. */
  readonly fail90Ms?: number | null;
  /** Trials of the candidate that any test whatever needs on average. */
  readonly leastTrials: number;
}

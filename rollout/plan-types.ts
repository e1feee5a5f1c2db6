import type { BanditPlan, BanditState } from '../guards/bandits/types';
import type { VariantScaling } from '../spec/live';
import type { ArmCounts, GuardPlan } from '../guards/types';

/** SageMaker names that one rollout uses. Fixed before anything is made, so that every step can find what another one made. */
export interface RolloutNames {
  /** Model by candidate; carries a hash of its content. */
  readonly models: Readonly<Record<string, string>>;
  /** Endpoint config with the incumbent and all candidates. */
  readonly split: string;
  /** Endpoint config with the incumbent and a shadow of the candidate. */
  readonly shadowed: string;
  /** Endpoint config with the incumbent twice. */
  readonly sliced: string;
  /** Endpoint config with one candidate alone, by candidate. */
  readonly single: Readonly<Record<string, string>>;
}

/** What serves before the rollout, and what a rollback returns to. */
export interface Incumbent {
  /** The production variant's name: what SageMaker, CloudWatch and the shares know it by. */
  readonly variant: string;
  /** What people call it. The same as the variant, but after a deployment by guardrails, where a variant keeps its name. */
  readonly version: string;
  readonly modelName: string;
  readonly configName: string;
  readonly instanceType: string;
  readonly instanceCount: number;
  /** How it was scaled when the rollout began; absent: it was not. */
  readonly scaling?: VariantScaling;
}

/** Prices of an hour of each instance type that the rollout may use, as known when it began; types that are not named have no known price. */
export interface KnownPrices {
  readonly currency: string;
  /** When the prices were found. */
  readonly date: string;
  readonly region: string;
  readonly perHour: Readonly<Record<string, number>>;
}

/** How long a decision is expected to take at the traffic seen before the rollout; null when it is not expected within the plan's horizon. */
export interface GuardForecast {
  readonly guard: string;
  /** The candidate's share, or of a guard on pairs the share of the requests that are copied. */
  readonly sharePct: number;
  readonly requestsPerSecond: number;
  /** Expected time until an equally good candidate passes. */
  readonly passMs: number | null;
  /** Expected time until a worse candidate fails. */
  readonly failMs: number | null;
  /** The time within which nine in ten such candidates pass, or fail. Absent: not foretold. */
  readonly pass90Ms?: number | null;
  readonly fail90Ms?: number | null;
  /** What the worse candidate is like, where it is not one with twice the bad events. */
  readonly worse?: string;
  /** Of a race, which an equally good candidate does not win: one that does, and when. */
  readonly better?: { readonly what: string; readonly passMs: number | null; readonly pass90Ms: number | null };
}

/** Everything that is fixed before the candidate's first request. `digest` is its SHA-256, shown on every report. */
export interface RolloutPlan {
  /** For each candidate in the file's order, all guards in theirs; names are unique over candidates. */
  readonly guards: readonly GuardPlan[];
  /** The incumbent's own counts, by guard. */
  readonly baseline: Readonly<Record<string, ArmCounts>>;
  readonly forecasts: readonly GuardForecast[];
  /** One for each stage whose share follows a budget of extra failures. */
  readonly ramps: readonly RampPlan[];
  /** Null without a bandit stage. */
  readonly bandit: BanditPlan | null;
  readonly digest: string;
}

/** A budget of extra failures, fixed before the first request (`guards/ramp`). */
export interface RampPlan {
  readonly stage: number;
  /** In units of the incumbent's own rate. */
  readonly h: number;
  readonly maxPct: number;
  /** Least time between two steps. */
  readonly bakeMs: number;
  readonly alpha: number;
  /** What is promised, in one sentence of numbers. */
  readonly statement: string;
}

/** A bandit between two batches. */
export interface BanditTrack {
  /** Of all requests, or of those of no named segment. */
  readonly state: BanditState;
  /** Of the named segments; absent: all requests are learnt alike. */
  readonly bySegment?: Readonly<Record<string, BanditState>>;
  /** End of the last tick whose rewards were counted. */
  readonly throughMs: number;
  /** The batches that have begun, oldest first, for rewards that come late; the first one began with the stage. */
  readonly batches: readonly { readonly batch: number; readonly sinceMs: number }[];
}

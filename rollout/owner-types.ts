import type { OnNewer, RolloutSpec } from '../spec/types';
import type { MonitorMemory } from './monitoring-types';
import type { RolloutResult, Served } from './result-types';
import type { RetirementResult, Retiring } from './retirement-types';
import type { Retraining, RetrainingResult } from './retraining-types';

/**
 * Who is the incumbent of an endpoint. Schedules hold no model: batch runs and monitors ask for this when they start. It moves when a
 * rollout ends as promoted, that is after its watch, and never by a rollback (ADR 9).
 */
export interface IncumbentPointer extends Served {
  readonly sinceMs: number;
  /** The rollout that promoted it; null where it was found: it served before the first rollout, or somebody has changed the endpoint. */
  readonly rollout: { readonly id: string; readonly number: number } | null;
  /** The rollout file that brought it; null where it was found. */
  readonly spec: RolloutSpec | null;
  /** Prefixes of what monitors compare with, by kind of monitor; empty where no baseline was made. */
  readonly baselines: Baselines;
}

/** `s3://…` prefixes by kind of monitor. */
export type Baselines = Readonly<Record<string, string>>;

/** The rollout that an owner has let in. */
export interface Running {
  readonly id: string;
  readonly number: number;
  readonly candidate: string;
  readonly sinceMs: number;
  readonly who: string;
  /** What its file says about newer ones. */
  readonly onNewer: OnNewer;
  /** It has promoted and only watches: a newer one ends that. */
  readonly isWatching: boolean;
  /** What is watched: it serves, but the incumbent is still what a rollback returns to; null before, or not known. */
  readonly watched: Served | null;
  /** Its file; null for one that an older version of Sluice has let in. */
  readonly spec: RolloutSpec | null;
  /** What its baseline job has made before it began. */
  readonly baselines: Baselines;
  /** Workflow that is told what becomes of it; null when nobody asked. */
  readonly follower: string | null;
}

/** The rollout that waits for its turn. */
export interface Queued {
  readonly number: number;
  readonly candidate: string;
  readonly sinceMs: number;
  readonly who: string;
  readonly spec: RolloutSpec;
  /** Null while they are still to be made; `{}` where the file asks for none. */
  readonly baselines: Baselines | null;
  readonly follower: string | null;
}

/** What the owner of an endpoint knows. */
export interface EndpointState {
  readonly schema: 2;
  readonly endpoint: string;
  /** Number of rollouts accepted so far. */
  readonly count: number;
  /** Null before the first promotion, and where nothing serves. */
  readonly incumbent: IncumbentPointer | null;
  readonly running: Running | null;
  readonly queued: Queued | null;
  /** Set from the moment it was asked for until it has ended; nothing else begins meanwhile. */
  readonly retiring: Retiring | null;
  /** The endpoint is gone, by whose word; null again once something is rolled out under its name. */
  readonly retired: { readonly who: string; readonly why: string; readonly atMs: number } | null;
  /** A new model is being made; null: none. */
  readonly retraining: Retraining | null;
  readonly retrained: {
    readonly count: number;
    readonly lastMs: number | null;
    readonly last:
      Exclude<RetrainingResult, { kind: 'trained' }> | { readonly kind: 'trained'; readonly why: string } | null;
  };
  /** The incumbent's file has schedules that are still to be set. */
  readonly schedulesDue: boolean;
  /** What each monitor said last. */
  readonly monitors: readonly MonitorMemory[];
  /** The last rollout that was given up before it began, and why. */
  readonly givenUp: { readonly number: number; readonly why: string } | null;
  /** The last ended rollouts, newest first, at most 20. */
  readonly past: readonly RolloutResult[];
}

/** A workflow beside rollouts that the owner has begun and waits for. */
export interface OwnedWork {
  readonly kind: 'baselines' | 'retraining' | 'retirement';
  readonly id: string;
}

/** What came of it. `id`: the workflow that says so. */
export type WorkNews = { readonly id: string } & (
  | { readonly kind: 'baselines'; readonly baselines: Baselines }
  | { readonly kind: 'retraining'; readonly result: RetrainingResult }
  | { readonly kind: 'retirement'; readonly result: RetirementResult }
  | { readonly kind: 'failed'; readonly why: string }
);

/** What owners carried before they knew the incumbent. */
export interface EndpointStateV1 extends Pick<EndpointState, 'endpoint' | 'count'> {
  readonly schema: 1;
  readonly running: Omit<Running, 'watched' | 'spec' | 'baselines'> | null;
  readonly queued: Omit<Queued, 'baselines'> | null;
  readonly past: readonly Omit<RolloutResult, 'served'>[];
}

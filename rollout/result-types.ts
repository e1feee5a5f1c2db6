import type { Verdict } from '../guards/types';
import type { OnNewer, RolloutSpec } from '../spec/types';
import type { Outcome, PersonalDecision } from './phase-types';
import type { KnownPrices } from './plan-types';
import type { Arm, Cost, TimeAccount, Traffic } from './types';

/** What a rollout workflow returns. */
export interface RolloutResult {
  readonly id: string;
  readonly endpoint: string;
  /** The candidate that the rollout is known by: the winner, or the first of the file. */
  readonly candidate: string;
  readonly arms: readonly Arm[];
  readonly outcome: Outcome;
  /** What serves after the rollout. */
  readonly serving: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly digest: string | null;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly traffic: Traffic;
  readonly approvals: readonly PersonalDecision[];
  /** Each with what its instances cost beside the fleet that served anyway, autoscaling apart. */
  readonly accounts: readonly (TimeAccount & { readonly cost: Cost })[];
  /** Of all stages together. */
  readonly cost: Cost;
  /** What the costs rest on. */
  readonly prices: KnownPrices | null;
}

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
  readonly follower: string | null;
}

/** What the owner of an endpoint knows. */
export interface EndpointState {
  readonly schema: 1;
  readonly endpoint: string;
  /** Number of rollouts accepted so far. */
  readonly count: number;
  readonly running: Running | null;
  readonly queued: Queued | null;
  /** The last ended rollouts, newest first, at most 20. */
  readonly past: readonly RolloutResult[];
}

import type { Decision, GuardState, Verdict } from '../guards/types';
import type { InstanceChoice, RolloutSpec } from '../spec/types';
import type { BanditTrack, Incumbent, KnownPrices, RolloutNames, RolloutPlan } from './plan-types';
import type { PersonalDecision, Phase } from './phase-types';

export type { LiveEndpoint, LiveVariant } from '../spec/live';
export type * from './plan-types';
export type * from './phase-types';
export type * from './command-types';
export type * from './monitoring-types';
export type * from './owner-types';
export type * from './release-types';
export type * from './result-types';
export type * from './retirement-types';
export type * from './retraining-types';

/**
 * Which variants the endpoint has. `single`: one model, all traffic. `split`: the incumbent and the candidates, by weight. `shadowed`: the
 * incumbent answers, the candidate gets copies. `sliced`: the incumbent twice (A/A).
 */
export type LayoutKind = 'single' | 'split' | 'shadowed' | 'sliced';

/** Which variants the endpoint has, and who gets which part of the traffic, as last confirmed by reading back. */
export interface Layout {
  readonly kind: LayoutKind;
  /** Percent of the live requests by candidate; the incumbent answers the rest. */
  readonly sharesPct: Readonly<Record<string, number>>;
  /** The same by segment of the requests, `other` for all the rest; absent: one split for all. Then `sharesPct` is what they come to. */
  readonly segments?: SegmentShares;
  /** Percent of the live requests that a candidate gets a copy of, by a shadow variant or by gateways that mirror. */
  readonly copyPct: number;
  /** Named groups of users within which the shares hold; empty: everybody. */
  readonly groups: readonly string[];
  /** Counts the changes of this rollout; what a gateway follows is published under it. */
  readonly epoch: number;
}

/** Percent by segment of the requests, then by candidate. */
export type SegmentShares = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The candidates' shares of the live requests from a moment on; null while they are being changed. */
export interface SharesChange {
  readonly sinceMs: number;
  readonly sharesPct: Readonly<Record<string, number>> | null;
}

/** One candidate on its way. `benched`: a guard took it out; `lost`: another arm was better. */
export interface Arm {
  readonly name: string;
  readonly standing: 'running' | 'benched' | 'lost';
  /** Why it does not run any more; null while it does. */
  readonly why: string | null;
}

/** One guard's progress through the evidence about one candidate. `state.guards[i]` belongs to `plan.guards[i]`. */
export interface GuardTrack {
  /** The candidate that is judged. */
  readonly arm: string;
  /** Index in the file's guards. */
  readonly guard: number;
  readonly state: GuardState;
  readonly verdict: Verdict;
  /** End of the last tick that this guard has counted. */
  readonly throughMs: number;
  /** Labels that came after their cohort was closed; absent where nothing can be late. */
  readonly late?: LateLabels;
}

/** Labels that were dropped, by arm: of predictions made from `openMs` on, as far as they had arrived by `seenMs`. */
export interface LateLabels {
  readonly candidate: number;
  readonly incumbent: number;
  readonly openMs: number;
  readonly seenMs: number;
}

/** Pairs of answers in one segment of the requests. */
export interface Compared {
  /** `category = phones`; empty for all. */
  readonly segment: string;
  readonly pairs: number;
  readonly different: number;
}

/** Requests that each variant answered since the candidates' first tick. */
export interface Traffic {
  readonly requests: Readonly<Record<string, number>>;
  /** Those of the last look that saw any; null before the first. */
  readonly lastLook: Readonly<Record<string, number>> | null;
  /** Answers of both models to the same request that were compared so far. */
  readonly pairs: number;
  /** How often they differed: over all (''), and by facets of the request. */
  readonly compared: readonly Compared[];
  /** End of the last tick that is counted here; 0 before evidence is open. */
  readonly throughMs: number;
}

export interface LogEntry {
  readonly atMs: number;
  readonly text: string;
}

/** Where the time went, in milliseconds. */
export interface TimeAccount {
  /** Index of the file's stage; -1 for what comes before the first, one past the last for promotion and after. */
  readonly stage: number;
  readonly bakingMs: number;
  readonly personMs: number;
  readonly awsMs: number;
  /** Instance type to instances × milliseconds that the rollout has taken beside the fleet that serves anyway; autoscaling apart. */
  readonly capacityMs: Readonly<Record<string, number>>;
}

/** Money. `amount` is null where a price is unknown, and `unknown` names the instance types without one. */
export interface Cost {
  readonly amount: number | null;
  /** Null: no price is known at all. */
  readonly currency: string | null;
  readonly unknown: readonly string[];
}

/** Everything a rollout knows. Plain JSON: it survives payloads, continue-as-new and a JSON file. */
export interface RolloutState {
  readonly schema: 1;
  readonly id: string;
  readonly number: number;
  readonly spec: RolloutSpec;
  readonly startedAtMs: number;
  readonly phase: Phase;
  readonly phaseSinceMs: number;
  readonly incumbent: Incumbent | null;
  readonly names: RolloutNames | null;
  readonly plan: RolloutPlan | null;
  /** Null before the endpoint was read, and where the region's prices are not known. */
  readonly prices: KnownPrices | null;
  /** The furthest step that was begun: 0 is the preparation, n the n-th rung, and one more the promotion. */
  readonly reached: number;
  readonly layout: Layout;
  /** The last changes of the shares, oldest first: what evidence that closes late was to be split by. */
  readonly shares: readonly SharesChange[];
  readonly arms: readonly Arm[];
  /** What candidates run on, once brought up; absent: the first choice of the file. */
  readonly instances?: Readonly<Record<string, InstanceChoice>>;
  readonly guards: readonly GuardTrack[];
  /** What the guards of each candidate say, by candidate. */
  readonly decisions: Readonly<Record<string, Decision>>;
  /** What that means for the rollout. */
  readonly decision: Decision;
  readonly traffic: Traffic;
  readonly bandit: BanditTrack | null;
  /** When all traffic was moved to the winner; null before. */
  readonly promotedAtMs: number | null;
  /** A change was asked for whose answer never came, so it may still happen. */
  readonly doubtful: boolean;
  /** Set the moment an abort is accepted; from then on nothing goes forward. */
  readonly abort: (PersonalDecision & { readonly verb: 'abort' | 'rollback' | 'cancel' }) | null;
  /** Set while a person has stopped everything forward; judging goes on. */
  readonly paused: PersonalDecision | null;
  /** Overrides of people, approvals among them, in their order. */
  readonly approvals: readonly PersonalDecision[];
  readonly accounts: readonly TimeAccount[];
  readonly endedAtMs: number | null;
  readonly log: readonly LogEntry[];
}

import type { ArmCounts, Decision, GuardPlan, GuardState, Verdict } from '../guards/types';
import type { Failure } from '../spec/failures';
import type { LiveEndpoint } from '../spec/live';
import type { RolloutSpec } from '../spec/types';

export type { LiveEndpoint, LiveVariant } from '../spec/live';

/** SageMaker names that one rollout uses. */
export interface RolloutNames {
  readonly model: string;
  /** Endpoint config with the incumbent and the candidate. */
  readonly pairConfig: string;
  /** Endpoint config with the candidate alone. */
  readonly soloConfig: string;
}

/** What serves before the rollout, and what a rollback returns to. */
export interface Incumbent {
  readonly variant: string;
  readonly modelName: string;
  readonly configName: string;
  readonly instanceType: string;
  readonly instanceCount: number;
}

/** How long a decision is expected to take at the traffic seen before the rollout; null when it is not expected within the plan's horizon. */
export interface GuardForecast {
  readonly guard: string;
  readonly sharePct: number;
  readonly requestsPerSecond: number;
  /** Expected time until an equally good candidate passes. */
  readonly passMs: number | null;
  /** Expected time until a candidate with twice the bad events fails. */
  readonly failMs: number | null;
}

/** Everything that is fixed before the candidate's first request. `digest` is its SHA-256, shown on every report. */
export interface RolloutPlan {
  readonly names: RolloutNames;
  readonly guards: readonly GuardPlan[];
  /** The incumbent's own counts, by guard. */
  readonly baseline: Readonly<Record<string, ArmCounts>>;
  readonly forecasts: readonly GuardForecast[];
  readonly digest: string;
}

/** Who decided what, and why; kept for ever. */
export interface PersonalDecision {
  readonly who: string;
  readonly why: string;
  readonly atMs: number;
}

export type Because =
  | { readonly kind: 'evidence'; readonly guard: string | null; readonly reason: string }
  | { readonly kind: 'undecided'; readonly reason: string }
  | { readonly kind: 'person'; readonly verb: 'abort' | 'reject' | 'cancel'; readonly by: PersonalDecision }
  | { readonly kind: 'deadline'; readonly reason: string }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'firstDeployment'; readonly reason: string };

export type OutcomeKind = 'promoted' | 'rolledBack' | 'rejected' | 'undecided';

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly because: Because;
}

/** Why traffic waits for a person: a stage of the file, or evidence that did not decide in time. */
export interface ApprovalGate {
  readonly reason: 'stage' | 'undecided';
  readonly approvers: readonly string[];
  readonly need: number;
  readonly untilMs: number;
  readonly otherwise: 'reject' | 'approve';
}

export type Phase =
  | { readonly kind: 'reading' }
  | { readonly kind: 'planning' }
  | { readonly kind: 'creating' }
  | { readonly kind: 'deploying' }
  | { readonly kind: 'shifting'; readonly stage: number; readonly sharePct: number }
  | {
      readonly kind: 'baking';
      /** The canary stage whose share is held. */
      readonly stage: number;
      /** Index of the stage that follows; past the last one when only the decision to promote is awaited. */
      readonly next: number;
      readonly sinceMs: number;
      readonly untilMs: number;
      readonly requestsAtStart: number;
    }
  | {
      readonly kind: 'approving';
      readonly stage: number;
      /** Index of the stage that follows an approval. */
      readonly next: number;
      readonly sinceMs: number;
      readonly gate: ApprovalGate;
      readonly given: readonly PersonalDecision[];
    }
  | { readonly kind: 'promoting' }
  | { readonly kind: 'finalising'; readonly attempt: number; readonly lastFailure: Failure | null }
  | { readonly kind: 'cleaning'; readonly outcome: Outcome }
  | { readonly kind: 'rollingBack'; readonly outcome: Outcome }
  | {
      readonly kind: 'rollbackIncomplete';
      readonly outcome: Outcome;
      readonly attempt: number;
      readonly lastFailure: Failure;
    }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

export type PhaseKind = Phase['kind'];

/** One guard's progress through the evidence. */
export interface GuardTrack {
  readonly state: GuardState;
  readonly verdict: Verdict;
  /** End of the last tick that this guard has counted. */
  readonly throughMs: number;
}

/** Requests that each arm answered since the candidate's first tick. */
export interface Traffic {
  readonly candidate: number;
  readonly incumbent: number;
  /** The candidate's part of the last look's requests, in percent; null before the first. */
  readonly actualSharePct: number | null;
  /** End of the last tick that is counted here; 0 before evidence is open. */
  readonly throughMs: number;
}

export interface LogEntry {
  readonly atMs: number;
  readonly text: string;
}

/** Everything a rollout knows. Plain JSON: it survives payloads, continue-as-new and a JSON file. */
export interface RolloutState {
  readonly schema: 1;
  readonly id: string;
  readonly number: number;
  readonly spec: RolloutSpec;
  readonly startedAtMs: number;
  readonly phase: Phase;
  readonly incumbent: Incumbent | null;
  readonly plan: RolloutPlan | null;
  /** The furthest step of the ladder that was begun: 0 is the preparation, n stage n, and one more the promotion. */
  readonly reached: number;
  /** The candidate's share as last confirmed by reading back. */
  readonly sharePct: number;
  readonly guards: readonly GuardTrack[];
  readonly decision: Decision;
  readonly traffic: Traffic;
  /** Set the moment an abort is accepted; from then on nothing goes forward. */
  readonly abort: (PersonalDecision & { readonly verb: 'abort' | 'cancel' }) | null;
  readonly approvals: readonly PersonalDecision[];
  readonly endedAtMs: number | null;
  readonly log: readonly LogEntry[];
}

/** What must be done next; a pure function of the state. */
export type Command =
  | { readonly kind: 'readEndpoint' }
  | { readonly kind: 'fixPlan'; readonly live: Incumbent | null }
  | { readonly kind: 'createEndpoint' }
  | { readonly kind: 'deployCandidate' }
  | { readonly kind: 'setShare'; readonly sharePct: number }
  /** Wait `afterMs`, but not past `byMs`, then judge. */
  | { readonly kind: 'look'; readonly afterMs: number; readonly byMs: number | null }
  | { readonly kind: 'finalise'; readonly afterMs: number }
  | { readonly kind: 'restore'; readonly afterMs: number }
  | { readonly kind: 'removeEndpoint'; readonly afterMs: number }
  | { readonly kind: 'clean'; readonly keep: 'candidate' | 'incumbent' }
  | { readonly kind: 'end' };

/** What one look at the evidence found. */
export interface LookResult {
  readonly guards: readonly GuardTrack[];
  readonly decision: Decision;
  readonly traffic: Traffic;
}

export type Verb = 'approve' | 'reject' | 'abort' | 'cancel';

export type RolloutEvent =
  | { readonly kind: 'endpointRead'; readonly live: LiveEndpoint | null }
  | { readonly kind: 'planFixed'; readonly plan: RolloutPlan; readonly guards: readonly GuardTrack[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'looked'; readonly look: LookResult }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'verb'; readonly verb: Verb; readonly who: string; readonly why: string };

/** What a rollout workflow returns. */
export interface RolloutResult {
  readonly id: string;
  readonly endpoint: string;
  readonly candidate: string;
  readonly outcome: Outcome;
  /** What serves after the rollout. */
  readonly serving: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly digest: string | null;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly traffic: Traffic;
  readonly approvals: readonly PersonalDecision[];
}

/** What the owner of an endpoint knows. */
export interface EndpointState {
  readonly schema: 1;
  readonly endpoint: string;
  /** Number of rollouts accepted so far. */
  readonly count: number;
  readonly running: {
    readonly id: string;
    readonly number: number;
    readonly candidate: string;
    readonly sinceMs: number;
    readonly who: string;
  } | null;
  /** The last ended rollouts, newest first, at most 20. */
  readonly past: readonly RolloutResult[];
}

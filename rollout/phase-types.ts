import type { Verdict, VerdictKind } from '../guards/types';
import type { Failure } from '../spec/failures';
import type { ApproverIdentity } from '../spec/types';
import type { SegmentShares } from './types';

/** Who decided what, and why; kept for ever. */
export interface PersonalDecision {
  readonly who: string;
  readonly why: string;
  readonly atMs: number;
  /** What was decided. */
  readonly verb: Verb;
  /** What proves who it was; null where the name was only typed. */
  readonly identity: VerifiedIdentity | null;
}

/** What a checked token says of its bearer. The token itself is kept nowhere. */
export interface VerifiedIdentity {
  readonly issuer: string;
  readonly subject: string | null;
  /** The token's own id (`jti`). */
  readonly tokenId: string | null;
}

export type Verb =
  | 'approve'
  | 'reject'
  | 'revoke'
  | 'abort'
  | 'cancel'
  | 'rollback'
  | 'pause'
  | 'resume'
  | 'promote'
  | 'advance'
  | 'settle'
  | 'retry'
  | 'acceptCurrentState';

export type Because =
  | { readonly kind: 'evidence'; readonly guard: string | null; readonly reason: string }
  | { readonly kind: 'undecided'; readonly reason: string }
  | { readonly kind: 'person'; readonly verb: Verb; readonly by: PersonalDecision }
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
  readonly identity: ApproverIdentity;
}

/** The evidence that approvers decide on, frozen; when a verdict changes meanwhile it is frozen anew and asked again. */
export interface ShownEvidence {
  readonly atMs: number;
  readonly decision: string;
  readonly verdicts: readonly {
    readonly guard: string;
    readonly kind: VerdictKind;
    readonly reason: Verdict['reason'];
  }[];
}

/** Which side of a rollback serves how well, as counted in the last closed ticks. */
export interface SideHealth {
  /** What people call it. */
  readonly variant: string;
  /** Instances in service. */
  readonly instances: number;
  readonly requests: number;
  readonly failed: number;
  readonly isHealthy: boolean;
  /** One sentence made of numbers. */
  readonly reason: string;
}

export interface Sides {
  readonly incumbent: SideHealth;
  /** The candidate that has most of the candidates' traffic. */
  readonly candidate: SideHealth;
}

export type Phase =
  | { readonly kind: 'reading' }
  /** `next`: the rung that follows the plan. */
  | {
      readonly kind: 'planning';
      readonly next: number;
      readonly calibrated: { readonly fromMs: number; readonly toMs: number } | null;
    }
  | { readonly kind: 'creating' }
  /** Another endpoint config: a fleet change. */
  | { readonly kind: 'deploying'; readonly rung: number; readonly to: 'split' | 'shadowed' | 'sliced' }
  | { readonly kind: 'calibrating'; readonly rung: number; readonly sinceMs: number; readonly untilMs: number }
  | { readonly kind: 'warming'; readonly rung: number }
  | {
      readonly kind: 'shifting';
      readonly rung: number;
      readonly sharesPct: Readonly<Record<string, number>>;
      /** By segment, where each has shares of its own. */
      readonly segments?: SegmentShares;
      /** The bake that goes on when shares move within it; null at its beginning. */
      readonly within: Baking | null;
    }
  | Baking
  | {
      readonly kind: 'approving';
      readonly rung: number;
      /** Index of the rung that follows an approval. */
      readonly next: number;
      readonly sinceMs: number;
      readonly gate: ApprovalGate;
      readonly given: readonly PersonalDecision[];
      readonly evidence: ShownEvidence;
    }
  /** SageMaker's own deployment. `deployment`: null until it was asked for. */
  | {
      readonly kind: 'guarded';
      readonly rung: number;
      readonly sinceMs: number;
      readonly deployment: GuardedDeployment | null;
    }
  | { readonly kind: 'promoting'; readonly winner: string }
  | { readonly kind: 'watching'; readonly winner: string; readonly sinceMs: number; readonly untilMs: number }
  | {
      readonly kind: 'finalising';
      readonly winner: string;
      readonly attempt: number;
      readonly lastFailure: Failure | null;
    }
  | { readonly kind: 'cleaning'; readonly outcome: Outcome }
  /** Before a rollback: is the side that it returns to healthy? */
  | { readonly kind: 'assessing'; readonly outcome: Outcome }
  /** Both sides are unhealthy: the traffic stays where it is served best, and is assessed again and again. */
  | { readonly kind: 'stranded'; readonly outcome: Outcome; readonly sides: Sides }
  | { readonly kind: 'rollingBack'; readonly outcome: Outcome }
  | {
      readonly kind: 'rollbackIncomplete';
      readonly outcome: Outcome;
      readonly attempt: number;
      readonly lastFailure: Failure;
    }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

/** SageMaker's own deployment as last read back. */
export interface GuardedDeployment {
  /** SageMaker's word for what happens to the new fleet (`Creating`, `ActivatingTraffic`, `Baking`); null while it says none. */
  readonly stage: string | null;
  /** When the last bake began, by SageMaker's clock; null before the first. */
  readonly bakeSinceMs: number | null;
  /** Bakes that were seen to begin. */
  readonly bakes: number;
  /** When the candidate was found to serve alone; null before. */
  readonly throughAtMs: number | null;
}

export interface Baking {
  readonly kind: 'baking';
  /** The rung whose shares are held. */
  readonly rung: number;
  /** Index of the rung that follows; past the last one when only the decision to promote is awaited. */
  readonly next: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly requestsAtStart: number;
}

export type PhaseKind = Phase['kind'];

import type { Decision } from '../guards/types';
import type { Failure } from '../spec/failures';
import type { LiveEndpoint } from '../spec/live';
import type { InstanceChoice } from '../spec/types';
import type { Sides, Verb, VerifiedIdentity } from './phase-types';
import type { BanditTrack, Incumbent, KnownPrices, RolloutNames, RolloutPlan } from './plan-types';
import type { GuardTrack, Layout, LayoutKind, SegmentShares, Traffic } from './types';

/** What must be done next; a pure function of the state. */
export type Command =
  | { readonly kind: 'readEndpoint' }
  | {
      readonly kind: 'fixPlan';
      readonly live: Incumbent | null;
      readonly calibrated: { readonly fromMs: number; readonly toMs: number } | null;
    }
  | { readonly kind: 'createEndpoint' }
  | { readonly kind: 'deploy'; readonly to: Exclude<LayoutKind, 'single'> }
  /** Lets time pass; what happens meanwhile is read later. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** A person has paused it before a change: nothing is done until that is taken back. */
  | { readonly kind: 'standStill' }
  | { readonly kind: 'warmUp'; readonly candidates: readonly string[]; readonly requests: number }
  | { readonly kind: 'setShares'; readonly layout: Layout }
  /** Wait `afterMs`, but not past `byMs`, then judge. */
  | { readonly kind: 'look'; readonly afterMs: number; readonly byMs: number | null }
  /** Asks for SageMaker's own deployment. */
  | { readonly kind: 'startGuardrails'; readonly stage: number }
  /** Wait `afterMs`, then read how far it has come, and judge. */
  | { readonly kind: 'followGuardrails'; readonly stage: number; readonly afterMs: number }
  | { readonly kind: 'finalise'; readonly winner: string; readonly afterMs: number }
  | { readonly kind: 'assess'; readonly afterMs: number }
  /** `doubtful`: a change was asked for whose answer never came, so it may still happen. */
  | { readonly kind: 'restore'; readonly afterMs: number; readonly doubtful: boolean }
  | { readonly kind: 'removeEndpoint'; readonly afterMs: number }
  | { readonly kind: 'clean'; readonly keep: string | null }
  | { readonly kind: 'end' };

/** What the evidence wants of the shares, where the file lets it: a harm-budget ramp or a bandit. */
export interface Proposal {
  readonly sharesPct: Readonly<Record<string, number>>;
  /** By segment, where each has shares of its own. */
  readonly segments?: SegmentShares;
  /** Why, in one sentence of numbers. */
  readonly reason: string;
  /** The best arm, once shown; the incumbent's variant when it won. */
  readonly winner: string | null;
}

/** What one look at the evidence found. */
export interface LookResult {
  readonly guards: readonly GuardTrack[];
  /** By candidate. */
  readonly decisions: Readonly<Record<string, Decision>>;
  readonly traffic: Traffic;
  readonly bandit: BanditTrack | null;
  readonly proposal: Proposal | null;
}

/** How far SageMaker's own deployment has come. */
export interface DeploymentReading {
  readonly isThrough: boolean;
  readonly stage: string | null;
  readonly stageSinceMs: number | null;
}

export type RolloutEvent =
  | {
      readonly kind: 'endpointRead';
      readonly live: LiveEndpoint | null;
      readonly names: RolloutNames;
      /** Absent: not known. */
      readonly prices?: KnownPrices;
      /** What was compared before anything is changed, in one sentence. */
      readonly checked?: string | null;
    }
  | {
      readonly kind: 'planFixed';
      readonly plan: RolloutPlan;
      readonly guards: readonly GuardTrack[];
      readonly bandit: BanditTrack | null;
    }
  /** `instances`: what candidates were brought up on. */
  | { readonly kind: 'done'; readonly instances?: Readonly<Record<string, InstanceChoice>> }
  | { readonly kind: 'looked'; readonly look: LookResult }
  | { readonly kind: 'followed'; readonly reading: DeploymentReading; readonly look: LookResult }
  | { readonly kind: 'assessed'; readonly sides: Sides }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Something that was said and could not be taken: it is shown, and changes nothing. */
  | { readonly kind: 'ignored'; readonly text: string }
  | {
      readonly kind: 'verb';
      readonly verb: Verb;
      readonly who: string;
      readonly why: string;
      /** Set only by whoever has checked a token. */
      readonly identity?: VerifiedIdentity;
    };

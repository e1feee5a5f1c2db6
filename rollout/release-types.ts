import type { RolloutSpec } from '../spec/types';
import type { PersonalDecision } from './phase-types';
import type { RolloutResult } from './result-types';

/** One endpoint's part of a release. */
export interface ReleaseStep {
  readonly endpoint: string;
  readonly candidate: string;
  /** Steps of one wave run side by side; waves run one after the other. */
  readonly wave: number;
  readonly rolloutId: string | null;
  /** `watching`: promoted, and can still be rolled back. `kept`: promoted and ended. */
  readonly standing: 'waiting' | 'running' | 'watching' | 'kept' | 'failed' | 'rolledBack';
  /** How its rollout ended, or why it never began. */
  readonly why: string | null;
}

export interface ReleaseState {
  readonly schema: 1;
  readonly name: string;
  readonly who: string;
  readonly steps: readonly ReleaseStep[];
  /** Set when a person has stopped it. */
  readonly stopped: PersonalDecision | null;
  /** `watching`: all are promoted, and watched together. */
  readonly phase: 'rollingOut' | 'watching' | 'rollingBack' | 'settling' | 'ended';
}

export interface ReleaseResult {
  readonly name: string;
  readonly outcome: 'released' | 'rolledBack';
  /** The first thing that went wrong; null when nothing did. */
  readonly why: string | null;
  readonly steps: readonly ReleaseStep[];
}

/** What a rollout tells whoever asked for it. */
export type RolloutNews =
  | { readonly kind: 'accepted'; readonly endpoint: string; readonly rolloutId: string }
  | { readonly kind: 'refused'; readonly endpoint: string; readonly why: string }
  | { readonly kind: 'watching'; readonly endpoint: string; readonly rolloutId: string }
  | { readonly kind: 'ended'; readonly endpoint: string; readonly rolloutId: string; readonly result: RolloutResult };

/** A release as it is asked for: waves of rollouts. */
export interface ReleaseRequest {
  readonly name: string;
  readonly who: string;
  readonly waves: readonly (readonly RolloutSpec[])[];
  /** How long all of them are watched together once the last one is promoted; one that fails meanwhile brings all back. */
  readonly togetherMs: number;
}

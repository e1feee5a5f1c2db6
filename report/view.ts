import type { ArmCounts, GuardClass, VerdictKind } from '../guards/types';
import type { Cost, LogEntry, OutcomeKind, PhaseKind } from '../rollout';

/** Everything a tired person needs to know about a rollout, in words and numbers; the renderers only lay it out. Plain JSON. */
export interface RolloutView {
  readonly id: string;
  readonly endpoint: string;
  readonly candidate: string;
  /** What serves beside the candidate; null before it is known, and on a first deployment. */
  readonly incumbent: string | null;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly phase: PhaseKind;
  readonly mood: Mood;
  /** What is going on, as one line. */
  readonly headline: string;
  readonly share: ShareView;
  readonly ladder: readonly LadderStep[];
  readonly guards: readonly GuardView[];
  /** Empty until pairs of answers were compared. */
  readonly compared: readonly ComparedView[];
  /** Splits by segment of the requests; empty where there is one for all. */
  readonly segments: readonly SegmentView[];
  /** What all guards together say; null before they are fixed. */
  readonly decision: string | null;
  readonly next: NextView;
  readonly approval: ApprovalView | null;
  /** An abort that was accepted and is not yet carried out. */
  readonly abortPending: string | null;
  /** The command that would stop it now; null when an abort would be refused. */
  readonly abortCommand: string | null;
  readonly outcome: OutcomeView | null;
  readonly plan: PlanView | null;
  /** Every candidate of the file. */
  readonly arms: readonly ArmView[];
  /** Where the time went so far, by stage; the phase under way is booked when it is left. */
  readonly accounts: readonly AccountView[];
  /** What instances cost so far beside the fleet that serves anyway, and what that rests on, in one sentence; null where there were none. */
  readonly cost: string | null;
  readonly timeline: readonly LogEntry[];
}

/** How much it wants to be looked at: nothing to do, a person is awaited, ended as hoped, turned back, or in need of help. */
export type Mood = 'working' | 'waiting' | 'good' | 'turned' | 'alarm';

export interface ShareView {
  /** The candidate's share as last set and read back. */
  readonly setPct: number;
  /** Percent of the live requests whose copies candidates answer. */
  readonly copyPct: number;
  /** The share that the last look counted; null before the first. */
  readonly actualPct: number | null;
  /** Requests since the candidate's first tick. */
  readonly candidate: number;
  readonly incumbent: number;
}

/** How often both models answer the same request differently, in one segment; the interval holds at every look. */
export interface ComparedView {
  /** `all`, or a facet and its value. */
  readonly segment: string;
  readonly pairs: number;
  readonly differentPct: number;
  readonly lowPct: number;
  readonly highPct: number;
  readonly text: string;
}

/** How one segment's requests are split. */
export interface SegmentView {
  readonly segment: string;
  /** By variant, the incumbent's too. */
  readonly sharesPct: Readonly<Record<string, number>>;
  /** The same with what each arm has earned. */
  readonly text: string;
}

export interface LadderStep {
  readonly label: string;
  /** `stopped`: here it turned back; `skipped`: never reached, and never will be. */
  readonly state: 'done' | 'current' | 'next' | 'stopped' | 'skipped';
  /** The share it holds; null for a step that leaves traffic where it is. */
  readonly sharePct: number | null;
}

export interface GuardView {
  readonly name: string;
  readonly class: GuardClass;
  readonly required: boolean;
  readonly verdict: VerdictKind;
  /** The verdict's reason, one sentence made of numbers. */
  readonly sentence: string;
  readonly candidate: ArmCounts;
  readonly incumbent: ArmCounts;
  /** Evidence gathered towards each decision, as a fraction (0–1) of what it needs. */
  readonly towardsFail: number;
  readonly towardsPass: number;
  /** Candidate trials still expected until a decision; null when it cannot be told. */
  readonly moreTrials: number | null;
}

export interface NextView {
  readonly text: string;
  /** When patience ends, and what then happens. */
  readonly deadline: { readonly atMs: number; readonly then: string } | null;
}

export interface ApprovalView {
  /** What the person is asked, in one sentence. */
  readonly question: string;
  /** Who may decide, in words. */
  readonly by: string;
  readonly need: number;
  readonly given: readonly string[];
  readonly untilMs: number;
  readonly otherwise: 'reject' | 'approve';
  /** Lines to paste into a shell. */
  readonly approveCommand: string;
  readonly rejectCommand: string;
}

export interface OutcomeView {
  readonly kind: OutcomeKind;
  readonly sentence: string;
  readonly serving: string | null;
}

export interface PlanView {
  readonly digest: string;
  /** Each guard's margins, fixed from the incumbent's own rate, in words. */
  readonly margins: readonly string[];
  readonly forecasts: readonly string[];
}

export interface ArmView {
  readonly name: string;
  readonly standing: 'running' | 'benched' | 'lost';
  /** Why it does not compete any more; null while it does. */
  readonly why: string | null;
}

export interface AccountView {
  /** The stage in two words; `prepare` before the first, `end` for what follows the last: promotion and watch, or the way back. */
  readonly label: string;
  readonly bakingMs: number;
  readonly personMs: number;
  readonly awsMs: number;
  /** Instances beside the fleet that serves anyway, by type. */
  readonly capacity: readonly { readonly type: string; readonly instanceHours: number }[];
  readonly cost: Cost;
}

import type { LatencyEvidence, LatencyPlan, LatencyState } from './latency/types';
import type { BettingState, MeanEvidence, MeanPlan, ScoredMeanState } from './means/types';
import type { Dispersion } from './noise/dispersion';
import type { RateNoiseState } from './noise/noisy-rate';
import type {
  AlarmPlan,
  AttributionPlan,
  AttributionState,
  BiasPlan,
  BiasState,
  DriftPlan,
  DriftState,
  InputDriftPlan,
  InputDriftState,
  TallyState,
  ThresholdEvidence,
  ThresholdPlan,
  WebhookPlan,
} from './thresholds/types';
import type { CoverageEvidence, CoveragePlan, CoverageState } from './traffic/coverage';
import type { SplitEvidence, SplitPlan, SplitState } from './traffic/split';

/** Words of the guards. Everything here is plain JSON: states and verdicts travel through Temporal payloads. */

/** `pass` and `fail` are decisions; no data is `inconclusive`; a guard that could not look is `error`. */
export type VerdictKind = 'pass' | 'fail' | 'inconclusive' | 'error';

/** How much a guard promises: an exact e-process, an approximation, or a plain threshold. */
export type GuardClass = 'guaranteed' | 'approximate' | 'threshold';

export interface ArmCounts {
  /** Trials: requests, or labelled predictions. */
  readonly n: number;
  /** Bad events among them: errors, or wrong predictions. */
  readonly bad: number;
}

/** One closed tick as one guard sees it. */
export interface TickEvidence {
  readonly kind?: 'counts';
  /** End of the window, ISO-8601; ticks arrive in this order and each is counted once. */
  readonly key: string;
  readonly candidate: ArmCounts;
  readonly incumbent: ArmCounts;
  /** Nobody but the candidate serves any more: there is nothing to compare with. */
  readonly isAlone?: boolean;
  /** What one trial is; by default a request. It must be what the plan says. */
  readonly unit?: Unit;
}

/**
 * What one trial is. Where one user's requests stick to an arm, requests of one user are not independent, and a guard is
 * only valid on one outcome a user and window.
 */
export type Unit = 'request' | 'user';

/**
 * How a comparison treats an arm whose own rate wobbles. `exact`: every request is an independent draw. `fleetNoise`: arms are
 * compared by how blocks of ticks scatter, which makes the guard `approximate`. `both`: the two tests must agree, so that
 * the exact one's guarantee holds and noise that was not excluded does no harm.
 */
export interface NoiseMode {
  readonly mode: 'exact' | 'both' | 'fleetNoise';
  /** Overdispersion measured before the plan was fixed; null when it was not. */
  readonly phi: number | null;
  /** The scatter behind `phi`; absent when it was not measured. */
  readonly measured?: Omit<Dispersion, 'phi'>;
  /** Why this mode, in words. */
  readonly reason: string;
}

/** What every plan says. */
export interface PlanBase {
  readonly name: string;
  readonly class: GuardClass;
  /** Whether promotion needs this guard's `pass`. */
  readonly required: boolean;
}

/**
 * What a rate is of. `errors`: failed requests. `quality`: wrong predictions. `business`: units that missed the goal, not to be
 * worse. `goal`: the same, to be better: its margin is an odds ratio of 1 and its promotion budget is `falseWinner`. `shadow`:
 * requests that both arms answered; bad are those that only this arm got wrong, and `n` is the number of pairs on both arms.
 */
export type RateKind = 'errors' | 'quality' | 'business' | 'goal' | 'shadow';

/** What a candidate that serves alone is judged by: a rate that it must not exceed, and the budget for saying so wrongly. */
export interface AlonePlan {
  readonly limit: number;
  readonly alpha: number;
}

/** A guard on a rate of bad events, with everything fixed before the candidate's first request. */
export interface RatePlan extends PlanBase {
  readonly kind: RateKind;
  /** Null of the harm test: roll back when the odds ratio of bad events is shown to exceed this. */
  readonly rollbackOddsRatio: number;
  /** Null of the non-inferiority test, with absolute margins already turned into odds by the incumbent's rate. */
  readonly promoteOddsRatio: number;
  /** Absolute route to `pass`, as a rate; null when not asked for. */
  readonly slo: number | null;
  /** This guard's part of the false-rollback budget; all parts sum to the budget. */
  readonly rollbackAlpha: number;
  /** The false-promotion budget (an intersection–union test: not divided among guards; divided between this guard's two routes). */
  readonly promoteAlpha: number;
  /** Ticks over which late onsets are expected; sets the onset schedule, not a deadline. */
  readonly horizonTicks: number;
  /** The incumbent's rate when the plan was fixed, and the number of trials behind it. */
  readonly incumbentRate: { readonly rate: number; readonly n: number } | null;
  /** How it judges once no incumbent serves; absent: not at all. */
  readonly alone?: AlonePlan;
  /** Absent: exact, and nothing was measured. */
  readonly noise?: NoiseMode;
  /** Absent: request. */
  readonly unit?: Unit;
}

/** A guard with everything fixed before the candidate's first request. */
export type GuardPlan = RatePlan | LatencyPlan | MeanPlan | SplitPlan | CoveragePlan | ThresholdClassPlan;

/** Guards that decide by a rule of thumb. */
export type ThresholdClassPlan =
  ThresholdPlan | AlarmPlan | WebhookPlan | DriftPlan | InputDriftPlan | BiasPlan | AttributionPlan;

/** What one closed tick brings to one guard. */
export type Evidence =
  TickEvidence | LatencyEvidence | MeanEvidence | SplitEvidence | CoverageEvidence | ThresholdEvidence;

/** How near a decision is. */
export interface Progress {
  /** Natural log of the e-value; where `counts` says so, a count instead. */
  readonly logE: number;
  /** What `logE` must reach. */
  readonly needs: number;
  /** What is counted by a guard without an e-value on this side. */
  readonly counts?: 'trials' | 'ticks' | 'breaches';
}

/** What a guard estimates, where it is no odds ratio. */
export interface Estimate {
  /** In words: `share missing on the candidate`. */
  readonly what: string;
  /** Null when nothing was seen. */
  readonly value: number | null;
  /** Null bounds are open. */
  readonly interval: readonly [number | null, number | null];
}

/** What a verdict rests on, cumulative over the rollout. Log e-values are natural logs. */
export interface VerdictNumbers {
  readonly ticks: number;
  readonly candidate: ArmCounts;
  readonly incumbent: ArmCounts;
  /** Stratified (Mantel–Haenszel) estimate of the odds ratio; null without events. */
  readonly oddsRatio: number | null;
  /** Anytime-valid interval of the odds ratio at 1 − promoteAlpha; null bounds are open. */
  readonly interval: readonly [number | null, number | null];
  readonly estimate?: Estimate;
  /** Towards `fail`, or for a guard that holds the rollout towards that. */
  readonly harm: Progress;
  readonly promote: Progress & { readonly route: 'comparison' | 'slo' };
  /** Expected further candidate trials until a decision if the estimate holds; null when it cannot be told. */
  readonly moreTrials: number | null;
}

export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence made of numbers, for people. */
  readonly reason: string;
  readonly numbers: VerdictNumbers;
  /** The evidence itself is in doubt: nobody is promoted until a person has looked, whether or not this guard is required. */
  readonly holds?: true;
}

/** What all guards together say. Rollback wins over promotion. */
export interface Decision {
  /** `undecided` also while a guard holds the rollout. */
  readonly kind: 'rollBack' | 'promote' | 'undecided';
  /** Name of the guard that decided a rollback, when one can be named. */
  readonly guilty: string | null;
  readonly reason: string;
  /** Guards that doubt the evidence and therefore hold the rollout; absent when none does. */
  readonly holding?: readonly string[];
}

/** One e-process on its way. Plain JSON; `guards/e-process` gives the meaning of each number. */
export interface EProcessState {
  readonly ticks: number;
  /** Log e-value; it stays at its cap once it got there. */
  readonly logE: number;
  readonly logCash: number;
  readonly logBets: readonly number[];
}

/**
 * Log likelihood of the odds ratio over all ticks, and its slope, at fixed nodes of log(odds ratio). Between nodes the
 * cubic through values and slopes is off by at most spacing⁴/384 of the information: nothing that an interval shows.
 */
export interface LikelihoodCurve {
  readonly logLikelihood: readonly number[];
  readonly slope: readonly number[];
}

/** All that a guard remembers between ticks: plain JSON under 4 KB, opaque to everybody else. */
export type GuardState =
  | RateState
  | LatencyState
  | BettingState
  | ScoredMeanState
  | SplitState
  | CoverageState
  | TallyState
  | DriftState
  | InputDriftState
  | BiasState
  | AttributionState;

/** What a rate guard has counted since nobody but the candidate serves. */
export interface AloneState {
  readonly counts: ArmCounts;
  readonly test: EProcessState;
}

export interface RateState {
  readonly kind?: 'rate';
  readonly version: 1;
  /** Key of the last tick that was counted; null before the first. */
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly candidate: ArmCounts;
  readonly incumbent: ArmCounts;
  /** Sums of the Mantel–Haenszel odds ratio: Σ x(b − y)/N and Σ y(a − x)/N. */
  readonly mantelHaenszel: { readonly above: number; readonly below: number };
  readonly harm: EProcessState;
  readonly promote: EProcessState;
  /** Absolute route; null when the plan has none. */
  readonly slo: EProcessState | null;
  readonly curve: LikelihoodCurve;
  /** Since the candidate serves alone; absent before. */
  readonly alone?: AloneState;
  /** Only in the modes `both` and `fleetNoise`; `harm`, `promote` and `slo` then are the e-values that decide. */
  readonly noise?: RateNoiseState;
}

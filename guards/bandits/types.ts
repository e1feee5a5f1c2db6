import type { EProcessState } from '../types';

/** Words of the bandits. Everything here is plain JSON: plans and states travel through Temporal payloads. */

/** What a request earns. Bounded rewards are counted on the scale of 0 to 1: (reward − low) / (high − low). */
export type Reward =
  | { readonly kind: 'binary' }
  | {
      readonly kind: 'bounded';
      readonly low: number;
      readonly high: number;
      /**
       * How many coin tosses one reward is worth: p(1 − p)/variance of the incumbent's scaled rewards, fixed with the plan.
       * 1 is always safe, because no law on 0 to 1 varies more than a coin of the same mean.
       */
      readonly tosses: number;
    };

/** How a posterior becomes shares. `epsilonGreedy` is a reference, not a recommendation. */
export type Allocator =
  | { readonly kind: 'thompson' }
  | { readonly kind: 'topTwoThompson' }
  | { readonly kind: 'klUcb' }
  | { readonly kind: 'epsilonGreedy'; readonly epsilon: number };

/** Everything about a bandit that is fixed before its first request. */
export interface BanditPlan {
  /** Names of the arms, which are the production variants; unique. */
  readonly arms: readonly string[];
  /** One of the arms; it can win, and cannot be benched. */
  readonly incumbent: string;
  readonly reward: Reward;
  readonly allocator: Allocator;
  /** Smallest share of an arm that is not benched: max(least, start/√batch), as fractions. */
  readonly floor: { readonly least: number; readonly start: number };
  /** What a reward is worth one batch later, 0–1; 1 where arms do not change. */
  readonly discount: number;
  /** Sum of the whole-numbered weights that SageMaker gets: 10,000 is a hundredth of a percent. */
  readonly weightSum: number;
  /** Weights are left alone while no share would move by more than this (a fraction). */
  readonly deadBand: number;
  /** Probability of declaring an arm that is not the best, over all looks. */
  readonly falseWinner: number;
}

/** Outcomes of one arm in one cohort. A request is in it only when its reward is known. */
export interface ArmRewards {
  readonly n: number;
  /** Sum of rewards on the scale of 0 to 1; the number of successes where they are binary. */
  readonly sum: number;
  /** Sum of squared rewards on that scale; equal to `sum` where they are binary, and may be left out there. */
  readonly sumSquares?: number;
  /** Requests whose reward will never be known. They are not failures: they only show here. */
  readonly censored?: number;
}

/** Outcomes of requests that were routed in one batch and became known together. Arms that are not named had none. */
export type Cohort = Readonly<Record<string, ArmRewards>>;

/** One closed window of arrivals. */
export interface RewardEvidence {
  /** End of the window, ISO-8601; windows arrive in this order and each is counted once. */
  readonly key: string;
  /**
   * One cohort for each batch whose requests became known in this window. What comes later of a batch that was counted
   * before is a cohort of its own: it is never added to one that was bet on.
   */
  readonly cohorts: readonly { readonly batch: number; readonly arms: Cohort }[];
  /** Requests routed to each arm in this window, known or not. */
  readonly served?: Readonly<Record<string, number>>;
}

/** What a posterior rests on: discounted sums, not necessarily whole. */
export interface RewardCounts {
  readonly n: number;
  readonly sum: number;
}

export interface ArmState {
  readonly name: string;
  /** Discounted; the posterior is made of it. */
  readonly recent: RewardCounts;
  /** Undiscounted totals, for people. */
  readonly total: RewardCounts;
  readonly served: number;
  readonly censored: number;
  /** Why a guard benched the arm; null while it may get traffic. */
  readonly benched: string | null;
}

/** Evidence that `better` earns more than `worse`. */
export interface PairState {
  readonly better: string;
  readonly worse: string;
  readonly test:
    | { readonly kind: 'binary'; readonly process: EProcessState }
    | { readonly kind: 'bounded'; readonly process: BoundedPairState };
}

export interface BoundedPairState {
  /** log wealth of each bet. */
  readonly logBets: readonly number[];
  /** log e-value; it stays at its cap once it got there. */
  readonly logE: number;
  /** Rewards of both arms so far, which the next bets are centred on. */
  readonly better: Moments;
  readonly worse: Moments;
}

export interface Moments {
  readonly n: number;
  readonly sum: number;
  readonly sumSquares: number;
}

/** A bandit between two batches: plain JSON, opaque to everybody else. */
export interface BanditState {
  readonly version: 1;
  /** Key of the last window that was counted; null before the first. */
  readonly lastKey: string | null;
  /** Number of the batch that is running, from 0: how often weights were decided. */
  readonly batch: number;
  readonly arms: readonly ArmState[];
  readonly pairs: readonly PairState[];
  /** Whole-numbered weights in force, in the plan's order of arms; they sum to `weightSum`. */
  readonly weights: readonly number[];
}

/** One decision about weights. */
export interface Allocation {
  /** The batch that these weights are for. */
  readonly batch: number;
  /** Whole numbers for `DesiredWeight`, by arm; a benched arm has 0. */
  readonly weights: Readonly<Record<string, number>>;
  /** Share of each arm, weight ÷ sum: the propensity to log with every request of the batch. */
  readonly propensities: Readonly<Record<string, number>>;
  /** Whether an endpoint update is needed. */
  readonly changed: boolean;
  /** P(the arm is the best of those not benched), by arm. */
  readonly bestProbabilities: Readonly<Record<string, number>>;
  /** One sentence made of numbers. */
  readonly reason: string;
}

/** What the race says. A winner may be the incumbent: then nothing changes. */
export type Standing =
  | { readonly kind: 'winner'; readonly arm: string; readonly reason: string }
  /** Every other arm was benched: nobody was shown to be better. */
  | { readonly kind: 'lastStanding'; readonly arm: string; readonly reason: string }
  | { readonly kind: 'undecided'; readonly leader: string | null; readonly reason: string };

/**
 * The stages of a rollout after checking, with every default filled in. Shares are percent of the live requests (0–100), durations
 * milliseconds. What each means on SageMaker: docs/rollout-file.md.
 */
export type Stage =
  CanaryStage | LinearStage | BlueGreenStage | ShadowStage | AbTestStage | BanditStage | CalibrateStage | ApprovalStage;

/** What to do when a stage's time is up and the evidence has not decided. */
export type OnInconclusive = 'hold' | 'rollBack' | 'ask' | 'advance';

/** `decided`: every required guard passes. `requests`: no guard failed over that many candidate requests. */
export type HoldUntil =
  | { readonly kind: 'decided'; readonly atMostMs: number }
  | { readonly kind: 'requests'; readonly requests: number; readonly atMostMs: number };

/** A share that is held on one candidate. */
export interface CanaryStage {
  readonly kind: 'canary';
  readonly sharePct: number;
  /** Named groups of users that the share is randomised within; empty: everybody. Needs `routing: gateway`. */
  readonly groups: readonly string[];
  readonly until: HoldUntil;
  readonly onInconclusive: OnInconclusive;
}

/** Rising shares, each held for a bake; the last one needs the decision. */
export interface LinearStage {
  readonly kind: 'linear';
  /** Ascending. */
  readonly sharesPct: readonly [number, ...number[]];
  readonly bakeMs: number;
  /** After the bake of a step: how long to wait for evidence (of the last step: for the decision). */
  readonly decideWithinMs: number;
  /** Lets evidence decide how fast the share grows, so that the expected extra failures stay within this number; null: by time alone. */
  readonly extraFailures: number | null;
  readonly onInconclusive: OnInconclusive;
}

export type BlueGreenStage = BlueGreenByWeights | BlueGreenByGuardrails;

/** Two variants and one weight call: warmed without traffic, swapped at once, the old one kept for an instant way back. */
export interface BlueGreenByWeights {
  readonly kind: 'blueGreen';
  readonly engine: 'weights';
  /** Marked requests that the dark candidate gets before the swap. */
  readonly warmUp: number;
  /** Share that stays on the incumbent so that a comparison stays possible. */
  readonly holdbackPct: number;
  readonly until: HoldUntil;
  readonly onInconclusive: OnInconclusive;
}

/** SageMaker's own deployment guardrails: a second fleet under the same variant name, shifted and rolled back by SageMaker. */
export interface BlueGreenByGuardrails {
  readonly kind: 'blueGreen';
  readonly engine: 'guardrails';
  readonly shift: GuardrailShift;
  /** How long the old fleet is kept after the shift; 0–1 h. */
  readonly terminationWaitMs: number;
  /** SageMaker gives up after this long; 10 min–8 h. */
  readonly maximumMs: number;
  /** Existing CloudWatch alarms that roll back, beside those that Sluice makes. */
  readonly alarms: readonly string[];
  readonly onInconclusive: OnInconclusive;
}

/** Sizes are percent of the fleet; `waitMs` is the bake after each step, 0–1 h. */
export type GuardrailShift =
  | { readonly kind: 'allAtOnce'; readonly waitMs: number }
  | { readonly kind: 'canary'; readonly sizePct: number; readonly waitMs: number }
  | { readonly kind: 'linear'; readonly stepPct: number; readonly waitMs: number }
  | { readonly kind: 'rolling'; readonly batchPct: number; readonly waitMs: number };

/** The candidate answers copies of live requests; its answers go nowhere but into the comparison. */
export interface ShadowStage {
  readonly kind: 'shadow';
  /** `variant`: a shadow variant. `experiment`: the same by `CreateInferenceExperiment`. `gateway`: the gateway mirrors. */
  readonly engine: 'variant' | 'experiment' | 'gateway';
  /** Percent of the live requests that are copied. */
  readonly samplePct: number;
  readonly until: { readonly pairs: number; readonly atMostMs: number };
  readonly onInconclusive: OnInconclusive;
}

/** Fixed shares for long, until one candidate is better on the goal with every other guard non-inferior. */
export interface AbTestStage {
  readonly kind: 'abTest';
  /** Of all candidates together, in equal parts. */
  readonly sharePct: number;
  /** Whether a user stays with one variant (by the gateway) or every request is drawn anew. */
  readonly by: 'user' | 'request';
  readonly atMostMs: number;
  readonly onInconclusive: OnInconclusive;
}

export type BanditAllocator = 'thompson' | 'topTwoThompson' | 'klUcb' | 'epsilonGreedy';

/** What a request earns a bandit: a right answer, an event that follows, or what the event carries between two bounds. */
export type BanditReward =
  | { readonly kind: 'quality' }
  | {
      readonly kind: 'event';
      readonly event: string;
      /** `[low, high]`: a request earns the sum of what its events carried, 0 without any, held to these bounds; absent: one. */
      readonly value?: readonly [low: number, high: number];
    };

/** Shares follow the rewards, until one arm (or the incumbent) is shown to be the best. */
export interface BanditStage {
  readonly kind: 'bandit';
  readonly allocator: BanditAllocator;
  /** What a request earns: an event of `events`, or a right answer by ground truth. */
  readonly reward: BanditReward;
  /** Length of one batch: weights change at most this often. */
  readonly intervalMs: number;
  /** Least share of an arm that is not benched. */
  readonly floorPct: number;
  /** Weights stay while no share would move by more than this. */
  readonly deadBandPct: number;
  /** What a reward is worth one batch later; 1 where arms do not change. */
  readonly discount: number;
  /** Learns each segment of the requests by itself; absent: all requests alike. Needs `routing: gateway`. */
  readonly segments?: BanditSegments;
  readonly atMostMs: number;
  readonly onInconclusive: OnInconclusive;
}

export interface BanditSegments {
  /** Name among `schema.facets`. */
  readonly facet: string;
  /** Values of the facet that have a bandit of their own; all others share one, `other`. */
  readonly values: readonly string[];
}

/** Two slices of the incumbent (A/A): measures how much its own rates wobble, before the plan is fixed. */
export interface CalibrateStage {
  readonly kind: 'calibrate';
  readonly ticks: number;
  readonly atMostMs: number;
}

/** Who an approver is: as typed, or as a verified token says. */
export type ApproverIdentity =
  | { readonly kind: 'asserted' }
  | {
      readonly kind: 'token';
      readonly issuer: string;
      readonly audience: string;
      /** `https://…` address of the issuer's JSON Web Key Set. */
      readonly jwks: string;
      /** The claim that names the person. */
      readonly claim: string;
    };

/** Traffic is held where it is until people decide. */
export interface ApprovalStage {
  readonly kind: 'approval';
  /** Who may decide; empty means anybody. */
  readonly approvers: readonly string[];
  /** How many different people must approve. */
  readonly need: number;
  readonly withinMs: number;
  /** What a missed deadline means. */
  readonly otherwise: 'reject' | 'approve';
  readonly identity: ApproverIdentity;
}

/** What goes on after the promotion: the winner serves, the old model stays within reach, guards judge on. */
export interface WatchSettings {
  readonly forMs: number;
  /** Share that stays on the old model so that a comparison stays possible; 0 with `keep: cold`. */
  readonly holdbackPct: number;
  /** `warm`: the old variant stays, one weight call is the way back. `cold`: only its config does; the way back takes minutes. */
  readonly keep: 'warm' | 'cold';
}

/** What a newer rollout means for one that runs. A watch is always ended by a newer one. */
export type OnNewer = 'queue' | 'replace' | 'reject';

/** Who splits the traffic: SageMaker by variant weights, or a gateway that follows the published assignment. */
export type Routing =
  | { readonly by: 'weights' }
  | {
      readonly by: 'gateway';
      /** `s3://…` where the assignment document is published. */
      readonly to: string;
      /** How long a gateway may go on with an assignment that it cannot renew. */
      readonly expiresMs: number;
    };

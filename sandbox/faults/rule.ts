/** The services a rule may name, as they are told apart on the port. */
export const FAULT_SERVICES = ['sagemaker', 'runtime', 's3', 'cloudwatch', 'autoscaling', 'sts'] as const;
export type FaultService = (typeof FAULT_SERVICES)[number];

/** States that can be held: of an endpoint, and of a job. */
export const STUCK_STATES = ['Creating', 'Updating', 'RollingBack', 'Deleting', 'InProgress', 'Stopping'] as const;

/** How a streamed answer can end before its time: codes of ModelStreamError, or the service's own failure. */
export const STREAM_ERRORS = ['ModelInvocationTimeExceeded', 'StreamBroken', 'InternalStreamFailure'] as const;

/** What a rule strikes. Left-out members match everything; all but `service` are globs of `*` and `?`. */
export interface FaultMatch {
  readonly service?: FaultService;
  readonly operation?: string;
  /** Endpoint, configuration, model, job or schedule by name; `bucket/key` for S3; the resource id for Application Auto Scaling. */
  readonly resource?: string;
  /** Variant; for a call the TargetVariant, if it has one. */
  readonly variant?: string;
}

/** Which of the matching events a rule strikes; all that is given must hold. Without it, every one. */
export interface FaultWhen {
  readonly probability?: number;
  /** The n-th matching event, from 1; or several. */
  readonly nth?: number | readonly number[];
  readonly first?: number;
  /** Provider time since the rule was set; half open. */
  readonly between?: { readonly fromSeconds?: number; readonly toSeconds?: number };
}

/**
 * What happens. Times in `Ms` are real, for what a client's own clock measures; in `ProviderMs` they pass with the sandbox's speed.
 *
 * Calls to any service: `throttle` (always, or beyond a token bucket per operation), `error`, `reset` and `hang` (no answer and no
 * effect), `delay`, `loseAnswer` (the effect, but no answer), `clockSkew` (the server's clock is off).
 * Control plane: `hide` (what a Create call made cannot be found yet), `stuck`, `insufficientCapacity`, `quota`, `rollback` (an update
 * returns to the old configuration), `rollbackFails` (it stays in a mix of both), `failJob` (a job ends before it has begun to work).
 * Containers: `slowDownload`, `slowStart`, `crash`, `failPing`, `slowInvocation`, `badInvocation`.
 * Answers: `breakStream` (a streamed answer ends with an exception).
 * Records: `lateCapture`, `lostCapture`, `duplicateCapture`, `lateMetrics`, `lostMetrics`.
 */
export type Fault =
  | { readonly fault: 'throttle'; readonly ratePerSecond?: number; readonly burst?: number }
  | { readonly fault: 'error'; readonly status: number; readonly code?: string; readonly message?: string }
  | { readonly fault: 'reset' }
  | { readonly fault: 'hang'; readonly forMs?: number }
  | { readonly fault: 'delay'; readonly byMs: number }
  | { readonly fault: 'loseAnswer' }
  | { readonly fault: 'clockSkew'; readonly byMs: number }
  | { readonly fault: 'hide'; readonly forProviderMs: number }
  | { readonly fault: 'stuck'; readonly status: (typeof STUCK_STATES)[number]; readonly forProviderMs?: number }
  | { readonly fault: 'insufficientCapacity'; readonly instanceType?: string }
  | { readonly fault: 'quota'; readonly instances: number; readonly instanceType?: string }
  | { readonly fault: 'rollback'; readonly at?: 'provisioning' | 'baking'; readonly reason?: string }
  | { readonly fault: 'rollbackFails' }
  | { readonly fault: 'failJob'; readonly reason?: string }
  | { readonly fault: 'slowDownload'; readonly byProviderMs: number }
  | { readonly fault: 'slowStart'; readonly byProviderMs: number }
  | { readonly fault: 'crash'; readonly at: 'start' | 'invocation' }
  | { readonly fault: 'failPing' }
  | { readonly fault: 'slowInvocation'; readonly byMs: number }
  | {
      readonly fault: 'badInvocation';
      readonly status: number;
      readonly body?: string;
      readonly contentType?: string;
    }
  | {
      readonly fault: 'breakStream';
      readonly error: (typeof STREAM_ERRORS)[number];
      readonly afterParts?: number;
    }
  | { readonly fault: 'lateCapture'; readonly byProviderMs: number }
  | { readonly fault: 'lostCapture' }
  | { readonly fault: 'duplicateCapture' }
  | { readonly fault: 'lateMetrics'; readonly byProviderMs: number; readonly metric?: string }
  | { readonly fault: 'lostMetrics'; readonly metric?: string };

export type FaultKind = Fault['fault'];
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly fault: K }>;

/** One rule. Ids are unique; they name the rule in the journal and seed its chance. */
export interface FaultRule {
  readonly id: string;
  readonly match?: FaultMatch;
  readonly when?: FaultWhen;
  readonly then: Fault;
}

/** Where something happens that a rule may strike. */
export interface FaultSite {
  readonly service: FaultService;
  readonly operation: string;
  readonly resource: string;
  readonly variant?: string;
}

import type { GuardTrack, Incumbent, LiveEndpoint, LookResult, RolloutPlan, Traffic } from '../rollout';
import type { RolloutSpec } from '../spec/types';

/** What every activity of a rollout is told. */
export interface RolloutContext {
  readonly id: string;
  readonly number: number;
  readonly spec: RolloutSpec;
}

/** After the plan is fixed. `incumbent` is null on a first deployment. */
export interface PlannedContext extends RolloutContext {
  readonly plan: RolloutPlan;
  readonly incumbent: Incumbent | null;
}

/** Which config to wait for, and the candidate's share to find in it (null: shares are not checked). */
export interface Awaited {
  readonly endpoint: string;
  readonly configName: string;
  readonly share: { readonly variant: string; readonly sharePct: number } | null;
}

export interface LookRequest extends PlannedContext {
  readonly sharePct: number;
  readonly guards: readonly GuardTrack[];
  readonly traffic: Traffic;
}

export interface FixedPlan {
  readonly plan: RolloutPlan;
  readonly guards: readonly GuardTrack[];
}

/** The verbs of a rollout as operators say them. All are idempotent; failures are `ApplicationFailure`s of a closed list of types (`spec/failures`). */
export interface RolloutActivities {
  /** The endpoint as it is, or null when there is none. Fails with `EndpointNotOurs` when Sluice did not make it. */
  inspectEndpoint(input: { readonly endpoint: string }): Promise<LiveEndpoint | null>;
  /** Measures the incumbent's own rates and fixes margins, budgets, names and forecasts. Waits for evidence; fails with `NoEvidence`. */
  fixPlan(input: RolloutContext & { readonly incumbent: Incumbent | null }): Promise<FixedPlan>;
  /** First deployment: model, endpoint config, endpoint. */
  createEndpoint(input: PlannedContext): Promise<void>;
  /** Adds the candidate as a second variant without traffic. */
  deployCandidate(input: PlannedContext): Promise<void>;
  /** Polls until the endpoint is in service on the wanted config and share, as read back. */
  awaitEndpoint(input: Awaited): Promise<void>;
  /** Sets the candidate's share. */
  shiftTraffic(input: PlannedContext & { readonly sharePct: number }): Promise<void>;
  /** Feeds the ticks that have closed to the guards. Fails with `SilentRollback` or `OutsideChange` when the endpoint is not as we left it. */
  judge(input: LookRequest): Promise<LookResult>;
  /** Rewrites the endpoint to the candidate alone. */
  rewriteToCandidate(input: PlannedContext): Promise<void>;
  /** Brings weights and config back to the incumbent and waits until that is read back. */
  restoreIncumbent(input: PlannedContext): Promise<void>;
  /** Deletes the endpoint that this rollout's first deployment made; one that others made is left alone. */
  removeEndpoint(input: PlannedContext): Promise<void>;
  /** Deletes what this rollout made and nothing uses any more; never a config in use. */
  collectGarbage(input: PlannedContext & { readonly keep: 'candidate' | 'incumbent' }): Promise<void>;
}

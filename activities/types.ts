import type {
  BanditTrack,
  DeploymentReading,
  GuardTrack,
  Incumbent,
  KnownPrices,
  Layout,
  LayoutKind,
  LiveEndpoint,
  LookResult,
  RolloutNames,
  RolloutPlan,
  SharesChange,
  Sides,
  Traffic,
  VerifiedIdentity,
} from '../rollout';
import type { InstanceChoice, RolloutSpec } from '../spec/types';
import type { IdentityProof } from './identity';

/** What every activity of a rollout is told. */
export interface RolloutContext {
  readonly id: string;
  readonly number: number;
  readonly spec: RolloutSpec;
}

/** Once the endpoint was read. `incumbent` is null on a first deployment. */
export interface NamedContext extends RolloutContext {
  readonly names: RolloutNames;
  readonly incumbent: Incumbent | null;
}

/** After the plan is fixed. */
export interface PlannedContext extends NamedContext {
  readonly plan: RolloutPlan;
}

/** Which config to wait for, and the shares of its production variants to find in it (null: shares are not checked). */
export interface Awaited {
  readonly endpoint: string;
  readonly configName: string;
  readonly sharesPct: Readonly<Record<string, number>> | null;
}

export interface LookRequest extends PlannedContext {
  readonly layout: Layout;
  /** The candidates' shares over time. */
  readonly shares: readonly SharesChange[];
  readonly guards: readonly GuardTrack[];
  readonly traffic: Traffic;
  readonly bandit: BanditTrack | null;
  /** The share that is held; null while it is only watched that nothing breaks. */
  readonly holding: Holding | null;
}

/** A hold whose shares may follow the evidence. */
export interface Holding {
  /** Index in the file's stages. */
  readonly stage: number;
  readonly follows: 'file' | 'harm' | 'rewards';
  /** Candidates that still compete. */
  readonly running: readonly string[];
  readonly sinceMs: number;
}

export interface FixedPlan {
  readonly plan: RolloutPlan;
  readonly guards: readonly GuardTrack[];
  readonly bandit: BanditTrack | null;
}

/** The machines that candidates got, where the file says which; empty where it has no part in it. */
export interface BroughtUp {
  readonly instances: Readonly<Record<string, InstanceChoice>>;
}

/** The verbs of a rollout as operators say them. All are idempotent; failures are `ApplicationFailure`s of a closed list of types (`spec/failures`). */
export interface RolloutActivities {
  /** The endpoint as it is (null when there is none), the names of what this rollout will make, and the prices that it is booked by. Fails with `EndpointNotOurs` when Sluice did not make it. */
  inspectEndpoint(
    input: RolloutContext
  ): Promise<{ readonly live: LiveEndpoint | null; readonly names: RolloutNames; readonly prices?: KnownPrices }>;
  /**
   * Compares the gateway's transforms with those of the candidates' containers on the file's samples, and says what was compared (null: the file
   * declares none). Changes nothing; fails with `InvalidRequest` and both outputs where they differ.
   */
  checkTransforms(input: RolloutContext): Promise<string | null>;
  /** Measures the incumbent's own rates and fixes margins, budgets and forecasts. Waits for evidence; fails with `NoEvidence`. */
  fixPlan(
    input: NamedContext & { readonly calibrated: { readonly fromMs: number; readonly toMs: number } | null }
  ): Promise<FixedPlan>;
  /** First deployment: model, endpoint config, endpoint. */
  createEndpoint(input: NamedContext): Promise<BroughtUp | undefined>;
  /** Asks for another set of variants: the candidates beside the incumbent without traffic, as a shadow, or the incumbent twice. */
  deploy(input: NamedContext & { readonly to: Exclude<LayoutKind, 'single'> }): Promise<BroughtUp | undefined>;
  /** Polls until the endpoint is in service on the wanted config and shares, as read back. */
  awaitEndpoint(input: Awaited): Promise<void>;
  /** Sends marked requests to candidates that have no traffic, until each has answered so many. */
  warmUp(input: NamedContext & { readonly candidates: readonly string[]; readonly requests: number }): Promise<void>;
  /** Makes room for what the shares will bring, then sets them, as weights or as the assignment that gateways follow. */
  shiftTraffic(input: NamedContext & { readonly layout: Layout }): Promise<void>;
  /** Feeds the ticks that have closed to the guards. Fails with `SilentRollback` or `OutsideChange` when the endpoint is not as we left it. */
  judge(input: LookRequest): Promise<LookResult>;
  /**
   * Asks for SageMaker's own deployment, with alarms that can fire and one that aborts. Fails with `InvalidRequest`, before anything is changed, when
   * the live fleet is beyond what guardrails can do.
   */
  startGuardrails(input: NamedContext & { readonly stage: number }): Promise<void>;
  /** Reads how far that has come, and judges. Fails with `SilentRollback` when SageMaker went back, and names the alarm. */
  followGuardrails(
    input: LookRequest & { readonly stage: number }
  ): Promise<{ readonly reading: DeploymentReading; readonly look: LookResult }>;
  /** Counts how well either side of a rollback serves right now. */
  assess(input: NamedContext & { readonly layout: Layout }): Promise<Sides>;
  /** Rewrites the endpoint to the winner alone. */
  rewriteToWinner(input: NamedContext & { readonly winner: string }): Promise<void>;
  /** Brings weights and config back to the incumbent and waits until that is read back; `doubtful`: also that it stays so. */
  restoreIncumbent(input: NamedContext & { readonly doubtful: boolean }): Promise<void>;
  /** Deletes the endpoint that this rollout's first deployment made; one that others made is left alone. */
  removeEndpoint(input: NamedContext): Promise<void>;
  /** Who a token says that its bearer is. Fails with `IdentityRefused`. */
  verifyApprover(input: IdentityProof): Promise<{ readonly who: string; readonly identity: VerifiedIdentity }>;
  /** Deletes what this rollout made and nothing uses any more; never a config in use. `keep`: the winner; null: the incumbent. */
  collectGarbage(input: NamedContext & { readonly keep: string | null }): Promise<void>;
}

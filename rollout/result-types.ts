import type { Verdict } from '../guards/types';
import type { Outcome, PersonalDecision } from './phase-types';
import type { KnownPrices } from './plan-types';
import type { Arm, Cost, TimeAccount, Traffic } from './types';

/** A model as an endpoint serves it. */
export interface Served {
  /** What people call it. */
  readonly version: string;
  /** The production variant's name: what CloudWatch and captured data know it by. */
  readonly variant: string;
  /** SageMaker's model: what a transform job names. */
  readonly modelName: string;
  readonly configName: string;
}

/** What a rollout workflow returns. */
export interface RolloutResult {
  readonly id: string;
  readonly endpoint: string;
  /** The candidate that the rollout is known by: the winner, or the first of the file. */
  readonly candidate: string;
  readonly arms: readonly Arm[];
  readonly outcome: Outcome;
  /** What serves after the rollout. */
  readonly serving: string | null;
  /** The same, as others can use it; null when nothing serves, or the endpoint was never read. */
  readonly served: Served | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly digest: string | null;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly traffic: Traffic;
  readonly approvals: readonly PersonalDecision[];
  /** Each with what its instances cost beside the fleet that served anyway, autoscaling apart. */
  readonly accounts: readonly (TimeAccount & { readonly cost: Cost })[];
  /** Of all stages together. */
  readonly cost: Cost;
  /** What the costs rest on. */
  readonly prices: KnownPrices | null;
}

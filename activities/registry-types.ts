import type { RolloutSpec } from '../spec/types';

/** Which group of the model registry is followed, and what is rolled out for each approved version. */
export interface Following {
  readonly group: string;
  /** The rollout file; its one candidate is replaced by the version. */
  readonly spec: RolloutSpec;
  /** Who follows it, for the record. */
  readonly who: string;
  readonly searchAttributes: boolean;
}

/** The newest approved version of a group. */
export interface ApprovedVersion {
  readonly arn: string;
  readonly version: number;
  /** The rollout that it was handed to on this endpoint; null: none yet. */
  readonly rollout: string | null;
}

export type Handed =
  | { readonly kind: 'started' | 'queued'; readonly rollout: string; readonly version: number }
  /** The endpoint's owner would not take it now; the next look tries again. */
  | { readonly kind: 'refused'; readonly reason: string; readonly version: number };

/** What following the model registry asks of the outside. */
export interface RegistryActivities {
  /** Null while nothing in the group is approved. */
  newestApproved(input: Following): Promise<ApprovedVersion | null>;
  /** Hands a version to the endpoint's owner, once, and writes that on the version. */
  handOver(input: Following & { readonly version: ApprovedVersion }): Promise<Handed>;
}

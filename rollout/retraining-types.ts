import type { RolloutSpec } from '../spec/types';
import type { Served } from './result-types';

/** A new model that a monitor has asked for. */
export interface RetrainingRequest {
  readonly endpoint: string;
  /** Counts the retrainings of the endpoint, from 1; the new candidate is named by it. */
  readonly number: number;
  readonly who: string;
  readonly why: string;
  /** The file that brought the incumbent. It says how to retrain, and is the new candidate's file but for the model. */
  readonly spec: RolloutSpec;
  readonly incumbent: Served;
}

/** The same for a job: `run` tells it from another one of this number, which an owner that had forgotten everything would ask for. */
export interface RetrainingRun extends RetrainingRequest {
  readonly run: string;
}

/** A retraining as the endpoint's owner knows it. */
export interface Retraining {
  readonly id: string;
  readonly number: number;
  readonly who: string;
  readonly why: string;
  readonly sinceMs: number;
}

/** What came of it. */
export type RetrainingResult =
  | { readonly kind: 'trained'; readonly spec: RolloutSpec; readonly candidate: string; readonly model: string }
  /** Whoever trains takes it from here: by `sluice deploy`, or an approval in the model registry. */
  | { readonly kind: 'handedOver'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

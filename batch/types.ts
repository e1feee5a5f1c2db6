import type { Failure } from '../spec/failures';
import type { AwsSettings, BatchSpec } from '../spec/types';

/** What a run of a batch is asked for; what schedules hold. It names no model unless one is pinned. */
export interface BatchRequest {
  readonly endpoint: string;
  readonly aws: AwsSettings;
  readonly batch: BatchSpec;
}

/** What every activity of a run is told once the run is open. */
export interface BatchContext extends BatchRequest {
  /** Id of the workflow. */
  readonly id: string;
  readonly opened: OpenedBatch;
}

/** The decisions that a run is made with: none of them is made twice. */
export interface OpenedBatch {
  readonly nominalMs: number;
  /** Eight hex digits of the run's own; part of the names of all that it makes. */
  readonly run: string;
  /** Addresses with their places filled in; `output` without a closing slash. */
  readonly input: string;
  readonly output: string;
  readonly model: ResolvedModel;
  readonly challenger: ResolvedModel | null;
}

export interface ResolvedModel {
  /** Name of the SageMaker model. */
  readonly name: string;
  /** What people call it. */
  readonly version: string;
  /** Who said so: the endpoint's owner, the endpoint itself, or the file. */
  readonly from: 'owner' | 'rollout' | 'endpoint' | 'file';
  /** Made for this run, and deleted at its end. */
  readonly isOwn: boolean;
}

/** One group of objects, scored by one transform job at a time. */
export interface PartState {
  readonly part: number;
  readonly phase: PartPhase;
  /** Counts from 1; every transform job has its own. */
  readonly attempt: number;
  /** How often what failed was cut into smaller pieces; 0: the objects as they are. */
  readonly round: number;
  readonly objects: number;
  readonly bytes: number;
  /** Of the input, once it was read; null before. */
  readonly records: number | null;
  /** Records that have their result. */
  readonly good: number;
  readonly quarantined: number;
  /** Attempts in a row that failed for reasons that have nothing to do with the records. */
  readonly misfortunes: number;
  /** Of challenger and model, on the same records; null before, or without a challenger. */
  readonly compared: Compared | null;
  readonly labels: Readonly<Record<string, number>>;
  /** Why the last job failed, as SageMaker says. */
  readonly lastFailure: string | null;
}

export type PartPhase = 'scan' | 'transform' | 'check' | 'carve' | 'wait' | 'challenge' | 'assemble' | 'done';

/** How often two models answered the same record differently. */
export interface Compared {
  readonly pairs: number;
  readonly different: number;
  /** Records that the challenger would not answer. */
  readonly refused: number;
  /** By what the model and what the challenger said: `positive → negative`. */
  readonly changes: Readonly<Record<string, number>>;
}

/** A record, or a whole object, that is not in the output. */
export interface BadRecord {
  /** `s3://bucket/key` */
  readonly object: string;
  /** From 1; null: the whole object. */
  readonly line: number | null;
  readonly why: string;
}

export type BatchEvent =
  | { readonly kind: 'scanned'; readonly records: number; readonly refused: number; readonly pieces: number }
  | {
      readonly kind: 'transformed';
      readonly status: 'Completed' | 'Failed' | 'Stopped';
      readonly reason: string | null;
    }
  | {
      readonly kind: 'checked';
      readonly good: number;
      readonly bad: number;
      readonly labels: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'carved'; readonly pieces: number; readonly quarantined: number }
  | { readonly kind: 'waited' }
  | { readonly kind: 'challenged'; readonly compared: Compared }
  | { readonly kind: 'assembled' };

export type BatchPhase = 'opening' | 'listing' | 'transforming' | 'publishing' | 'discarding' | 'ended';

/** Everything a run knows. Plain JSON: it survives payloads and continue-as-new. */
export interface BatchState {
  readonly schema: 1;
  readonly id: string;
  readonly request: BatchRequest;
  readonly phase: BatchPhase;
  readonly startedAtMs: number;
  readonly opened: OpenedBatch | null;
  readonly parts: readonly PartState[];
  /** The first few records that are not in the output; all of them stand in `quarantine.jsonl`. */
  readonly bad: readonly BadRecord[];
  /** When the transforming began, for the forecast of its end. */
  readonly transformingSinceMs: number | null;
  readonly stopped: { readonly who: string; readonly why: string } | null;
  readonly endedAtMs: number | null;
  readonly outcome: BatchOutcome | null;
  readonly drift: DriftFinding | null;
}

export interface DriftFinding {
  readonly distance: number;
  readonly allowance: number;
  readonly threshold: number;
  readonly isViolated: boolean;
  readonly baseline: string;
}

export type BatchOutcome =
  | { readonly kind: 'published'; readonly manifest: string }
  | { readonly kind: 'stopped'; readonly who: string; readonly why: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a run comes to, as its workflow returns it and history lists it. */
export interface BatchResult {
  readonly id: string;
  readonly nominalMs: number;
  readonly outcome: BatchOutcome;
  readonly model: string;
  readonly input: string;
  readonly records: number;
  readonly objects: number;
  readonly quarantined: number;
  readonly bad: readonly BadRecord[];
  /** Transform jobs that were needed. */
  readonly jobs: number;
  readonly tookMs: number;
  readonly compared: Compared | null;
  readonly drift: DriftFinding | null;
}

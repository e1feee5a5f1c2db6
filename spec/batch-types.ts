import type { InstanceChoice, ModelSource } from './candidate-types';
import type { ScheduleSettings } from './schedule-types';

/** One batch transform: what is scored, by which model, and where the results go. */
export interface BatchSpec {
  /** Part of schedule, workflow and job names; unique in the file. */
  readonly name: string;
  /** Absent: it runs only when somebody asks. */
  readonly schedule?: ScheduleSettings;
  /** IANA name of the zone in which `{date}` and the like are meant. */
  readonly timezone: string;
  /** The places in addresses name the nominal time minus this; whole days are days of the calendar. */
  readonly dataLagMs: number;
  /** A run that has not begun this long after its nominal time is late. */
  readonly startWithinMs: number;
  /** A run that has not published this long after its nominal time is late. */
  readonly withinMs: number;
  /** `s3://bucket/prefix/{date}/`; every object below it is scored. */
  readonly input: string;
  /** `s3://bucket/prefix/{date}`; without a place in braces, the date (or the time) is appended. */
  readonly output: string;
  readonly model: BatchModel;
  readonly instance: InstanceChoice;
  readonly strategy: 'MultiRecord' | 'SingleRecord';
  /** Largest request, in MB (MaxPayloadInMB). */
  readonly payloadMb: number;
  /** Requests at a time and instance (MaxConcurrentTransforms); absent: what the container asks for. */
  readonly concurrency?: number;
  /** How the objects of the input are packed (CompressionType); absent: they are not. */
  readonly compression?: 'Gzip';
  readonly split: BatchSplit;
  readonly assemble: 'Line' | 'None';
  readonly contentType: string;
  readonly accept?: string;
  readonly filters: BatchFilters;
  readonly onBadRecord: 'quarantine' | 'fail';
  /** More than this part of the records refused fails the batch all the same; a fraction. */
  readonly atMostBad: number;
  readonly verify: BatchVerify;
  readonly challenger?: BatchChallenger;
  readonly parts: BatchParts;
}

export type BatchSplit = 'Line' | 'None' | 'RecordIO' | 'TFRecord';

/** Which model scores. `incumbent`: what the endpoint's owner says when the run begins; anything else is pinned. */
export type BatchModel =
  | { readonly kind: 'incumbent' }
  /** A SageMaker model that exists. */
  | { readonly kind: 'existing'; readonly name: string }
  | { readonly kind: 'source'; readonly model: ModelSource };

/** SageMaker's DataProcessing: JSONPaths of what is sent, and of what is kept of input and answer together. */
export interface BatchFilters {
  readonly input?: string;
  readonly output?: string;
  readonly join: 'Input' | 'None';
}

export interface BatchVerify {
  /** Whether every record must have its line in the output. */
  readonly counts: boolean;
  readonly drift?: BatchDrift;
}

/** How far the shares of the predicted labels may be from those of the batch before, or of a pinned one. */
export interface BatchDrift {
  /** Where the predicted label stands in a line of the output: a JSON path, or a CSV column index. */
  readonly prediction: string;
  /** `s3://…/manifest.json` of a published batch; absent: the latest before this one. */
  readonly baseline?: string;
  readonly threshold: number;
  readonly distance: 'lInfinity' | 'jensenShannon';
  readonly then: 'alert' | 'fail';
}

/** Another model that scores the same records in shadow; its answers are compared and thrown away. */
export interface BatchChallenger {
  readonly name: string;
  readonly model: Exclude<BatchModel, { readonly kind: 'incumbent' }>;
  /** Where the predicted label stands in a line of the output. */
  readonly prediction: string;
}

export interface BatchParts {
  /** Bytes that one transform job takes at most, unless one object alone is larger. */
  readonly bytes: number;
  /** An object larger than this is cut between its lines, so that instances share it and a retry costs little. */
  readonly sliceBytes: number;
  /** Transform jobs at a time. */
  readonly parallel: number;
}

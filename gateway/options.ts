import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { Answer, ModelRequest } from './invocation';
import type { ByWeights } from './routing';
import type { TransformDefinition } from './transform/transforms';

export interface GatewayOptions {
  readonly endpoint: string;
  readonly runtime: SageMakerRuntimeClient;
  readonly s3: S3Client;
  /** `s3://bucket/prefix` below which rollouts publish `assignments/<endpoint>.json`; absent: the endpoint's weights choose. */
  readonly assignment?: string;
  /** How old the assignment may become while calls come in. Default 2 s. */
  readonly refreshMs?: number;
  /** `s3://bucket/prefix` for counts; absent: nothing is counted. */
  readonly counts?: string;
  /** `s3://bucket/prefix` for a line for each call that says which variant answered whom; needed where users are the unit. */
  readonly exposures?: string;
  /** `s3://bucket/prefix` for labels, the same as `groundTruth.from` in the rollout file; absent: labels are refused. */
  readonly labels?: string;
  /** `s3://bucket/prefix` for business events, the same as `from` of an event in the rollout file; absent: events are refused. */
  readonly events?: string;
  /** Makes copies possible that an assignment asks for; absent: none are sent. */
  readonly mirror?: {
    /** A client of its own, so that copies never take a connection from live calls. */
    readonly runtime: SageMakerRuntimeClient;
    /** `s3://bucket/prefix` for the pairs of answers. */
    readonly pairs: string;
  };
  /** Changes requests before the model and answers after it; probes too. */
  readonly transforms?: TransformDefinition;
  /** Length of a counts window and pause between writes. Choose it so that a tick is a whole number of windows. Default 1 s. */
  readonly flushMs?: number;
  /** Wall clock in milliseconds since 1970. */
  readonly now?: () => number;
  /** Told when background writes begin to fail, once until one succeeds; what was to be written is kept and tried again. Default: a process warning. */
  readonly onWriteError?: (error: Error) => void;
  /** Told when the assignment cannot be read or followed, once until the reason changes. Default: a process warning. */
  readonly onAssignmentTrouble?: (error: Error) => void;
}

export interface InvokeRequest extends ModelRequest {
  /** Joins the call to its captured prediction, its label and its events; made when absent. At most 64 ASCII characters. */
  readonly inferenceId?: string;
  /** Who asks: a stable id, best a pseudonym, because it is written to S3. The same user gets the same variant. */
  readonly userId?: string;
  /** A group that the user is in, for rollouts to named groups. */
  readonly group?: string;
  /** The request's segment, where a rollout learns segments by themselves and the caller knows it; else it is read from the request. */
  readonly segment?: string;
  /** Variant that a tester wants to see, whatever is assigned. No evidence: marked like a probe and not counted. */
  readonly override?: string;
  /** Health checks and warm-up: never counted, and marked in the capture by `probeAttribute`. */
  readonly probe?: boolean;
}

export interface InvokeResult extends Answer {
  readonly inferenceId: string;
  readonly latencyMs: number;
  /** How the variant was found: drawn, outside the target groups, asked for by a tester, or left to the weights. */
  readonly routedBy: 'drawn' | 'outside' | 'override' | 'weights';
  /** Why the endpoint's weights chose; null when they did not. */
  readonly byWeights: ByWeights | null;
  /** Epoch of the assignment that was followed; null when none was. */
  readonly epoch: number | null;
  /** The probability with which the variant was drawn; null when it was not drawn. */
  readonly propensity: number | null;
  /** The segment whose split it was drawn by; null where one split is for all. */
  readonly segment: string | null;
}

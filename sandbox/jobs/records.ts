import type {
  CreateProcessingJobCommandInput,
  CreateTrainingJobCommandInput,
  CreateTransformJobCommandInput,
  ProcessingJobStatus,
} from '@aws-sdk/client-sagemaker';
import type { ContainerBlueprint } from '../fleet/blueprint';
import type { Checked } from '../wire/types';

/** The states of every kind of job. */
export type JobStatus = ProcessingJobStatus;

/** A job of any kind, with all that is needed to run it again after a restart. */
export interface JobRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly status: JobStatus;
  /** When its instances began to work. */
  readonly startMs?: number;
  readonly endMs?: number;
  readonly failureReason?: string;
}

export interface TransformJobRecord extends JobRecord {
  readonly input: Checked<CreateTransformJobCommandInput>;
  /** Copied when the job is created: the model may be deleted under it. */
  readonly containers: readonly ContainerBlueprint[];
}

export interface ProcessingJobRecord extends JobRecord {
  readonly input: Checked<CreateProcessingJobCommandInput>;
  readonly exitMessage?: string;
  /** Of a job that a monitoring schedule has begun. */
  readonly monitoring?: MonitoringOfJob;
}

export interface TrainingJobRecord extends JobRecord {
  readonly input: Checked<CreateTrainingJobCommandInput>;
  /** Where the model was stored; absent until it was. */
  readonly modelUrl?: string;
}

/** What a monitoring schedule adds to its processing job. */
export interface MonitoringOfJob {
  readonly scheduleArn: string;
  /** Inputs of which only objects below `…/yyyy/mm/dd/hh/` of these times are copied, by name; half open. */
  readonly hours: Readonly<Record<string, { readonly fromMs: number; readonly toMs: number }>>;
  /** Inputs that are the manifests of batch data capture: what these name is copied in their place. */
  readonly manifests?: readonly string[];
  /** Where metrics go that the container writes; absent when they are not published. */
  readonly metricNamespace?: string;
}

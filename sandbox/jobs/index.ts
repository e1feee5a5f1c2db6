import type { MetricSink } from '../ports';
import type { SageMakerContext } from '../sagemaker/context';
import type { Handlers } from '../sagemaker/operations';
import type { JobOperations } from './operations';
import { processingHandlers } from './processing/handlers';
import { ProcessingJobs } from './processing/run';
import type { ProcessingJobRecord, TrainingJobRecord, TransformJobRecord } from './records';
import { JobRunner } from './runner';
import { trainingHandlers } from './training/handlers';
import { TrainingJobs } from './training/run';
import { transformHandlers } from './transform/handlers';
import { TransformJobs } from './transform/run';

/** Transform, processing and training jobs: their operations, and what runs them. */
export interface Jobs {
  readonly handlers: Handlers<keyof JobOperations>;
  readonly transform: TransformJobs;
  readonly processing: ProcessingJobs;
  readonly training: TrainingJobs;
  readonly transformRunner: JobRunner<TransformJobRecord>;
  readonly processingRunner: JobRunner<ProcessingJobRecord>;
  readonly trainingRunner: JobRunner<TrainingJobRecord>;
  /** Begins jobs again that a former process left unfinished. */
  restore(): void;
  /** Ends what runs and leaves the records as they are. */
  close(): Promise<void>;
}

/** `sink` takes the metrics that monitoring containers write. */
export function createJobs(context: SageMakerContext, sink: MetricSink): Jobs {
  const transform = new TransformJobs(context);
  const processing = new ProcessingJobs(context, sink);
  const training = new TrainingJobs(context);
  const transformRunner = new JobRunner(context, transform);
  const processingRunner = new JobRunner(context, processing);
  const trainingRunner = new JobRunner(context, training);
  return {
    handlers: {
      ...transformHandlers(context, transformRunner),
      ...processingHandlers(context, processingRunner),
      ...trainingHandlers(context, trainingRunner),
    },
    ...{ transform, processing, training, transformRunner, processingRunner, trainingRunner },
    restore: () => {
      transformRunner.restore();
      processingRunner.restore();
      trainingRunner.restore();
    },
    close: async () => {
      await Promise.all([transformRunner.close(), processingRunner.close(), trainingRunner.close()]);
    },
  };
}

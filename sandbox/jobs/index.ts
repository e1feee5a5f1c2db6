import type { MetricSink } from '../ports';
import type { SageMakerContext } from '../sagemaker/context';
import type { Handlers } from '../sagemaker/operations';
import type { JobOperations } from './operations';
import { processingHandlers } from './processing/handlers';
import { ProcessingJobs } from './processing/run';
import type { ProcessingJobRecord, TransformJobRecord } from './records';
import { JobRunner } from './runner';
import { transformHandlers } from './transform/handlers';
import { TransformJobs } from './transform/run';

/** Transform and processing jobs: their operations, and what runs them. */
export interface Jobs {
  readonly handlers: Handlers<keyof JobOperations>;
  readonly transform: TransformJobs;
  readonly processing: ProcessingJobs;
  readonly transformRunner: JobRunner<TransformJobRecord>;
  readonly processingRunner: JobRunner<ProcessingJobRecord>;
  /** Begins jobs again that a former process left unfinished. */
  restore(): void;
  /** Ends what runs and leaves the records as they are. */
  close(): Promise<void>;
}

/** `sink` takes the metrics that monitoring containers write. */
export function createJobs(context: SageMakerContext, sink: MetricSink): Jobs {
  const transform = new TransformJobs(context);
  const processing = new ProcessingJobs(context, sink);
  const transformRunner = new JobRunner(context, transform);
  const processingRunner = new JobRunner(context, processing);
  return {
    handlers: { ...transformHandlers(context, transformRunner), ...processingHandlers(context, processingRunner) },
    ...{ transform, processing, transformRunner, processingRunner },
    restore: () => {
      transformRunner.restore();
      processingRunner.restore();
    },
    close: async () => {
      await Promise.all([transformRunner.close(), processingRunner.close()]);
    },
  };
}

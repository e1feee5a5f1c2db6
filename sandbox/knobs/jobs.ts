import { choice, number } from './shapes';

/** Jobs and monitoring: what `docs/sandbox-jobs.md` lists as inferred. */
export const JOB_KNOBS = {
  /** Where an output goes: below the output path as the input lies below its prefix, or by the input's file name alone. */
  transformOutputKeys: choice('belowPrefix', 'fileName'),
  /** AWS's model names the one; tools in the field know the other. */
  missingTransformJob: choice('ValidationException', 'ResourceNotFound'),
  /** AssembleWith Line ends a result with a line feed where it has none, or always. */
  assembledLines: choice('whereMissing', 'always'),
  /** `[2:5]` without its end, as in JSONPath; or with it, as the developer guide's text says. */
  sliceEnd: choice('exclusive', 'inclusive'),
  /** Which answers of a model are asked for again: errors of the server's, or every error. */
  transformRetries: choice('serverErrors', 'all'),
  /** Whether outputs that wait for the end are stored when the container has failed. */
  failedProcessingOutputs: choice('dropped', 'stored'),
  /** What becomes of a processing job that has run for too long. */
  maxRuntimeEnd: choice('Stopped', 'Failed'),
  /** SageMaker starts a scheduled execution up to 20 minutes late; how many minutes late at most it is here. */
  monitoringDelayMinutes: number(0),
  /** The endpoint's name in the list of job definitions, where a transform job's data is watched. AWS's model requires one. */
  batchDefinitionEndpoint: choice('batch', 'omitted'),
  /** Labels that a merge reads: those that were collected until it runs, or in the hours of the window. */
  groundTruthHours: choice('untilRun', 'ofWindow'),
} as const;

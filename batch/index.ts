/** The rules of a batch transform as a pure machine: an event makes a new state, and the state says what to do next. */
export { batchScheduleId, batchWorkflowId } from './ids';
export { addCounts, MOST_MISFORTUNES, waitMs } from './part';
export { batchProgress } from './progress';
export type { BatchProgress } from './progress';
export {
  comparedOf,
  ended,
  labelsOf,
  listed,
  nextPart,
  opened,
  quarantinedOf,
  recordsOf,
  resultOfBatch,
  startBatch,
  stepBatch,
} from './state';
export { scheduleViolations } from './punctuality';
export type { Punctuality, ScheduledRun, ScheduleViolation } from './punctuality';
export { dataWindow, filled, nominalOf, startOfDay } from './window';
export type { DataWindow } from './window';
export type * from './types';

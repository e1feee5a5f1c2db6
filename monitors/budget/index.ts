/** One false-alarm budget over subjects and windows: pure functions over plain JSON. docs/monitors.md says what is promised. */
export { chernoffRange, dkwHalfWidth } from './band';
export { rejectByEBh } from './e-bh';
export { startBudget, stepBudget } from './step';
export type {
  BudgetPlan,
  BudgetState,
  BudgetStep,
  SubjectEvidence,
  WatchedEvent,
  WatchedSubject,
  WindowCounts,
} from './types';

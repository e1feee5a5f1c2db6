/** One false-alarm budget over subjects and windows: pure functions over plain JSON. docs/monitors.md says what is promised. */
export { chernoffRange, dkwHalfWidth } from './band';
export { rejectByEBh } from './e-bh';
export { alphaOfWindow, budgetSettings, classed, countWindow, HALF } from './spending';
export { startBudget, stepBudget } from './step';
export type { CountedWindows } from './spending';
export type {
  BudgetPlan,
  BudgetState,
  BudgetStep,
  SubjectEvidence,
  WatchedEvent,
  WatchedSubject,
  WindowCounts,
} from './types';

/**
 * Judges of evidence: pure functions from a plan, a state and one closed tick to the next state and a verdict. No clock,
 * no IO, no Temporal; states and verdicts are plain JSON. What they promise, and under which assumptions:
 * docs/statistics.md.
 */
export { decide } from './decide';
export { forecast } from './forecast';
export { judgeTick, startGuard } from './judge';
export { GuardPlanError, guardNames, planGuards } from './plan';
export { currentVerdict } from './verdict';
export type { DecisionForecast, Forecast } from './forecast';
export type { Scenario } from './imagined-rollout';
export type {
  ArmCounts,
  Decision,
  GuardClass,
  GuardPlan,
  GuardState,
  TickEvidence,
  Verdict,
  VerdictKind,
  VerdictNumbers,
} from './types';

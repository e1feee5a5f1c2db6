/**
 * Judges of evidence: pure functions from a plan, a state and one closed tick to the next state and a verdict. No clock,
 * no IO, no Temporal; states and verdicts are plain JSON. What they promise, and under which assumptions:
 * docs/statistics.md.
 */
export { decide } from './decide';
export { forecast } from './forecast';
export { currentVerdict, judgeTick, startGuard } from './judge';
export { measureDispersion } from './noise/dispersion';
export { chooseMode } from './noise/mode';
export { GuardPlanError, guardNames, planGuards } from './plan';
export type { DecisionForecast, Forecast } from './forecast';
export type { Dispersion } from './noise/dispersion';
export type { Scenario } from './imagined-rollout';
export type {
  ArmCounts,
  Decision,
  Evidence,
  GuardClass,
  GuardPlan,
  GuardState,
  NoiseMode,
  RatePlan,
  RateState,
  TickEvidence,
  Unit,
  Verdict,
  VerdictKind,
  VerdictNumbers,
} from './types';

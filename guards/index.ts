/**
 * Judges of evidence: pure functions from a plan, a state and one closed tick to the next state and a verdict. No clock,
 * no IO, no Temporal; states and verdicts are plain JSON. What they promise, and under which assumptions:
 * docs/statistics.md.
 */
export { decide } from './decide';
export { forecast } from './forecast';
export { currentVerdict, judgeTick, startGuard } from './judge';
export { bookLabels, bookPredictions, closeCohorts, startLedger } from './labels/ledger';
export { cutoffsOf, planLatency } from './latency/plan';
export { roundToPoint } from './means/betting';
export { measureDispersion, noisiest } from './noise/dispersion';
export { noiseOfHistory } from './noise/history';
export { withDispersion, withNoise } from './noise/apply';
export { chooseMode } from './noise/mode';
export { GuardPlanError, guardNames, planGuards } from './plan';
export { planEveryGuard } from './plan-every';
export type { DecisionForecast, Forecast } from './forecast';
export type { ClosedCohort, LabelLedger } from './labels/ledger';
export type { Arm } from './labels/ledger';
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

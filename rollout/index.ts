/** The rules of a rollout as a pure machine: an event makes a new state, and the state says what to do next. */
export { armNames, leaderOf, runningArms } from './arms';
export { nextCommand } from './command';
export { layoutText, sharesText } from './bake';
export { deployedPct, deploymentText } from './guarded';
export { stageOf } from './accounts';
export { costOf, costOfAll } from './cost';
export { fleetsOf, fleetsWhile, instancesNeeded } from './fleet';
export type { Fleet } from './fleet';
export {
  baselineWorkflowId,
  endpointWorkflowId,
  monitorScheduleId,
  monitorWorkflowId,
  retirementWorkflowId,
  retrainingWorkflowId,
  rolloutWorkflowId,
} from './ids';
export { livePct, OTHER_SEGMENT, topologyOf, variantShares } from './layout';
export type { Topology } from './layout';
export { afterMonitor, missingWindows, windowKey, windowOf, windowOfKey } from './monitoring';
export { baselineOptions, columnsOf, datasetAsData, jobsOf, optionsFor, TRAINED_BASELINE } from './monitoring-options';
export { explain } from './moves';
export {
  admit,
  afterEnd,
  afterRetirement,
  afterRetraining,
  afterWatching,
  beginRetraining,
  ownerState,
  refuseRetirement,
  runningOf,
  servingNow,
} from './owner';
export { afterWork, workOf } from './owned-work';
export { RETIREMENT_STEPS } from './retirement-types';
export { incumbentOf } from './prepare';
export { promotedShares } from './promotion';
export { copiedShares, heldShares, IMAGINED, rehearse } from './rehearse';
export type { Pace, Rehearsal, Span } from './rehearse';
export { faultOf, hearNews, isUnwatched, isWaveDone, releaseResult, startRelease, toBringBack } from './release';
export { watchedTogether } from './release-watch';
export { resultOf, servedBy } from './result';
export { hasExperiment, horizonMs, layoutOf, rungsOf, shiftSteps } from './rungs';
export type { Hold, Rung, Until } from './rungs';
export { startRollout } from './start';
export { step } from './step';
export { actualSharePct, candidateRequests, incumbentRequests } from './traffic';
export { ACCEPTED_IN, refuseVerb } from './verb-table';
export type { VerbRequest } from './verb-table';
export type * from './types';

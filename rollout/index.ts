/** The rules of a rollout as a pure machine: an event makes a new state, and the state says what to do next. */
export { armNames, leaderOf, runningArms } from './arms';
export { nextCommand } from './command';
export { layoutText, sharesText } from './bake';
export { stageOf } from './accounts';
export { endpointWorkflowId, rolloutWorkflowId } from './ids';
export { livePct, topologyOf, variantShares } from './layout';
export type { Topology } from './layout';
export { explain } from './moves';
export { promotedShares } from './promotion';
export { resultOf } from './result';
export { layoutOf, rungsOf } from './rungs';
export type { Hold, Rung, Until } from './rungs';
export { startRollout } from './start';
export { step } from './step';
export { actualSharePct, candidateRequests, incumbentRequests } from './traffic';
export { ACCEPTED_IN, refuseVerb } from './verb-table';
export type { VerbRequest } from './verb-table';
export type * from './types';

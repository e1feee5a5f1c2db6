/** The rules of a rollout as a pure machine: an event makes a new state, and the state says what to do next. */
export { nextCommand } from './command';
export { endpointWorkflowId, rolloutWorkflowId } from './ids';
export { explain } from './moves';
export { resultOf } from './result';
export { startRollout } from './start';
export { step } from './step';
export { refuseVerb } from './verbs';
export type { VerbRequest } from './verbs';
export type * from './types';

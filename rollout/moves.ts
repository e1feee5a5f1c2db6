import type { Failure } from '../spec/failures';
import type { Outcome, Phase, RolloutState } from './types';

/** Enters `phase` and says why in the log. */
export function enter(
  state: RolloutState,
  next: { readonly phase: Phase; readonly atMs: number; readonly text: string }
): RolloutState {
  return { ...state, phase: next.phase, log: [...state.log, { atMs: next.atMs, text: next.text }] };
}

/** Adds a line to the log without leaving the phase. */
export function note(state: RolloutState, atMs: number, text: string): RolloutState {
  return { ...state, log: [...state.log, { atMs, text }] };
}

/** Ends the rollout. */
export function end(state: RolloutState, outcome: Outcome, atMs: number): RolloutState {
  return {
    ...enter(state, { phase: { kind: 'ended', outcome }, atMs, text: `Ended: ${outcome.kind}.` }),
    endedAtMs: atMs,
  };
}

/** Turns back. Before anything was changed there is nothing to undo, and the rollout ends at once. */
export function turnBack(state: RolloutState, outcome: Outcome, atMs: number): RolloutState {
  const untouched = state.phase.kind === 'reading' || state.phase.kind === 'planning';
  if (untouched) return end(state, outcome, atMs);
  return enter(state, { phase: { kind: 'rollingBack', outcome }, atMs, text: `Rolling back: ${explain(outcome)}` });
}

/** Turns back because our job could not be done. */
export function giveUp(state: RolloutState, failure: Failure, atMs: number): RolloutState {
  return turnBack(state, { kind: 'rolledBack', because: { kind: 'failure', failure } }, atMs);
}

/** Turns back because a person (or a Temporal cancel) said so. */
export function obeyAbort(state: RolloutState, atMs: number): RolloutState {
  if (state.abort === null) return state;
  const { verb, ...by } = state.abort;
  return turnBack(state, { kind: 'rolledBack', because: { kind: 'person', verb, by } }, atMs);
}

/** The reason of an outcome as one sentence. */
export function explain(outcome: Outcome): string {
  const { because } = outcome;
  switch (because.kind) {
    case 'evidence':
    case 'undecided':
    case 'deadline':
    case 'firstDeployment':
      return because.reason;
    case 'person':
      return `${because.by.who} said ${because.verb}: ${because.by.why}`;
    case 'failure':
      return `${because.failure.type}: ${because.failure.what}`;
  }
}

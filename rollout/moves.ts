import { countTime } from './accounts';
import { sharesIn } from './shares';
import type { Outcome, Phase, RolloutState } from './types';

/** Enters `phase` and says why in the log. The time in the phase that is left is booked. */
export function enter(
  state: RolloutState,
  next: { readonly phase: Phase; readonly atMs: number; readonly text: string }
): RolloutState {
  const { phase, atMs, text } = next;
  return {
    ...state,
    phase,
    phaseSinceMs: atMs,
    shares: sharesIn(state, phase, atMs),
    accounts: countTime(state, atMs),
    log: [...state.log, { atMs, text }],
  };
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

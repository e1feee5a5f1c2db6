import type { Failure } from '../spec/failures';
import { end, enter, explain, note } from './moves';
import type { Outcome, RolloutState, Sides } from './types';

/**
 * Turns back. Before anything was changed there is nothing to undo, and the rollout ends at once. Otherwise the side that is returned to is
 * looked at first; a person who said `abort` is obeyed without looking.
 */
export function turnBack(state: RolloutState, outcome: Outcome, atMs: number): RolloutState {
  const untouched = state.layout.epoch === 0 && (state.phase.kind === 'reading' || state.phase.kind === 'planning');
  if (untouched) return end(state, outcome, atMs);
  const isOrdered = outcome.because.kind === 'person' && ['abort', 'cancel'].includes(outcome.because.verb);
  const isBlind = state.incumbent === null || (state.promotedAtMs === null && state.traffic.throughMs === 0);
  return isOrdered || isBlind
    ? goBack(state, outcome, atMs)
    : enter(state, {
        phase: { kind: 'assessing', outcome },
        atMs,
        text: `Turning back: ${explain(outcome)}`,
      });
}

/** Turns back because our job could not be done. */
export function giveUp(state: RolloutState, failure: Failure, atMs: number): RolloutState {
  return turnBack(state, { kind: 'rolledBack', because: { kind: 'failure', failure } }, atMs);
}

/** Turns back because a person (or a Temporal cancel) said so. */
export function obeyAbort(state: RolloutState, atMs: number): RolloutState {
  if (state.abort === null) return state;
  const { verb } = state.abort;
  return turnBack(state, { kind: 'rolledBack', because: { kind: 'person', verb, by: state.abort } }, atMs);
}

/** Both sides were counted: back to the incumbent, unless it serves worse than what serves now. */
export function afterAssessment(state: RolloutState, sides: Sides, atMs: number): RolloutState {
  const { phase } = state;
  if (phase.kind !== 'assessing' && phase.kind !== 'stranded') return state;
  const { outcome } = phase;
  if (!isWorse(sides)) return goBack(state, outcome, atMs);
  if (phase.kind === 'stranded') return { ...state, phase: { ...phase, sides } };
  return enter(state, {
    phase: { kind: 'stranded', outcome, sides },
    atMs,
    text: `NOT ROLLING BACK: ${sides.incumbent.variant}, which it would return to, is unhealthy (${sides.incumbent.reason}), and ${sides.candidate.variant} serves better (${sides.candidate.reason}). Holding, and looking again.`,
  });
}

/** Starts the way back. */
export function goBack(state: RolloutState, outcome: Outcome, atMs: number): RolloutState {
  return enter(state, { phase: { kind: 'rollingBack', outcome }, atMs, text: `Rolling back: ${explain(outcome)}` });
}

/** The way back failed: it stays open, loudly, and is tried again. */
export function afterFailedRollback(state: RolloutState, failure: Failure, atMs: number): RolloutState {
  const { phase } = state;
  switch (phase.kind) {
    case 'assessing':
      return goBack(note(state, atMs, `Could not look at both sides first: ${failure.what}`), phase.outcome, atMs);
    case 'stranded':
      return note(state, atMs, `Could not look at both sides: ${failure.what}`);
    case 'rollingBack':
    case 'rollbackIncomplete': {
      const attempt = phase.kind === 'rollingBack' ? 1 : phase.attempt + 1;
      return enter(state, {
        phase: { kind: 'rollbackIncomplete', outcome: phase.outcome, attempt, lastFailure: failure },
        atMs,
        text: `ROLLBACK INCOMPLETE, round ${attempt} (${failure.type}): ${failure.what}`,
      });
    }
    default:
      return state;
  }
}

function isWorse({ incumbent, candidate }: Sides): boolean {
  if (incumbent.isHealthy) return false;
  return candidate.isHealthy || failureRate(candidate) < failureRate(incumbent);
}

/** A side without instances serves nobody; one without requests has shown nothing yet. */
function failureRate({ instances, requests, failed }: Sides['incumbent']): number {
  if (instances === 0) return 1;
  return requests === 0 ? 0 : failed / requests;
}

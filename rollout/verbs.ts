import { afterApproval } from './approved';
import { goBack, obeyAbort, turnBack } from './back';
import { enterRung } from './climb';
import { end, enter, note } from './moves';
import { enterPromotion, settle } from './promotion';
import type { PersonalDecision, RolloutState } from './types';
import type { VerbRequest } from './verb-table';

/** Applies an accepted verb. An abort is accepted at once; what AWS is doing right now is undone as soon as it has ended. */
export function applyVerb(state: RolloutState, request: VerbRequest, atMs: number): RolloutState {
  const { verb, who, why, identity = null } = request;
  const by: PersonalDecision = { verb, who, why, atMs, identity };
  const said = note(state, atMs, `${who} said ${verb}: ${why}`);
  switch (verb) {
    case 'abort':
    case 'cancel':
    case 'rollback': {
      const { phase } = state;
      const aborting = { ...said, abort: { ...by, verb } };
      if (phase.kind === 'assessing' || phase.kind === 'stranded') return goBack(aborting, phase.outcome, atMs);
      return mayStopAtOnce(state) ? obeyAbort(aborting, atMs) : aborting;
    }
    case 'pause':
      return { ...said, paused: by };
    case 'resume':
      return resume(said, atMs);
    case 'approve':
      return approve(said, by, atMs);
    case 'revoke':
      return revoke(said, by);
    case 'reject':
      return turnBack(said, { kind: 'rejected', because: { kind: 'person', verb: 'reject', by } }, atMs);
    case 'advance': {
      const { phase } = said;
      if (phase.kind !== 'baking') return said;
      return enterRung(record(said, by), { index: phase.next, atMs, override: true });
    }
    case 'promote':
      return enterPromotion(record(said, by), { atMs, override: true });
    case 'settle':
      return settle(said, atMs);
    case 'retry':
      return again(said, atMs);
    case 'acceptCurrentState': {
      if (said.phase.kind !== 'rollbackIncomplete') return said;
      const { outcome } = said.phase;
      return end(record(said, by), { ...outcome, because: { kind: 'person', verb, by } }, atMs);
    }
  }
}

function approve(state: RolloutState, by: PersonalDecision, atMs: number): RolloutState {
  const { phase } = state;
  if (phase.kind !== 'approving') return state;
  const given = [...phase.given, by];
  const approved = { ...record(state, by), phase: { ...phase, given } };
  return given.length >= phase.gate.need ? afterApproval(approved, phase, atMs) : approved;
}

/** Takes one's own approval back, until enough others have given theirs. */
function revoke(state: RolloutState, by: PersonalDecision): RolloutState {
  const { phase } = state;
  if (phase.kind !== 'approving') return state;
  return { ...record(state, by), phase: { ...phase, given: phase.given.filter(({ who }) => who !== by.who) } };
}

/** The time of the pause is given back to whatever waits. */
function resume(state: RolloutState, atMs: number): RolloutState {
  if (state.paused === null) return state;
  const pausedMs = Math.max(0, atMs - Math.max(state.paused.atMs, state.phaseSinceMs));
  const { phase } = state;
  const going = { ...state, paused: null };
  switch (phase.kind) {
    case 'baking':
    case 'watching':
      return { ...going, phase: { ...phase, untilMs: phase.untilMs + pausedMs } };
    case 'approving':
      return { ...going, phase: { ...phase, gate: { ...phase.gate, untilMs: phase.gate.untilMs + pausedMs } } };
    default:
      return going;
  }
}

function again(state: RolloutState, atMs: number): RolloutState {
  const { phase } = state;
  switch (phase.kind) {
    case 'rollbackIncomplete':
      return goBack(state, phase.outcome, atMs);
    case 'stranded':
      return enter(state, {
        phase: { kind: 'assessing', outcome: phase.outcome },
        atMs,
        text: 'Look at both sides again.',
      });
    case 'finalising':
      return { ...state, phase: { ...phase, attempt: 0 } };
    default:
      return state;
  }
}

function record(state: RolloutState, by: PersonalDecision): RolloutState {
  return { ...state, approvals: [...state.approvals, by] };
}

/** Phases in which no AWS change of ours is under way; what SageMaker does by itself is stopped by the way back. */
function mayStopAtOnce(state: RolloutState): boolean {
  if (state.phase.kind === 'guarded') return state.phase.deployment !== null;
  return ['reading', 'planning', 'calibrating', 'baking', 'approving', 'watching'].includes(state.phase.kind);
}

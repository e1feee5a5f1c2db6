import { enter, note, obeyAbort, turnBack } from './moves';
import { afterApproval } from './stages';
import type { PersonalDecision, RolloutState, Verb } from './types';

/** A verb as a person sends it. */
export interface VerbRequest {
  readonly verb: Verb;
  readonly who: string;
  readonly why: string;
}

/** Why a verb is refused now, as a sentence for the sender; `null` when it is accepted. */
export function refuseVerb(state: RolloutState, request: VerbRequest): string | null {
  const { phase } = state;
  if (phase.kind === 'ended') return `Rollout ${state.id} has ended (${phase.outcome.kind}).`;
  switch (request.verb) {
    case 'abort':
    case 'cancel':
      if (phase.kind === 'rollingBack' || phase.kind === 'rollbackIncomplete') return 'It is rolling back already.';
      if (phase.kind === 'cleaning')
        return `Too late: it was ${phase.outcome.kind === 'promoted' ? 'promoted' : 'rolled back'} and only cleans up.`;
      if (state.abort !== null) return `${state.abort.who} has aborted it already.`;
      return null;
    case 'approve':
    case 'reject':
      return refuseApproval(state, request);
  }
}

function refuseApproval(state: RolloutState, request: VerbRequest): string | null {
  const { phase } = state;
  if (phase.kind !== 'approving') return `It does not wait for an approval now (phase: ${phase.kind}).`;
  const { approvers } = phase.gate;
  if (request.who.trim() === '') return 'Say who decides.';
  if (request.why.trim() === '') return 'Say why: the reason is kept with the decision.';
  if (approvers.length > 0 && !approvers.includes(request.who))
    return `${request.who} may not decide here; ${approvers.join(', ')} may.`;
  if (request.verb === 'approve' && phase.given.some((given) => given.who === request.who))
    return `${request.who} has approved already; ${phase.gate.need} different people are needed.`;
  return null;
}

/** Applies an accepted verb. An abort is accepted at once; what AWS is doing right now is undone as soon as it has ended. */
export function applyVerb(state: RolloutState, request: VerbRequest, atMs: number): RolloutState {
  const by: PersonalDecision = { who: request.who, why: request.why, atMs };
  switch (request.verb) {
    case 'abort':
    case 'cancel': {
      const aborting = note(
        { ...state, abort: { ...by, verb: request.verb } },
        atMs,
        `${by.who} said ${request.verb}: ${by.why}`
      );
      return mayStopAtOnce(state) ? obeyAbort(aborting, atMs) : aborting;
    }
    case 'reject':
      return turnBack(state, { kind: 'rejected', because: { kind: 'person', verb: 'reject', by } }, atMs);
    case 'approve': {
      if (state.phase.kind !== 'approving') return state;
      const { phase } = state;
      const given = [...phase.given, by];
      const approved = enter(
        { ...state, approvals: [...state.approvals, by] },
        { phase: { ...phase, given }, atMs, text: `${by.who} approved: ${by.why}` }
      );
      return given.length >= phase.gate.need ? afterApproval(approved, phase, atMs) : approved;
    }
  }
}

/** Phases in which no AWS change is under way. */
function mayStopAtOnce(state: RolloutState): boolean {
  return ['reading', 'planning', 'baking', 'approving'].includes(state.phase.kind);
}

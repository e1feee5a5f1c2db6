import { runningArms } from './arms';
import type { PhaseKind, RolloutState, Verb, VerifiedIdentity } from './types';

/** A verb as a person sends it. */
export interface VerbRequest {
  readonly verb: Verb;
  readonly who: string;
  readonly why: string;
  /** Set only by whoever has checked a token. */
  readonly identity?: VerifiedIdentity;
}

/** Phases that lead forward: what people say there can still change the end. */
const FORWARD: readonly PhaseKind[] = [
  'reading',
  'planning',
  'creating',
  'deploying',
  'calibrating',
  'warming',
  'shifting',
  'baking',
  'approving',
  'guarded',
  'promoting',
  'watching',
  'finalising',
];
/** The way back has been decided on, but not begun. */
const TURNING: readonly PhaseKind[] = ['assessing', 'stranded'];

/** The phases in which each verb is accepted, other conditions apart. */
export const ACCEPTED_IN: Readonly<Record<Verb, readonly PhaseKind[]>> = {
  approve: ['approving'],
  reject: ['approving'],
  revoke: ['approving'],
  abort: [...FORWARD, ...TURNING],
  cancel: [...FORWARD, ...TURNING],
  rollback: [...FORWARD, ...TURNING],
  pause: FORWARD,
  resume: FORWARD,
  advance: ['baking'],
  promote: ['baking', 'approving'],
  settle: ['watching'],
  retry: ['rollbackIncomplete', 'stranded', 'finalising'],
  acceptCurrentState: ['rollbackIncomplete'],
};

/** Why a verb is refused now, as a sentence for the sender; `null` when it is accepted. */
export function refuseVerb(state: RolloutState, request: VerbRequest): string | null {
  const { phase } = state;
  const { verb, who, why } = request;
  if (phase.kind === 'ended') return `Rollout ${state.id} has ended (${phase.outcome.kind}).`;
  if (who.trim() === '') return 'Say who decides.';
  if (why.trim() === '') return 'Say why: the reason is kept with the decision.';
  if (!ACCEPTED_IN[verb].includes(phase.kind)) return notNow(state, verb);
  switch (verb) {
    case 'abort':
    case 'cancel':
    case 'rollback':
      // Once it turns back, a second word still hurries it; before, the first one stands.
      return state.abort !== null && FORWARD.includes(phase.kind) ? `${state.abort.who} has aborted it already.` : null;
    case 'pause':
      if (state.abort !== null) return `${state.abort.who} has aborted it already.`;
      if (phase.kind === 'guarded' && phase.deployment !== null)
        return 'SageMaker’s own deployment cannot be paused: abort it, or let it go on.';
      return state.paused === null ? null : `${state.paused.who} has paused it already.`;
    case 'resume':
      return state.paused === null ? 'It is not paused.' : null;
    case 'approve':
    case 'reject':
    case 'revoke':
      return refuseApproval(state, request);
    case 'advance':
    case 'promote':
      return refuseOverride(state, verb);
    case 'retry':
      return phase.kind === 'finalising' && phase.attempt === 0 ? 'Nothing has failed that could be retried.' : null;
    case 'settle':
    case 'acceptCurrentState':
      return null;
  }
}

function notNow({ phase }: RolloutState, verb: Verb): string {
  switch (verb) {
    case 'abort':
    case 'cancel':
    case 'rollback':
      if (phase.kind === 'cleaning')
        return `Too late: it was ${phase.outcome.kind === 'promoted' ? 'promoted' : 'rolled back'} and only cleans up.`;
      return 'It is rolling back already.';
    case 'approve':
    case 'reject':
    case 'revoke':
      return `It does not wait for an approval now (phase: ${phase.kind}).`;
    case 'pause':
    case 'resume':
      return `It does not go forward any more (phase: ${phase.kind}).`;
    case 'advance':
      return `It holds no share that could be cut short (phase: ${phase.kind}).`;
    case 'promote':
      return `It cannot be promoted now (phase: ${phase.kind}).`;
    case 'settle':
      return `It does not watch a promoted model (phase: ${phase.kind}).`;
    case 'retry':
    case 'acceptCurrentState':
      return `No rollback stands incomplete (phase: ${phase.kind}).`;
  }
}

function refuseOverride(state: RolloutState, verb: 'advance' | 'promote'): string | null {
  if (state.paused !== null) return `${state.paused.who} has paused it: resume it first.`;
  const { phase } = state;
  const running = runningArms(state);
  if (verb === 'promote' && running.length > 1)
    return `${running.length} candidates compete (${running.join(', ')}): evidence has to name one.`;
  if (verb === 'advance' && phase.kind === 'baking' && phase.next > phase.rung + 1)
    return 'All stages are passed; only the promotion is left: say promote.';
  if (phase.kind === 'approving' && phase.gate.reason === 'stage')
    return 'It waits for an approval: approve or reject it.';
  return null;
}

function refuseApproval(state: RolloutState, request: VerbRequest): string | null {
  const { phase } = state;
  if (phase.kind !== 'approving') return notNow(state, request.verb);
  const { approvers, need, identity } = phase.gate;
  if (identity.kind === 'token' && request.identity === undefined)
    return `This approval needs a token of ${identity.issuer}: sluice approve --token, or {"token": "…"} in the message.`;
  if (approvers.length > 0 && !approvers.includes(request.who))
    return `${request.who} may not decide here; ${approvers.join(', ')} may.`;
  const hasApproved = phase.given.some(({ who }) => who === request.who);
  if (request.verb === 'approve' && hasApproved)
    return `${request.who} has approved already; ${need} different people are needed.`;
  if (request.verb === 'revoke' && !hasApproved)
    return `${request.who} has not approved, or others have seen new evidence since.`;
  return null;
}

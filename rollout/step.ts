import type { Failure } from '../spec/failures';
import { CHANGES } from './command';
import { afterAssessment, afterFailedRollback, giveUp, obeyAbort } from './back';
import { afterDone } from './done';
import { afterFailedFollowing, afterFollowing } from './guarded';
import { afterLook, takeLook } from './hold';
import { end, enter, note } from './moves';
import { afterPlan, afterRead } from './prepare';
import type { LookResult, RolloutEvent, RolloutState } from './types';
import { refuseVerb } from './verb-table';
import { applyVerb } from './verbs';

/**
 * The rules of a rollout: what an event makes of a state. Pure; `atMs` is the time of the event. A verb that is refused changes nothing
 * (ask `refuseVerb` first to tell the sender why). What is to be done next follows from the state alone: `nextCommand`.
 */
export function step(state: RolloutState, event: RolloutEvent, atMs: number): RolloutState {
  if (state.phase.kind === 'ended') return state;
  if (event.kind === 'verb') return refuseVerb(state, event) === null ? applyVerb(state, event, atMs) : state;
  if (event.kind === 'ignored') return state.log.at(-1)?.text === event.text ? state : note(state, atMs, event.text);
  return afterWork(doubtIn(state, event), event, atMs);
}

/** A call that failed may still take effect later: the way back then waits that out. */
function doubtIn(state: RolloutState, event: RolloutEvent): RolloutState {
  // While SageMaker's own deployment is followed, nothing is asked for.
  const changes = state.phase.kind === 'guarded' ? state.phase.deployment === null : CHANGES.has(state.phase.kind);
  return event.kind === 'failed' && changes ? { ...state, doubtful: true } : state;
}

function afterWork(
  state: RolloutState,
  event: Exclude<RolloutEvent, { kind: 'verb' | 'ignored' }>,
  atMs: number
): RolloutState {
  if (state.abort !== null && isForward(state)) return obeyAbort(keepFacts(state, event), atMs);
  switch (event.kind) {
    case 'endpointRead':
      return afterRead(state, event, atMs);
    case 'planFixed':
      return afterPlan(state, event, atMs);
    case 'looked':
      return afterLooking(state, event.look, atMs);
    case 'followed':
      return afterFollowing(state, event, atMs);
    case 'assessed':
      return afterAssessment(state, event.sides, atMs);
    case 'done':
      return afterDone(event.instances === undefined ? state : withInstances(state, event.instances), atMs);
    case 'failed':
      return afterFailure(state, event.failure, atMs);
  }
}

/** A verb may have moved the rollout on while the look was under way; evidence only ever decides about traffic that is held. */
function afterLooking(before: RolloutState, look: LookResult, atMs: number): RolloutState {
  return HELD.includes(before.phase.kind) ? takeLook(before, look, atMs) : before;
}

function withInstances(state: RolloutState, instances: NonNullable<RolloutState['instances']>): RolloutState {
  return { ...state, instances: { ...state.instances, ...instances } };
}

function afterFailure(state: RolloutState, failure: Failure, atMs: number): RolloutState {
  const { phase } = state;
  switch (phase.kind) {
    case 'baking':
    case 'approving':
    case 'watching': {
      // A look that failed is no evidence. Only what says that the endpoint is not ours any more ends the rollout; the deadline still counts.
      if (failure.type === 'SilentRollback' || failure.type === 'OutsideChange' || failure.type === 'EndpointFailed')
        return giveUp(state, failure, atMs);
      // Said once in a row: looks go on through an outage of hours.
      const text = `Could not judge: ${failure.what}`;
      return afterLook(state.log.at(-1)?.text === text ? state : note(state, atMs, text), null, atMs);
    }
    case 'guarded':
      return afterFailedFollowing(state, failure, atMs);
    case 'finalising':
      return enter(state, {
        phase: { ...phase, attempt: phase.attempt + 1, lastFailure: failure },
        atMs,
        text: `Could not finish the promotion (${failure.type}); trying again: ${failure.what}`,
      });
    case 'assessing':
    case 'stranded':
    case 'rollingBack':
    case 'rollbackIncomplete':
      return afterFailedRollback(state, failure, atMs);
    case 'cleaning':
      return end(note(state, atMs, `Something was left behind: ${failure.what} ${failure.next}`), phase.outcome, atMs);
    default:
      return giveUp(state, failure, atMs);
  }
}

/** Facts that an event brought are kept even when an abort makes them useless for going forward. */
function keepFacts(state: RolloutState, event: RolloutEvent): RolloutState {
  return event.kind === 'planFixed' ? { ...state, plan: event.plan } : state;
}

const HELD: readonly RolloutState['phase']['kind'][] = ['baking', 'approving', 'watching'];

function isForward(state: RolloutState): boolean {
  return !['assessing', 'stranded', 'rollingBack', 'rollbackIncomplete', 'cleaning', 'ended'].includes(
    state.phase.kind
  );
}

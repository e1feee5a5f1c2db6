import type { Failure } from '../spec/failures';
import { end, enter, giveUp, note, obeyAbort } from './moves';
import { afterLook, enterStage, startBake } from './stages';
import type { Incumbent, LiveEndpoint, Outcome, RolloutEvent, RolloutState } from './types';
import { applyVerb, refuseVerb } from './verbs';

/**
 * The rules of a rollout: what an event makes of a state. Pure; `atMs` is the time of the event. A verb that is refused changes nothing
 * (ask `refuseVerb` first to tell the sender why). What is to be done next follows from the state alone: `nextCommand`.
 */
export function step(state: RolloutState, event: RolloutEvent, atMs: number): RolloutState {
  if (state.phase.kind === 'ended') return state;
  if (event.kind === 'verb') return refuseVerb(state, event) === null ? applyVerb(state, event, atMs) : state;
  if (state.abort !== null && isForward(state)) return obeyAbort(keepFacts(state, event), atMs);
  switch (event.kind) {
    case 'endpointRead':
      return state.phase.kind === 'reading' ? afterRead(state, event.live, atMs) : state;
    case 'planFixed': {
      if (state.phase.kind !== 'planning') return state;
      const planned = { ...state, plan: event.plan, guards: event.guards };
      if (state.incumbent === null)
        return enter(planned, {
          phase: { kind: 'creating' },
          atMs,
          text: 'First deployment: create the endpoint; the stages are skipped, there is nothing to compare with.',
        });
      return enter(planned, {
        phase: { kind: 'deploying' },
        atMs,
        text: `Deploy ${state.spec.candidates[0].name} beside ${state.incumbent.variant}, without traffic.`,
      });
    }
    case 'looked': {
      // A verb may have moved the rollout on while the look was under way; evidence only ever decides about traffic that is held.
      if (state.phase.kind !== 'baking' && state.phase.kind !== 'approving') return state;
      const { guards, decision, traffic } = event.look;
      return afterLook({ ...state, guards, decision, traffic }, atMs);
    }
    case 'done':
      return afterDone(state, atMs);
    case 'failed':
      return afterFailure(state, event.failure, atMs);
  }
}

function afterRead(state: RolloutState, live: LiveEndpoint | null, atMs: number): RolloutState {
  const candidate = state.spec.candidates[0].name;
  if (live === null) return enter(state, { phase: { kind: 'planning' }, atMs, text: 'There is no such endpoint yet.' });
  const [variant, ...others] = live.variants;
  if (variant === undefined || others.length > 0) {
    const what = `Endpoint ${state.spec.endpoint} serves ${live.variants.length} variants (${live.variants.map((v) => v.name).join(', ')}), so there is no single incumbent.`;
    return giveUp(
      state,
      {
        type: 'OutsideChange',
        what,
        next: 'Bring it back to one variant (an earlier rollout may have been terminated), then deploy again.',
      },
      atMs
    );
  }
  if (variant.name === candidate) {
    const what = `${candidate} is what endpoint ${state.spec.endpoint} serves already.`;
    return giveUp(state, { type: 'NameCollision', what, next: 'Give the candidate a new name.' }, atMs);
  }
  const incumbent: Incumbent = {
    variant: variant.name,
    modelName: variant.modelName,
    configName: live.configName,
    instanceType: variant.instanceType,
    instanceCount: variant.instanceCount,
  };
  return enter(
    { ...state, incumbent },
    { phase: { kind: 'planning' }, atMs, text: `Measure the incumbent ${variant.name} and fix the plan.` }
  );
}

function afterDone(state: RolloutState, atMs: number): RolloutState {
  const { phase } = state;
  switch (phase.kind) {
    case 'creating':
      return end(
        { ...state, sharePct: 100 },
        {
          kind: 'promoted',
          because: { kind: 'firstDeployment', reason: 'First deployment: healthy, and nothing to compare with.' },
        },
        atMs
      );
    case 'deploying':
      return enterStage(state, { index: 0, atMs });
    case 'shifting':
      return startBake(openEvidence({ ...state, sharePct: phase.sharePct }, atMs), {
        stage: phase.stage,
        next: phase.stage + 1,
        atMs,
      });
    case 'promoting':
      return enter(
        { ...state, sharePct: 100 },
        {
          phase: { kind: 'finalising', attempt: 0, lastFailure: null },
          atMs,
          text: 'All traffic moved; rewrite the endpoint to the candidate alone.',
        }
      );
    case 'finalising':
      return enter(state, {
        phase: { kind: 'cleaning', outcome: promoted(state) },
        atMs,
        text: 'Delete what nothing uses any more.',
      });
    case 'rollingBack':
    case 'rollbackIncomplete':
      return enter(
        { ...state, sharePct: 0 },
        {
          phase: { kind: 'cleaning', outcome: phase.outcome },
          atMs,
          text: `${state.incumbent === null ? 'The endpoint is gone again' : 'The endpoint is as it was'}; delete what nothing uses any more.`,
        }
      );
    case 'cleaning':
      return end(state, phase.outcome, atMs);
    default:
      return state;
  }
}

function afterFailure(state: RolloutState, failure: Failure, atMs: number): RolloutState {
  const { phase } = state;
  switch (phase.kind) {
    case 'baking':
    case 'approving': {
      // A look that failed is no evidence. Only what says that the endpoint is not ours any more ends the rollout; the deadline still counts.
      if (failure.type === 'SilentRollback' || failure.type === 'OutsideChange' || failure.type === 'EndpointFailed')
        return giveUp(state, failure, atMs);
      // Said once in a row: looks go on through an outage of hours.
      const text = `Could not judge: ${failure.what}`;
      return afterLook(state.log.at(-1)?.text === text ? state : note(state, atMs, text), atMs);
    }
    case 'finalising':
      return enter(state, {
        phase: { kind: 'finalising', attempt: phase.attempt + 1, lastFailure: failure },
        atMs,
        text: `Could not finish the promotion (${failure.type}); trying again: ${failure.what}`,
      });
    case 'rollingBack':
    case 'rollbackIncomplete': {
      const attempt = phase.kind === 'rollingBack' ? 1 : phase.attempt + 1;
      return enter(state, {
        phase: { kind: 'rollbackIncomplete', outcome: phase.outcome, attempt, lastFailure: failure },
        atMs,
        text: `ROLLBACK INCOMPLETE, round ${attempt} (${failure.type}): ${failure.what}`,
      });
    }
    case 'cleaning':
      return end(note(state, atMs, `Something was left behind: ${failure.what} ${failure.next}`), phase.outcome, atMs);
    default:
      return giveUp(state, failure, atMs);
  }
}

/** The first tick that may count begins at the first whole window after the share was confirmed. */
function openEvidence(state: RolloutState, atMs: number): RolloutState {
  const { tickMs } = state.spec;
  const openMs = Math.ceil(atMs / tickMs) * tickMs;
  const open = <T extends { readonly throughMs: number }>(cursor: T): T =>
    cursor.throughMs > 0 ? cursor : { ...cursor, throughMs: openMs };
  return { ...state, guards: state.guards.map(open), traffic: open(state.traffic) };
}

function promoted(state: RolloutState): Outcome {
  const { kind, guilty, reason } = state.decision;
  return {
    kind: 'promoted',
    because: kind === 'promote' ? { kind: 'evidence', guard: guilty, reason } : { kind: 'undecided', reason },
  };
}

/** Facts that an event brought are kept even when an abort makes them useless for going forward. */
function keepFacts(state: RolloutState, event: RolloutEvent): RolloutState {
  return event.kind === 'planFixed' ? { ...state, plan: event.plan } : state;
}

function isForward(state: RolloutState): boolean {
  return !['rollingBack', 'rollbackIncomplete', 'cleaning', 'ended'].includes(state.phase.kind);
}

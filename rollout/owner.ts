import type { OnNewer, RolloutSpec } from '../spec/types';
import { retrainingWorkflowId } from './ids';
import type {
  Baselines,
  EndpointState,
  EndpointStateV1,
  IncumbentPointer,
  RetirementResult,
  RetrainingResult,
  RolloutResult,
  Running,
  Served,
} from './types';

/** Results kept for `sluice status`; older ones stay in their own workflows' histories. */
const PAST_KEPT = 20;

/** What a newer rollout meets at the owner of an endpoint. */
export type Admission =
  | { readonly kind: 'start' }
  /** It waits for its turn; `say`: what the one that runs is told, null when it may go on to its end. */
  | { readonly kind: 'queue'; readonly say: 'settle' | 'abort' | null }
  | { readonly kind: 'refuse'; readonly why: string };

/**
 * May a newer rollout start? The file of the one that runs says what a newer one means for it; a watch is always ended by one. One rollout
 * waits at most, because a queue of models is a list of models that nobody wants any more.
 */
export function admit({ endpoint, running, queued, retiring }: EndpointState): Admission {
  if (retiring !== null)
    return { kind: 'refuse', why: `${retiring.who} is retiring ${endpoint} (${retiring.id}): ${retiring.why}` };
  if (running === null && queued === null) return { kind: 'start' };
  if (queued !== null) {
    const why = `${queued.who} has ${queued.candidate} waiting on ${endpoint} already (rollout ${queued.number}); one waits at most.`;
    return { kind: 'refuse', why };
  }
  if (running === null) return { kind: 'start' };
  if (running.isWatching) return { kind: 'queue', say: 'settle' };
  switch (running.onNewer) {
    case 'queue':
      return { kind: 'queue', say: null };
    case 'replace':
      return { kind: 'queue', say: 'abort' };
    case 'reject':
      return {
        kind: 'refuse',
        why: `${running.who} is rolling out ${running.candidate} on ${endpoint} (${running.id}).`,
      };
  }
}

/** An owner that knows of nothing yet, or goes on with what the run before it carried. */
export function ownerState(endpoint: string, carried: EndpointState | EndpointStateV1 | null): EndpointState {
  const fresh: EndpointState = {
    schema: 2,
    endpoint,
    count: 0,
    incumbent: null,
    running: null,
    queued: null,
    retiring: null,
    retired: null,
    retraining: null,
    retrained: { count: 0, lastMs: null, last: null },
    schedulesDue: false,
    monitors: [],
    givenUp: null,
    past: [],
  };
  if (carried === null) return fresh;
  if (carried.schema === 2) return { ...fresh, ...carried };
  const { count, running, queued, past } = carried;
  return {
    ...fresh,
    count,
    running: running === null ? null : { ...running, watched: null, spec: null, baselines: {} },
    queued: queued === null ? null : { ...queued, baselines: {} },
    past: past.map((result) => ({ ...result, served: null })),
  };
}

/** How the owner remembers a rollout that it has let in. */
export function runningOf(
  spec: RolloutSpec,
  by: {
    readonly id: string;
    readonly number: number;
    readonly who: string;
    readonly sinceMs: number;
    readonly follower: string | null;
    readonly baselines: Baselines;
  }
): Running {
  const onNewer: OnNewer = spec.onNewer;
  const candidate = spec.candidates.map(({ name }) => name).join(', ');
  return { ...by, candidate, onNewer, isWatching: false, watched: null, spec };
}

/** The running rollout has promoted and only watches on. The incumbent stays: it is what a rollback in the watch returns to. */
export function afterWatching(
  state: EndpointState,
  news: { readonly number: number; readonly watched: Served | null }
): EndpointState {
  if (state.running?.number !== news.number) return state;
  return { ...state, running: { ...state.running, isWatching: true, watched: news.watched } };
}

/** The rollout has ended; `result` is null when nobody will ever know how. What is not the running one's news is not heard. */
export function afterEnd(
  state: EndpointState,
  ended: { readonly number: number; readonly result: RolloutResult | null }
): EndpointState {
  const { running } = state;
  if (running?.number !== ended.number) return state;
  if (ended.result === null) return { ...state, running: null };
  const past = [ended.result, ...state.past].slice(0, PAST_KEPT);
  const incumbent = pointerAfter(state.incumbent, running, ended.result);
  const isNew = incumbent !== null && incumbent !== state.incumbent && incumbent.spec !== null;
  return { ...state, running: null, past, incumbent, schedulesDue: state.schedulesDue || isNew };
}

/**
 * A promotion moves the pointer. Any other end leaves it where it is, unless the rollout has found something else serving: then the pointer was
 * wrong, and says what was found.
 */
function pointerAfter(
  pointer: IncumbentPointer | null,
  { id, number, spec, baselines }: Running,
  { served, outcome, endedAtMs: sinceMs }: RolloutResult
): IncumbentPointer | null {
  if (served === null) return pointer;
  if (outcome.kind === 'promoted') return { ...served, sinceMs, rollout: { id, number }, spec, baselines };
  if (pointer?.modelName === served.modelName && pointer.variant === served.variant) return pointer;
  return { ...served, sinceMs, rollout: null, spec: null, baselines: {} };
}

/** What answers the endpoint's live requests: the watched model while there is one, else the incumbent; null where neither is known. */
export function servingNow({ incumbent, running }: EndpointState): (Served & { readonly baselines: Baselines }) | null {
  return running === null || running.watched === null
    ? incumbent
    : { ...running.watched, baselines: running.baselines };
}

/** Why an endpoint cannot be retired now; null when it can. */
export function refuseRetirement({ endpoint, running, queued, retiring, retired }: EndpointState): string | null {
  if (retiring !== null) return `${retiring.who} is retiring ${endpoint} already (${retiring.id}).`;
  if (retired !== null)
    return `${endpoint} was retired by ${retired.who}: ${retired.why}. What was: sluice history ${endpoint}`;
  if (running !== null)
    return `${running.id} is running. End it first: sluice abort ${endpoint} --why …, or in a watch sluice settle ${endpoint} --why …`;
  if (queued !== null)
    return `Rollout ${queued.number} waits for its turn. Take it back first: sluice withdraw ${endpoint} --why …`;
  return null;
}

/** The retirement has ended; a null result says that it was stopped half way, and can be asked for again. */
export function afterRetirement(state: EndpointState, result: RetirementResult | null, atMs: number): EndpointState {
  const { retiring } = state;
  if (retiring === null) return state;
  if (result?.kind !== 'retired') return { ...state, retiring: null };
  const { who, why } = retiring;
  return { ...state, retiring: null, retired: { who, why, atMs }, incumbent: null };
}

/** A monitor has asked for a new model. */
export function beginRetraining(
  state: EndpointState,
  { who, why }: { readonly who: string; readonly why: string },
  atMs: number
): EndpointState {
  const number = state.retrained.count + 1;
  const retraining = { id: retrainingWorkflowId(state.endpoint, number), number, who, why, sinceMs: atMs };
  return { ...state, retraining, retrained: { ...state.retrained, count: number, lastMs: atMs } };
}

export function afterRetraining(state: EndpointState, result: RetrainingResult): EndpointState {
  const last = result.kind === 'trained' ? { kind: result.kind, why: `${result.candidate} (${result.model})` } : result;
  return { ...state, retraining: null, retrained: { ...state.retrained, last } };
}

import type { OnNewer, RolloutSpec } from '../spec/types';
import type { EndpointState, Running } from './types';

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
export function admit({ endpoint, running, queued }: EndpointState): Admission {
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

/** How the owner remembers a rollout that it has let in. */
export function runningOf(
  spec: RolloutSpec,
  by: {
    readonly id: string;
    readonly number: number;
    readonly who: string;
    readonly sinceMs: number;
    readonly follower: string | null;
  }
): Running {
  const onNewer: OnNewer = spec.onNewer;
  return { ...by, candidate: spec.candidates.map(({ name }) => name).join(', '), onNewer, isWatching: false };
}

/** The rollout has ended; `result` is null when nobody will ever know how. What is not the running one's news is not heard. */
export function afterEnd(
  state: EndpointState,
  ended: { readonly number: number; readonly result: EndpointState['past'][number] | null }
): EndpointState {
  if (state.running?.number !== ended.number) return state;
  const past = ended.result === null ? state.past : [ended.result, ...state.past].slice(0, PAST_KEPT);
  return { ...state, running: null, past };
}

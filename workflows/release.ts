import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { faultOf, hearNews, isUnwatched, isWaveDone, releaseResult, startRelease, toBringBack } from '../rollout';
import type { ReleaseRequest, ReleaseResult, ReleaseState, ReleaseStep, Verb } from '../rollout';
import { releaseMarkdown } from '../report/release';
import { askOwner } from './ask-owner';
import { releaseQuery, rolloutNewsSignal, stopReleaseSignal, verbSignal } from './messages';
import type { SpokenVerb } from './messages';

/**
 * Several endpoints as one unit: waves of rollouts, one wave after the other, then all watched together. When one fails, also in its watch, or a
 * person stops it, those that were promoted go back in reverse.
 */
export async function release(
  request: ReleaseRequest & { readonly searchAttributes: boolean }
): Promise<ReleaseResult> {
  let state: ReleaseState = startRelease(request);
  const set = (next: ReleaseState): void => {
    state = next;
    setCurrentDetails(releaseMarkdown(state));
  };
  set(state);
  const stop = (verb: Verb, who: string, why: string): void =>
    set({ ...state, stopped: state.stopped ?? { verb, who, why, atMs: Date.now(), identity: null } });
  setHandler(releaseQuery, () => state, { description: 'Where each endpoint of the release stands.' });
  setHandler(rolloutNewsSignal, (news) => set(hearNews(state, news)), { description: 'Sent by the rollouts.' });
  setHandler(stopReleaseSignal, ({ who, why }) => stop('abort', who, why), {
    description: 'Stop the release and bring back what it changed: {"who": "…", "why": "…"}',
  });
  CancellationScope.current().cancelRequested.catch(() => stop('cancel', 'Temporal', 'the workflow was cancelled'));

  const fault = await CancellationScope.nonCancellable(async () => {
    await rollOut();
    const found = faultOf(state);
    await (found === null ? settle() : bringBack());
    set({ ...state, phase: 'ended' });
    await condition(allHandlersFinished);
    return found;
  });
  if (state.stopped?.verb === 'cancel') throw new CancelledFailure('Cancelled, after bringing back what it changed.');
  return releaseResult(state, fault);

  async function rollOut(): Promise<void> {
    for (const [wave, specs] of request.waves.entries()) {
      for (const spec of specs) await askOwner({ spec, who: request.who, searchAttributes: request.searchAttributes });
      await condition(() => isWaveDone(state, wave) || faultOf(state) !== null);
      if (faultOf(state) !== null) return;
    }
    if (request.togetherMs === 0) return;
    set({ ...state, phase: 'watching' });
    const isOver = (): boolean => faultOf(state) !== null || isUnwatched(state);
    await condition(isOver, request.togetherMs, { summary: 'Watch all endpoints together' });
  }

  async function settle(): Promise<void> {
    set({ ...state, phase: 'settling' });
    for (const step of state.steps.filter(({ standing }) => standing === 'watching'))
      await say(step, 'settle', `release ${request.name} is through`);
    await condition(() => isUnwatched(state));
  }

  /** One after the other, so that at every moment it is known how far back it is. */
  async function bringBack(): Promise<void> {
    set({ ...state, phase: 'rollingBack' });
    const why = `release ${request.name} goes back: ${faultOf(state) ?? ''}`;
    for (const step of toBringBack(state)) {
      await say(step, step.standing === 'watching' ? 'rollback' : 'abort', why);
      await condition(() => {
        const now = state.steps.find(({ endpoint }) => endpoint === step.endpoint);
        return now?.standing !== 'running' && now?.standing !== 'watching';
      });
    }
  }

  async function say({ rolloutId, endpoint }: ReleaseStep, verb: SpokenVerb, why: string): Promise<void> {
    if (rolloutId === null) return;
    try {
      await getExternalWorkflowHandle(rolloutId).signal(verbSignal(verb), { who: `release ${request.name}`, why });
    } catch (error) {
      log.warn(`The rollout on ${endpoint} could not be told: ${String(error)}`);
    }
  }
}

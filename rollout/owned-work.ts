import { baselineWorkflowId } from './ids';
import { afterRetirement, afterRetraining } from './owner';
import type { EndpointState, OwnedWork, WorkNews } from './types';

/** The workflows beside rollouts whose end the owner waits for now. */
export function workOf({ endpoint, running, queued, retraining, retiring }: EndpointState): readonly OwnedWork[] {
  const work: OwnedWork[] = [];
  if (retraining !== null) work.push({ kind: 'retraining', id: retraining.id });
  if (running !== null) return work;
  if (retiring !== null) work.push({ kind: 'retirement', id: retiring.id });
  if (queued !== null && queued.baselines === null)
    work.push({ kind: 'baselines', id: baselineWorkflowId(endpoint, queued.number) });
  return work;
}

/** One of them has ended. What is not waited for (any more) is not heard. A rollout whose baselines could not be made is given up. */
export function afterWork(state: EndpointState, news: WorkNews, atMs: number): EndpointState {
  const { queued } = state;
  const waited = workOf(state).find(({ id }) => id === news.id);
  switch (waited?.kind) {
    case undefined:
      return state;
    case 'retraining':
      return afterRetraining(state, news.kind === 'retraining' ? news.result : { kind: 'failed', why: whyNot(news) });
    case 'retirement':
      return afterRetirement(state, news.kind === 'retirement' ? news.result : null, atMs);
    case 'baselines':
      if (queued === null) return state;
      if (news.kind === 'baselines') return { ...state, queued: { ...queued, baselines: news.baselines } };
      return { ...state, queued: null, givenUp: { number: queued.number, why: whyNot(news) } };
  }
}

function whyNot(news: WorkNews): string {
  return news.kind === 'failed' ? news.why : `it ended as ${news.kind}`;
}

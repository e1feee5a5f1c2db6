import { explain } from './moves';
import type { ReleaseRequest, ReleaseResult, ReleaseState, ReleaseStep, RolloutNews } from './release-types';

export function startRelease({ name, who, waves }: ReleaseRequest): ReleaseState {
  const steps = waves.flatMap((wave, index) =>
    wave.map((spec): ReleaseStep => ({
      endpoint: spec.endpoint,
      candidate: spec.candidates.map((candidate) => candidate.name).join(', '),
      wave: index,
      rolloutId: null,
      standing: 'waiting',
      why: null,
    }))
  );
  return { schema: 1, name, who, steps, stopped: null, phase: 'rollingOut' };
}

/** What a piece of news makes of a release; news of endpoints that are not its own change nothing. */
export function hearNews(state: ReleaseState, news: RolloutNews): ReleaseState {
  return { ...state, steps: state.steps.map((step) => (step.endpoint === news.endpoint ? after(step, news) : step)) };
}

function after(step: ReleaseStep, news: RolloutNews): ReleaseStep {
  switch (news.kind) {
    case 'accepted':
      return { ...step, rolloutId: news.rolloutId, standing: 'running' };
    case 'refused':
      return { ...step, standing: 'failed', why: news.why };
    case 'watching':
      return { ...step, standing: 'watching' };
    case 'ended': {
      const { outcome } = news.result;
      const why = `${outcome.kind}: ${explain(outcome)}`;
      if (outcome.kind === 'promoted') return { ...step, standing: 'kept', why };
      // One that had been promoted was brought back; one that never was has failed by itself.
      return { ...step, standing: step.standing === 'watching' ? 'rolledBack' : 'failed', why };
    }
  }
}

/** Every step of the wave has an answer: promoted, or failed. */
export function isWaveDone({ steps }: ReleaseState, wave: number): boolean {
  return steps
    .filter((step) => step.wave === wave)
    .every(({ standing }) => ['watching', 'kept', 'failed'].includes(standing));
}

/** Nothing that was promoted can be rolled back by its own watch any more. */
export function isUnwatched({ steps }: ReleaseState): boolean {
  return steps.every(({ standing }) => standing !== 'watching');
}

/** Why the release must go back: the first step that failed, or the person who stopped it; null while nothing is wrong. */
export function faultOf({ steps, stopped }: ReleaseState): string | null {
  if (stopped !== null) return `${stopped.who} said ${stopped.verb}: ${stopped.why}`;
  const failed = steps.find(({ standing }) => standing === 'failed' || standing === 'rolledBack');
  return failed === undefined ? null : `${failed.candidate} on ${failed.endpoint}: ${failed.why ?? 'failed'}`;
}

/** Steps that serve or move something new, the last one first: the order in which a release goes back. */
export function toBringBack({ steps }: ReleaseState): readonly ReleaseStep[] {
  return steps.filter(({ standing }) => standing === 'running' || standing === 'watching').toReversed();
}

export function releaseResult(state: ReleaseState, fault: string | null): ReleaseResult {
  const { name, steps } = state;
  return { name, outcome: fault === null ? 'released' : 'rolledBack', why: fault, steps };
}

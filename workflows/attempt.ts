import { ActivityFailure, ApplicationFailure, CancellationScope, condition } from '@temporalio/workflow';
import type { NamedContext, PlannedContext, RolloutActivities, RolloutContext } from '../activities/types';
import type { RolloutEvent, RolloutState } from '../rollout';
import { isFailureType } from '../spec/failures';
import type { Failure, FailureType } from '../spec/failures';
import type * as options from './activity-options';
import type { StateHolder } from './transition';

/** An activity's failure as data. */
export async function attempt(work: () => Promise<RolloutEvent>): Promise<RolloutEvent> {
  try {
    return await work();
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

/**
 * Runs a step forward. An abort ends its retries, so that nothing is begun after it was accepted; an AWS call that is under way is still
 * waited for, because only what has ended can be undone.
 */
export async function unlessAborted(holder: StateHolder, work: () => Promise<RolloutEvent>): Promise<RolloutEvent> {
  let isOver = false;
  const scope = new CancellationScope();
  void condition(() => isOver || holder.state.abort !== null).then(() => scope.cancel());
  const event = await scope.run(() => attempt(work));
  isOver = true;
  return event;
}

/** Runs `work`, which changes nothing outside, until it is done or a verb has moved the rollout to another phase. */
export async function untilOvertaken(
  holder: StateHolder,
  work: () => Promise<RolloutEvent>
): Promise<RolloutEvent | null> {
  const { phase } = holder.state;
  const scope = new CancellationScope();
  const event = scope.run(work);
  const overtaken = condition(() => holder.state.phase !== phase).then(() => null);
  const first = await Promise.race([event, overtaken]);
  if (first !== null) return first;
  scope.cancel();
  await event;
  return null;
}

/** Waits; true when a verb has moved the rollout on, or taken it back, before the time was up. */
export async function sleepUnless(holder: StateHolder, ms: number, summary: string): Promise<boolean> {
  if (ms <= 0) return false;
  const { phase, abort } = holder.state;
  return condition(() => holder.state.phase !== phase || holder.state.abort !== abort, ms, { summary });
}

/** A failure of the workflow's own, as activities throw theirs. */
export function failureError(type: FailureType, what: string): ApplicationFailure {
  const failure: Failure = { type, what, next: 'See the activities before it in the Temporal UI.' };
  return ApplicationFailure.create({ type, message: what, nonRetryable: true, details: [failure] });
}

/** The same activities with a sentence for the timeline. */
export function say<A extends keyof typeof options>(profile: (typeof options)[A], summary: string): RolloutActivities {
  return told<RolloutActivities>(profile, summary);
}

/** Activities of any kind with a sentence for the timeline (the UI cuts it at 120 characters). `profile` is a proxy of activities `T`. */
export function told<T extends object>(profile: object, summary: string): T {
  return new Proxy(profile as T, {
    get: (target, name) => {
      const activity = target[name as keyof T] as unknown as {
        executeWithOptions(o: { summary: string }, args: readonly unknown[]): Promise<unknown>;
      };
      return (input: unknown) => activity.executeWithOptions({ summary }, [input]);
    },
  });
}

export function contextOf(state: RolloutState): RolloutContext {
  return { id: state.id, number: state.number, spec: state.spec };
}

export function namedOf(state: RolloutState): NamedContext {
  if (state.names === null) throw ApplicationFailure.nonRetryable('The endpoint was not read yet.', 'Internal');
  return { ...contextOf(state), names: state.names, incumbent: state.incumbent };
}

export function plannedOf(state: RolloutState): PlannedContext {
  if (state.plan === null) throw ApplicationFailure.nonRetryable('The plan is not fixed yet.', 'Internal');
  return { ...namedOf(state), plan: state.plan };
}

/** What was thrown, as data. */
export function failureOf(error: unknown): Failure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    const details = cause.details?.[0] as Failure | undefined;
    return details ?? { type: cause.type, what: cause.message, next: 'See the activity in the Temporal UI.' };
  }
  const what = cause instanceof Error ? cause.message : String(cause);
  return { type: 'TimedOut', what, next: 'See the activity in the Temporal UI; a worker may have been away.' };
}

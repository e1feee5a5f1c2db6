import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, getExternalWorkflowHandle, log, sleep } from '@temporalio/workflow';
import type { EndpointState, Queued, RolloutNews } from '../rollout';
import { presenceSignal, rolloutNewsSignal, verbSignal } from './messages';
import type { SpokenVerb } from './messages';

/** News without the endpoint, which the owner knows. */
type NewsOf<T> = T extends unknown ? Omit<T, 'endpoint'> : never;
export type OwnerNews = NewsOf<RolloutNews>;

/** Tells the workflow that asked for a rollout what becomes of it. */
export async function inform(endpoint: string, follower: string | null, news: OwnerNews): Promise<void> {
  if (follower === null) return;
  try {
    await getExternalWorkflowHandle(follower).signal(rolloutNewsSignal, { ...news, endpoint });
  } catch (error) {
    log.warn(`${follower} could not be told: ${String(error)}`);
  }
}

/** Says a verb to the rollout that runs; one that has just ended needs no telling. */
export async function tell(
  running: EndpointState['running'],
  verb: SpokenVerb,
  by: { readonly who: string; readonly why: string }
): Promise<void> {
  if (running === null) return;
  try {
    await getExternalWorkflowHandle(running.id).signal(verbSignal(verb), by);
  } catch (error) {
    log.warn(`Rollout ${running.number} could not be told: ${String(error)}`);
  }
}

/** Why a running rollout is asked to make place. */
export function placeFor({ candidate, who, number }: Queued): { readonly who: string; readonly why: string } {
  return { who, why: `${candidate} is to take its place (rollout ${number})` };
}

/** Resolves when a workflow is there no more, or nobody waits for it: one that has ended well has said so, one that was terminated could not. */
export async function untilGone(id: string, isAwaited: () => boolean): Promise<void> {
  while (isAwaited() && (await isThere(id))) await sleep('1 hour', { summary: `Until ${id} is looked after again` });
}

/** Whether a workflow still runs; one that cannot be reached is taken to be gone. */
async function isThere(id: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(id).signal(presenceSignal);
    return true;
  } catch {
    return false;
  }
}

/** Why a child did not start, as the caller of an update reads it. */
export function notStarted(id: string, endpoint: string, error: unknown): ApplicationFailure {
  if (error instanceof WorkflowExecutionAlreadyStartedError)
    return ApplicationFailure.create({
      type: 'RolloutRunning',
      nonRetryable: true,
      message: `${id} runs on ${endpoint} already; it was started by a former owner.`,
      cause: error,
    });
  return ApplicationFailure.create({
    type: 'Internal',
    nonRetryable: true,
    message: `Could not start ${id}.`,
    ...(error instanceof Error && { cause: error }),
  });
}

/** What went wrong in an activity or a child, without the frame that Temporal puts around it. */
export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

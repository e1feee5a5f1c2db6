import { setTimeout as delay } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { resultOf } from '../rollout';
import type { RolloutResult, RolloutState } from '../rollout';
import { rolloutView } from '../report';
import { duration } from '../report/words';
import type { rollout } from '../workflows';
import { askRollout, describe } from './ask';
import type { LiveWriter } from './live';
import { unknownRollout } from './target';
import { grpcReason } from './temporal';

export interface FollowOptions {
  readonly client: Client;
  readonly id: string;
  readonly writer: LiveWriter;
  /** Pause between two looks. Each look is a query, which Temporal Cloud bills. */
  readonly everyMs: number;
  readonly timeoutMs?: number;
  readonly stop: AbortSignal;
  now(): number;
}

/** How the following came to its end. */
export type Followed =
  /** `seen`: the writer has shown it, outcome and all. */
  | { readonly kind: 'ended'; readonly result: RolloutResult; readonly seen: boolean }
  /** The rollback is tried on and on; nobody should have to wait for it in silence. */
  | { readonly kind: 'incomplete'; readonly state: RolloutState }
  /** Cancelled by Temporal, after rolling back. */
  | { readonly kind: 'cancelled' }
  /** Terminated or failed: nobody brings the endpoint to one side. */
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'timedOut'; readonly state: RolloutState | null }
  | { readonly kind: 'interrupted' };

/** Slow retries of a rollback that a watcher sees before it reports that as the end: about five minutes. */
const INCOMPLETE_ATTEMPTS = 5;

/**
 * Shows a rollout until it ends. Survives whatever restarts meanwhile, worker and Temporal alike: it says that nobody answers, and asks
 * again. Throws a `Mistake` when there is no such rollout.
 */
export async function follow(options: FollowOptions): Promise<Followed> {
  const { client, id, writer, stop, now } = options;
  const deadlineMs = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : now() + options.timeoutMs;
  let state: RolloutState | null = null;
  let heardMs = now();
  for (;;) {
    const answer = await askRollout(client, id);
    if (answer.kind === 'unknown') throw unknownRollout(id);
    if (answer.kind === 'answered') {
      state = answer.value;
      heardMs = now();
      writer.show(rolloutView(state, heardMs));
      const end = await endOf(client, state);
      if (end !== null) return end.kind === 'ended' && !end.seen ? shown(options, end) : end;
    } else {
      if (state !== null) writer.show(rolloutView(state, now()), silence(heardMs, now()));
      const end = await endWithoutWorker(client, id);
      if (end !== null) return end;
    }
    if (stop.aborted) return { kind: 'interrupted' };
    if (now() >= deadlineMs) return { kind: 'timedOut', state };
    await delay(Math.max(0, Math.min(options.everyMs, deadlineMs - now())), undefined, { signal: stop }).catch(
      () => undefined
    );
  }
}

function silence(heardMs: number, nowMs: number): string {
  return `No worker answers for ${duration(nowMs - heardMs)}; this is the last that was heard. Asking on.`;
}

async function endOf(client: Client, state: RolloutState): Promise<Followed | null> {
  const { phase } = state;
  if (phase.kind === 'rollbackIncomplete' && phase.attempt >= INCOMPLETE_ATTEMPTS) return { kind: 'incomplete', state };
  if (phase.kind !== 'ended') {
    // A worker answers queries for a terminated workflow, too, with the state that it was left in.
    return endWithoutWorker(client, state.id);
  }
  return { kind: 'ended', result: resultOf(state), seen: true };
}

/** It ended between the look and the question whether it has: the writer shows its end as well, where a worker still answers. */
async function shown(
  { client, id, writer, now }: FollowOptions,
  end: Extract<Followed, { readonly kind: 'ended' }>
): Promise<Followed> {
  const answer = await askRollout(client, id);
  if (answer.kind !== 'answered' || answer.value.phase.kind !== 'ended') return end;
  writer.show(rolloutView(answer.value, now()));
  return { ...end, seen: true };
}

/** Temporal keeps results itself, so the end is known even when every worker has gone. */
async function endWithoutWorker(client: Client, id: string): Promise<Followed | null> {
  try {
    const description = await describe(client, id);
    if (description === null) throw unknownRollout(id);
    if (description.status.name === 'RUNNING' || description.status.name === 'CONTINUED_AS_NEW') return null;
    return { kind: 'ended', result: await client.workflow.getHandle<typeof rollout>(id).result(), seen: false };
  } catch (error) {
    if (error instanceof WorkflowFailedError) {
      return error.cause instanceof CancelledFailure
        ? { kind: 'cancelled' }
        : { kind: 'broken', why: error.cause?.message ?? error.message };
    }
    if (grpcReason(error) !== null) return null;
    throw error;
  }
}

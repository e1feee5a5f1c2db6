import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { BatchResult, BatchState } from '../../batch';
import { batchLines } from '../../report/batch';
import { batchQuery } from '../../workflows/messages';
import { bounded, describe } from '../ask';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { grpcReason } from '../temporal';
import { notice, print } from '../verb';
import type { VerbContext } from '../verb';

const LOOK_MS = 1_000;

/** How a run that was followed came to its end. */
export type BatchEnd =
  | { readonly kind: 'ended'; readonly result: BatchResult }
  | { readonly kind: 'failed'; readonly why: string; readonly result: BatchResult | null }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'timedOut' };

/** The state of a run; null while no worker answers. Throws a `Mistake` when there is no such run. */
export async function askBatch(client: Client, id: string): Promise<BatchState | null> {
  const answer = await bounded(client, () => client.workflow.getHandle(id).query(batchQuery));
  if (answer.kind === 'unknown') throw new Mistake(`There is no run ${id}. List them: sluice batch history <endpoint>`);
  return answer.kind === 'answered' ? answer.value : null;
}

/** Shows a run until it ends; each change is a line, and on a terminal the last one is painted over. */
export async function watchBatch(
  context: VerbContext,
  of: { readonly client: Client; readonly id: string; readonly json: boolean; readonly timeoutMs?: number }
): Promise<BatchEnd> {
  const { client, id, json } = of;
  const deadlineMs = of.timeoutMs === undefined ? Number.POSITIVE_INFINITY : context.now() + of.timeoutMs;
  let shown = '';
  for (;;) {
    const state = await askBatch(client, id);
    if (state !== null) {
      const lines = batchLines(state, context.now());
      const text = [...lines, ...(await jobLines(client, state))].join('\n');
      if (json && text !== shown) context.out.write(`${JSON.stringify({ phase: state.phase, parts: state.parts })}\n`);
      else if (text !== shown && state.phase !== 'ended') notice(context, ...text.split('\n'));
      shown = text;
    }
    const end = await endOf(client, id);
    if (end !== null) return end;
    if (context.stop.aborted) return { kind: 'interrupted' };
    if (context.now() >= deadlineMs) return { kind: 'timedOut' };
    await delay(LOOK_MS, undefined, { signal: context.stop }).catch(() => undefined);
  }
}

/** The exit code of a run's end, said. */
export function concludeBatch(
  context: VerbContext,
  of: { readonly id: string; readonly end: BatchEnd; readonly json: boolean }
): ExitCode {
  const { id, end, json } = of;
  const say = (text: string): void => (json ? undefined : print(context, text));
  switch (end.kind) {
    case 'ended': {
      const { outcome, records, quarantined } = end.result;
      if (json) context.out.write(`${JSON.stringify(end.result)}\n`);
      if (outcome.kind === 'published') {
        const aside = quarantined === 0 ? '' : `, ${quarantined} put aside`;
        say(`Published ${records - quarantined} of ${records} records${aside}: ${outcome.manifest}`);
        return EXIT.done;
      }
      say(
        outcome.kind === 'stopped'
          ? `Stopped by ${outcome.who}: ${outcome.why}. Nothing was published.`
          : `Failed: ${outcome.failure.what}`
      );
      return EXIT.batchFailed;
    }
    case 'failed':
      if (json) context.out.write(`${JSON.stringify(end.result ?? { id, why: end.why })}\n`);
      say(`Nothing was published: ${end.why}`);
      return EXIT.batchFailed;
    case 'interrupted':
      notice(context, `${id} goes on. Follow it: sluice batch watch ${id}`);
      return EXIT.interrupted;
    case 'timedOut':
      notice(context, `${id} goes on. Follow it: sluice batch watch ${id}`);
      return EXIT.timedOut;
  }
}

/** What the jobs that run now say in their heartbeats: how many objects have their result, as far as S3 shows. */
async function jobLines(client: Client, { id, phase }: BatchState): Promise<readonly string[]> {
  if (phase !== 'transforming') return [];
  const pending = (await describe(client, id))?.raw.pendingActivities ?? [];
  return pending.flatMap(({ heartbeatDetails }) => {
    const [payload] = heartbeatDetails?.payloads ?? [];
    if (payload === undefined) return [];
    const progress = readable(payload);
    return isProgress(progress)
      ? [`    ${progress.job}: ${progress.status}, ${progress.done} of ${progress.of} objects have results`]
      : [];
  });
}

function readable(payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0]): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    // Encoded by a codec of the cluster's owner: it is not for us to read.
    return undefined;
  }
}

interface Progress {
  readonly job: string;
  readonly status: string;
  readonly done: number;
  readonly of: number;
}

function isProgress(value: unknown): value is Progress {
  return (
    typeof value === 'object' &&
    value !== null &&
    'job' in value &&
    'status' in value &&
    'done' in value &&
    'of' in value
  );
}

async function endOf(client: Client, id: string): Promise<BatchEnd | null> {
  try {
    const status = (await describe(client, id))?.status.name;
    if (status === 'RUNNING' || status === 'CONTINUED_AS_NEW') return null;
    return { kind: 'ended', result: (await client.workflow.getHandle(id).result()) as BatchResult };
  } catch (error) {
    if (error instanceof WorkflowFailedError) {
      if (error.cause instanceof CancelledFailure) return { kind: 'failed', why: 'it was cancelled.', result: null };
      const result =
        error.cause instanceof ApplicationFailure ? (error.cause.details?.[1] as BatchResult | undefined) : undefined;
      return { kind: 'failed', why: error.cause?.message ?? error.message, result: result ?? null };
    }
    if (grpcReason(error) !== null) return null;
    throw error;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time';
import { WorkflowFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow';
import type { BatchResult, BatchState } from '../../batch';
import { batchLines } from '../../report/batch';
import { clock, count, duration, plural, shellWord } from '../../report/words';
import { batchQuery } from '../../workflows/messages';
import { bounded, describe } from '../ask';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { grpcReason } from '../temporal';
import { notice, print } from '../verb';
import type { VerbContext } from '../verb';

const LOOK_MS = 1_000;
/** So long each second is looked at; a run that takes longer changes its lines no more often than its jobs are polled. */
const BRISK_MS = 60_000;
const SLOW_LOOK_MS = 5_000;

/** How a run that was followed came to its end. */
export type BatchEnd =
  | { readonly kind: 'ended'; readonly result: BatchResult }
  | { readonly kind: 'failed'; readonly why: string; readonly result: BatchResult | null }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'timedOut' };

/** The state of a run; null while no worker answers. Throws a `Mistake` when there is no such run. */
export async function askBatch(client: Client, id: string): Promise<BatchState | null> {
  const [, endpoint, batch, time] = /^batch\/([^/]+)\/([^/]+?)(-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$/.exec(id) ?? [];
  const list = `List them: sluice batch history ${endpoint === undefined ? '<endpoint>' : shellWord(endpoint)}`;
  if (time === undefined)
    throw new Mistake(
      batch === undefined
        ? `${id} is no run of a batch; one is called batch/<endpoint>/<name>-2026-11-28T02:00:00Z. ${list}`
        : `${id} is a batch, not one of its runs. ${list} ${shellWord(batch)}`
    );
  const answer = await bounded(client, () => client.workflow.getHandle(id).query(batchQuery));
  if (answer.kind === 'unknown') throw new Mistake(`There is no run ${id}. ${list}`);
  return answer.kind === 'answered' ? answer.value : null;
}

/** Shows a run until it ends; only what has changed is said again, and no estimate by itself. The end is heard of at once; the way to it is looked at now and then. */
export async function watchBatch(
  context: VerbContext,
  of: { readonly client: Client; readonly id: string; readonly json: boolean; readonly timeoutMs?: number }
): Promise<BatchEnd> {
  const { client, id, json } = of;
  const startedMs = context.now();
  const deadlineMs = of.timeoutMs === undefined ? Number.POSITIVE_INFINITY : startedMs + of.timeoutMs;
  let shown: readonly string[] = [];
  const show = async (): Promise<void> => {
    const state = await askBatch(client, id);
    if (state === null) return;
    const lines = batchLines(state, context.now());
    const now = [...lines, ...(await jobLines(client, state, context.now()))];
    const before = new Set(shown.map(withoutEstimate));
    const changed = now.filter((line) => !before.has(withoutEstimate(line)));
    // How it ended is for `concludeBatch` to say.
    const fresh = json || state.phase !== 'ended' ? changed : changed.filter((line) => line !== lines[0]);
    if (fresh.length === 0) return;
    if (json) context.out.write(`${JSON.stringify({ phase: state.phase, parts: state.parts })}\n`);
    else notice(context, ...fresh);
    shown = now;
  };
  await show();
  const leaving = new AbortController();
  const stop = AbortSignal.any([context.stop, leaving.signal]);
  const ended = endOf(client, id, stop);
  try {
    for (;;) {
      if (context.stop.aborted) return { kind: 'interrupted' };
      const [leftMs, agoMs] = [deadlineMs - context.now(), context.now() - startedMs];
      if (leftMs <= 0) return { kind: 'timedOut' };
      const pauseMs = Math.min(leftMs, agoMs < BRISK_MS ? LOOK_MS : SLOW_LOOK_MS);
      const end = await Promise.race([ended, delay(pauseMs, null, { signal: stop }).catch(() => null)]);
      if (end === null) {
        await show();
        continue;
      }
      // What has come since the last look: records put aside, a comparison, a drift.
      await show();
      return end;
    }
  } finally {
    leaving.abort();
  }
}

/** An estimate changes with every look. */
function withoutEstimate(line: string): string {
  return line.replace(/, done about .*$/, '');
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
async function jobLines(client: Client, { id, phase }: BatchState, nowMs: number): Promise<readonly string[]> {
  if (phase !== 'transforming') return [];
  const pending = (await describe(client, id))?.raw.pendingActivities ?? [];
  const told = await Promise.all(
    pending.map(async ({ heartbeatDetails, attempt, lastStartedTime }) => {
      const beat = await lastBeat(client, heartbeatDetails?.payloads);
      if (!isProgress(beat)) return [];
      // A second attempt found the job half done.
      const sinceMs = attempt === 1 ? optionalTsToMs(lastStartedTime) : undefined;
      return [`    ${beat.job}: ${beat.status}, ${objectsText(beat)}${estimate(beat, { sinceMs, nowMs })}`];
    })
  );
  return told.flat();
}

function objectsText({ done, of }: Progress): string {
  return `${count(done)} of ${plural(of, 'object')} ${of === 1 ? 'has its result' : 'have their results'}`;
}

function estimate(
  { done, of }: Progress,
  { sinceMs, nowMs }: { readonly sinceMs: number | undefined; readonly nowMs: number }
): string {
  if (sinceMs === undefined || done === 0 || done >= of || nowMs <= sinceMs) return '';
  const leftMs = ((nowMs - sinceMs) * (of - done)) / done;
  return `, done about ${clock(nowMs + leftMs, nowMs)} (in ${duration(leftMs)})`;
}

async function lastBeat(
  { options }: Client,
  payloads: Parameters<typeof decodeFromPayloadsAtIndex>[2]
): Promise<unknown> {
  try {
    return await decodeFromPayloadsAtIndex(options.loadedDataConverter, 0, payloads);
  } catch {
    // Written with a key that is not at hand: the lines go without it.
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

/** Waits for the end of a run, over all its continuations; null when nobody waits any more. */
async function endOf(client: Client, id: string, stop: AbortSignal): Promise<BatchEnd | null> {
  for (;;) {
    try {
      return { kind: 'ended', result: (await client.workflow.getHandle(id).result()) as BatchResult };
    } catch (error) {
      if (stop.aborted) return null;
      if (error instanceof WorkflowFailedError) {
        if (error.cause instanceof CancelledFailure) return { kind: 'failed', why: 'it was cancelled.', result: null };
        const result =
          error.cause instanceof ApplicationFailure ? (error.cause.details?.[1] as BatchResult | undefined) : undefined;
        return { kind: 'failed', why: error.cause?.message ?? error.message, result: result ?? null };
      }
      if (grpcReason(error) === null) throw error;
      // Temporal is away for a moment.
      await delay(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

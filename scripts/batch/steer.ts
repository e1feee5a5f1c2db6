import type { Client, ScheduleDescription } from '@temporalio/client';
import { startOfDay } from '../../batch';
import { plain, shellWord } from '../../report/words';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { expectedTimes } from '../../worker/schedules/runs';
import { overlapPolicy } from '../../worker/schedules/options';
import { print, printJson } from '../verb';
import type { VerbContext } from '../verb';
import { stopBatchSignal, stopBatchUpdate } from '../../workflows/messages';
import { messageOf, order } from '../person';
import { requestOfSchedule } from './describe';
import { expectDate } from './run';
import { askBatch } from './watch';

export interface Reason {
  readonly why: string;
  readonly who?: string;
  readonly json?: boolean;
}

/** Stops new runs, with a note that says who and why; what runs goes on. */
export async function pauseSchedule(
  context: VerbContext,
  of: { readonly client: Client; readonly described: ScheduleDescription; readonly reason: Reason }
): Promise<ExitCode> {
  const { scheduleId } = of.described;
  const note = `paused ${isoSecond(context.now())} by ${messageOf(context, of.reason).who}: ${plain(of.reason.why)}`;
  await of.client.schedule.getHandle(scheduleId).pause(note);
  return said(context, { scheduleId, text: `${scheduleId} is paused. What runs goes on.`, json: of.reason.json });
}

/** Runs again from the next time on; what was missed is not made up for. */
export async function resumeSchedule(
  context: VerbContext,
  of: { readonly client: Client; readonly described: ScheduleDescription; readonly reason: Reason }
): Promise<ExitCode> {
  const { scheduleId, state } = of.described;
  if (!state.paused) throw new Mistake(`${scheduleId} is not paused.`);
  // `describe` reads the time out of it: before it nothing was due.
  const note = `resumed ${isoSecond(context.now())} by ${messageOf(context, of.reason).who}: ${plain(of.reason.why)}`;
  await of.client.schedule.getHandle(scheduleId).unpause(note);
  const text = `${scheduleId} runs again. What was missed meanwhile: sluice batch backfill`;
  return said(context, { scheduleId, text, json: of.reason.json });
}

/** Starts a run now, as the schedule would. */
export async function triggerSchedule(
  context: VerbContext,
  of: { readonly client: Client; readonly described: ScheduleDescription; readonly json: boolean | undefined }
): Promise<ExitCode> {
  const { scheduleId } = of.described;
  const overlap = requestOfSchedule(of.described).batch.schedule?.overlap ?? 'skip';
  await of.client.schedule.getHandle(scheduleId).trigger(overlapPolicy(overlap));
  return said(context, { scheduleId, text: `${scheduleId} was triggered (overlap: ${overlap}).`, json: of.json });
}

export interface BackfillOptions {
  readonly from: string;
  readonly to?: string;
  readonly parallel?: boolean;
  readonly json?: boolean;
}

/** Runs the schedule for times that are past: dates of its zone, both included. One after the other, unless told otherwise. */
export async function backfillSchedule(
  context: VerbContext,
  of: { readonly client: Client; readonly described: ScheduleDescription; readonly options: BackfillOptions }
): Promise<ExitCode> {
  const { from, to = from, parallel = false, json } = of.options;
  expectDate('--from', from);
  expectDate('--to', to);
  if (to < from) throw new Mistake(`--to (${to}) is before --from (${from}).`);
  const { scheduleId } = of.described;
  const { timezone } = requestOfSchedule(of.described).batch;
  const fromMs = startOfDay(from, timezone) - 1;
  const next = new Date(Date.parse(`${to}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  const toMs = Math.min(startOfDay(next, timezone) - 1, context.now());
  const times = await expectedTimes(of.client, scheduleId, { fromMs, toMs });
  if (times.length === 0) throw new Mistake(`${scheduleId} had nothing to run from ${from} to ${to}.`);
  await of.client.schedule.getHandle(scheduleId).backfill({
    start: new Date(fromMs),
    end: new Date(toMs),
    overlap: overlapPolicy(parallel ? 'allowAll' : 'bufferAll'),
  });
  if (json === true) printJson(context, { schedule: scheduleId, times: times.map((ms) => new Date(ms).toISOString()) });
  else
    print(
      context,
      `${times.length} ${times.length === 1 ? 'run' : 'runs'} of ${scheduleId} from ${from} to ${to}, ${parallel ? 'all at once' : 'one after the other'}.`,
      `Follow them: sluice batch history ${shellWord(requestOfSchedule(of.described).endpoint)}`
    );
  return EXIT.done;
}

/** Ends a run: its jobs stop, nothing is published. */
export async function stopRun(
  context: VerbContext,
  of: { readonly client: Client; readonly id: string; readonly reason: Reason }
): Promise<ExitCode> {
  const { client, id } = of;
  const message = messageOf(context, of.reason);
  // Says what there is, and whether it is a run at all.
  await askBatch(client, id);
  const answer = await order(client, { id, update: stopBatchUpdate, message });
  switch (answer.kind) {
    case 'answered':
      return said(context, { scheduleId: id, text: answer.value, json: of.reason.json });
    case 'unknown': {
      // A closed workflow takes no updates, and Temporal says the same as for one that never was.
      const how = (await askBatch(client, id))?.outcome?.kind;
      throw new Mistake(
        `${id} has ended${how === undefined ? '' : ` (${how})`}; there is nothing to stop. See it: sluice batch watch ${shellWord(id)}`
      );
    }
    case 'silent': {
      await client.workflow.getHandle(id).signal(stopBatchSignal, message);
      const text = `No worker answers now; Temporal keeps your stop and the next worker obeys it first.`;
      return said(context, { scheduleId: id, text, json: of.reason.json });
    }
  }
}

function said(
  context: VerbContext,
  {
    scheduleId,
    text,
    json = false,
  }: { readonly scheduleId: string; readonly text: string; readonly json: boolean | undefined }
): ExitCode {
  if (json) printJson(context, { id: scheduleId, said: text });
  else print(context, text);
  return EXIT.done;
}

function isoSecond(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

import type { Client, ScheduleDescription } from '@temporalio/client';
import type { BatchRequest, ScheduledRun, ScheduleViolation } from '../../batch';
import { scheduleViolations } from '../../batch';
import { duration } from '../../report/words';
import { formatDuration } from '../../spec/duration';
import { scheduleText } from '../../worker/schedules/options';
import { actsSince, expectedTimes, runsOf } from '../../worker/schedules/runs';

/** A start may be so late before it counts: Temporal is quick, and a worker may just be restarting. */
const GRACE_MS = 5 * 60_000;
/** So far back runs are compared with the schedule. */
const LOOKBACK_MS = 14 * 86_400_000;
const MOST_RUNS = 500;

/** A schedule, what it did, and what is not as it should be. */
export interface ScheduleView {
  readonly schedule: string;
  readonly when: string;
  readonly overlap: string;
  readonly catchUpWindowMs: number;
  readonly pauseOnFailure: boolean;
  readonly paused: { readonly note: string } | null;
  readonly input: string;
  readonly output: string;
  readonly next: readonly string[];
  readonly running: readonly string[];
  readonly runs: readonly ScheduledRun[];
  readonly taken: number;
  readonly missedCatchUp: number;
  readonly skippedByOverlap: number;
  readonly violations: readonly ScheduleViolation[];
}

export async function viewSchedule(
  client: Client,
  described: ScheduleDescription,
  nowMs: number
): Promise<ScheduleView> {
  const { scheduleId, info, state, policies } = described;
  const { batch } = requestOfSchedule(described);
  const runs = await runsOf(client, scheduleId, MOST_RUNS);
  const fromMs = Math.max(actsSince(described), nowMs - LOOKBACK_MS);
  // Nothing is due while it is paused.
  const expectedMs = state.paused ? [] : await expectedTimes(client, scheduleId, { fromMs, toMs: nowMs });
  const { schedule, withinMs } = batch;
  const violations = scheduleViolations({
    ...{ expectedMs, runs, nowMs, withinMs, graceMs: GRACE_MS, jitterMs: schedule?.jitterMs ?? 0 },
  });
  return {
    schedule: scheduleId,
    when: schedule === undefined ? '' : scheduleText(schedule),
    overlap: schedule?.overlap ?? 'skip',
    catchUpWindowMs: policies.catchupWindow,
    pauseOnFailure: policies.pauseOnFailure,
    paused: state.paused ? { note: state.note ?? '' } : null,
    input: batch.input,
    output: batch.output,
    next: info.nextActionTimes.slice(0, 3).map((time) => time.toISOString()),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    runs: runs.slice(0, 10),
    taken: info.numActionsTaken,
    missedCatchUp: info.numActionsMissedCatchupWindow,
    skippedByOverlap: info.numActionsSkippedOverlap,
    violations,
  };
}

/** What the schedule starts runs with. */
export function requestOfSchedule({ action, scheduleId }: ScheduleDescription): BatchRequest {
  const input: unknown = action.args?.[0];
  if (!isInput(input)) throw new Error(`schedule ${scheduleId} does not start a batch of ours`);
  return input.request;
}

export function viewLines(view: ScheduleView, nowMs: number): readonly string[] {
  const { schedule, when, paused, violations, runs } = view;
  return [
    `${schedule}: ${when}`,
    `  ${view.input} → ${view.output}`,
    `  overlap ${view.overlap}, catches up ${formatDuration(view.catchUpWindowMs)}, ${view.pauseOnFailure ? 'pauses' : 'goes on'} when a run fails`,
    paused === null
      ? `  next: ${view.next.map(short).join(', ') || 'never'}`
      : `  PAUSED: ${paused.note || 'no reason given'}`,
    `  ${view.taken} started, ${view.skippedByOverlap} skipped by overlap, ${view.missedCatchUp} missed`,
    ...(runs.length === 0 ? ['  no runs yet'] : ['  runs:', ...runs.map((run) => `    ${runLine(run, nowMs)}`)]),
    ...(violations.length === 0
      ? ['  no violations']
      : ['  VIOLATIONS:', ...violations.map((one) => `    ${violationText(one)}`)]),
  ];
}

export function runLine({ nominalMs, startedMs, endedMs, status }: ScheduledRun, nowMs: number): string {
  const took = duration((endedMs ?? nowMs) - startedMs);
  return `${short(new Date(nominalMs).toISOString())}  ${status.padEnd(7)}  ${status === 'running' ? 'for' : 'took'} ${took}`;
}

function violationText({ kind, nominalMs, lateMs }: ScheduleViolation): string {
  const at = short(new Date(nominalMs).toISOString());
  switch (kind) {
    case 'missing':
      return `${at} was never run (${duration(lateMs ?? 0)} ago). Make it good: sluice batch backfill`;
    case 'startedLate':
      return `${at} began ${duration(lateMs ?? 0)} late`;
    case 'notDoneInTime':
      return `${at} was not done within \`within\`: ${duration(lateMs ?? 0)} after its time`;
    case 'failed':
      return `${at} did not publish. See it: sluice batch history`;
  }
}

function short(iso: string): string {
  return `${iso.slice(0, 16)}Z`;
}

function isInput(input: unknown): input is { readonly request: BatchRequest } {
  return typeof input === 'object' && input !== null && 'request' in input;
}

import type { Client, ScheduleDescription } from '@temporalio/client';
import type { BatchRequest, ScheduledRun, ScheduleViolation } from '../../batch';
import { scheduleViolations } from '../../batch';
import { duration, utc } from '../../report/words';
import { formatDuration } from '../../spec/duration';
import { scheduleText } from '../../worker/schedules/options';
import { actsSince, actsUntil, expectedTimes, runsOf } from '../../worker/schedules/runs';

/** So far back runs are compared with the schedule. */
const LOOKBACK_MS = 14 * 86_400_000;
export const MOST_RUNS = 500;

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

/** What a schedule has run, newest nominal time first, and where that is not what it says. */
export async function judgeSchedule(
  client: Client,
  described: ScheduleDescription,
  nowMs: number
): Promise<{ readonly runs: readonly ScheduledRun[]; readonly violations: readonly ScheduleViolation[] }> {
  const { scheduleId } = described;
  const { schedule, startWithinMs, withinMs } = requestOfSchedule(described).batch;
  const runs = await runsOf(client, scheduleId, MOST_RUNS);
  const fromMs = Math.max(actsSince(described), nowMs - LOOKBACK_MS);
  // Nothing is due while it is paused.
  const toMs = Math.min(nowMs, actsUntil(described, runs));
  const expectedMs = await expectedTimes(client, scheduleId, { fromMs, toMs });
  const jitterMs = schedule?.jitterMs ?? 0;
  const skipsOverlaps = schedule?.overlap === 'skip' || schedule?.overlap === 'bufferOne';
  const own = { expectedMs, runs, nowMs, startWithinMs, withinMs, jitterMs, skipsOverlaps };
  return { runs, violations: scheduleViolations(own) };
}

export async function viewSchedule(
  client: Client,
  described: ScheduleDescription,
  nowMs: number
): Promise<ScheduleView> {
  const { scheduleId, info, state, policies } = described;
  const { batch } = requestOfSchedule(described);
  const { schedule } = batch;
  const { runs, violations } = await judgeSchedule(client, described, nowMs);
  // The schedule knows at once, the list knows those by hand and, under `allowAll`, those that the schedule does not keep.
  const running = new Set([
    ...info.runningActions.map(({ workflow }) => workflow.workflowId),
    ...runs.flatMap(({ id, status }) => (status === 'running' ? [id] : [])),
  ]);
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
    running: [...running],
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
      ? `  next: ${view.next.map((at) => short(Date.parse(at))).join(', ') || 'never'}`
      : `  PAUSED: ${paused.note || 'no reason given'}`,
    `  ${view.taken} started, ${view.skippedByOverlap} skipped by overlap, ${view.missedCatchUp} missed`,
    ...(runs.length === 0 ? ['  no runs yet'] : ['  runs:', ...runs.map((run) => `    ${runLine(run, nowMs)}`)]),
    ...(violations.length === 0
      ? ['  no violations']
      : ['  VIOLATIONS:', ...violations.map((one) => `    ${violationText(one)}`)]),
  ];
}

function runLine(run: ScheduledRun, nowMs: number): string {
  const [at, took] = [short(run.nominalMs), tookText(run, nowMs)];
  return run.begunMs === null ? `${at}  ${took}` : `${at}  ${run.status.padEnd(7)}  ${took}`;
}

/** How long a run has taken up to now. */
export function tookText({ begunMs, endedMs, status }: ScheduledRun, nowMs: number): string {
  if (begunMs === null) return 'waits for a worker';
  return `${status === 'running' ? 'for' : 'took'} ${duration((endedMs ?? nowMs) - begunMs)}`;
}

/** What is wrong with a run, in the words of a list: when it was due, when it came, how late that was, what to do. */
export function violationText({ kind, nominalMs, actualMs, lateMs }: ScheduleViolation): string {
  const at = short(nominalMs);
  const late = duration(lateMs ?? 0);
  switch (kind) {
    case 'missing':
      return `${at} was never run (${late} ago). Make it good: sluice batch backfill`;
    case 'skipped':
      return `${at} was skipped, as another run was going (${late} ago). Make it good: sluice batch backfill`;
    case 'startedLate':
      return actualMs === null
        ? `${at} has not begun, ${late} after its time: no worker has taken it up. Is one there? sluice doctor`
        : `${at} began late: at ${utc(actualMs)}, ${late} after its time`;
    case 'notDoneInTime':
      return `${at} was not done within \`within\`: ${actualMs === null ? 'still running' : `done at ${utc(actualMs)}`}, ${late} after its time`;
    case 'failed':
      return `${at} did not publish. See it: sluice batch history`;
  }
}

/** A nominal time; schedules run at full minutes, most of them. */
function short(ms: number): string {
  const iso = new Date(ms).toISOString();
  return iso.slice(17, 19) === '00' ? `${iso.slice(0, 16)}Z` : utc(ms);
}

function isInput(input: unknown): input is { readonly request: BatchRequest } {
  return typeof input === 'object' && input !== null && 'request' in input;
}

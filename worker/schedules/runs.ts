import { msNumberToTs, tsToMs } from '@temporalio/common/lib/time';
import type { Client, ScheduleDescription, WorkflowExecutionInfo } from '@temporalio/client';
import { batchScheduleId } from '../../batch';
import type { ScheduledRun } from '../../batch';

/** The nominal time in a run's id, which Temporal appends: `batch/reviews/nightly-2026-11-28T02:00:00Z`. */
function nominalOfRun(id: string): number | null {
  const time = /-(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/.exec(id)?.[1];
  return time === undefined ? null : Date.parse(time);
}

/** Runs of a schedule, and those by hand for it, newest nominal time first. Lists lag a second or so behind. */
export async function runsOf(client: Client, scheduleId: string, most: number): Promise<readonly ScheduledRun[]> {
  const runs: ScheduledRun[] = [];
  const query = `WorkflowId STARTS_WITH '${scheduleId.replaceAll("'", "''")}-'`;
  for await (const info of client.workflow.list({ query })) {
    const nominalMs = nominalOfRun(info.workflowId);
    // A run that went on as a new one is told by the latter.
    if (nominalMs === null || info.status.name === 'CONTINUED_AS_NEW') continue;
    // Another batch's name may go on where this one's ends.
    if (info.workflowId.slice(0, -NOMINAL_LENGTH) !== scheduleId) continue;
    runs.push(runOf(info, nominalMs));
  }
  return runs.sort((a, b) => b.nominalMs - a.nominalMs || b.startedMs - a.startedMs).slice(0, most);
}

const NOMINAL_LENGTH = '-2026-11-28T02:00:00Z'.length;

function runOf(info: WorkflowExecutionInfo, nominalMs: number): ScheduledRun {
  const begun = info.memo?.['begun'];
  const isRunning = info.status.name === 'RUNNING';
  const begunMs = typeof begun === 'string' ? Date.parse(begun) : isRunning ? null : info.startTime.getTime();
  return {
    id: info.workflowId,
    nominalMs,
    // One that went on as a new run was started before that one was.
    startedMs: Math.min(info.startTime.getTime(), begunMs ?? Infinity),
    begunMs,
    endedMs: info.closeTime?.getTime() ?? null,
    status: info.memo?.['outcome'] === 'stopped' ? 'stopped' : statusOf(info.status.name),
    published: publishedOf(info.memo ?? {}),
  };
}

function publishedOf({ outcome, model, records, quarantined }: Record<string, unknown>): ScheduledRun['published'] {
  if (outcome !== 'published' || typeof model !== 'string') return null;
  return { model, records: Number(records), quarantined: Number(quarantined) };
}

/** Names of the batches of an endpoint that have run, by schedule or by hand. */
export async function batchesThatRan(client: Client, endpoint: string): Promise<readonly string[]> {
  const prefix = batchScheduleId(endpoint, '');
  const names = new Set<string>();
  for await (const { workflowId } of client.workflow.list({
    query: `WorkflowId STARTS_WITH '${prefix.replaceAll("'", "''")}'`,
  }))
    if (nominalOfRun(workflowId) !== null) names.add(workflowId.slice(prefix.length, -NOMINAL_LENGTH));
  return [...names];
}

function statusOf(name: WorkflowExecutionInfo['status']['name']): ScheduledRun['status'] {
  switch (name) {
    case 'RUNNING':
      return 'running';
    case 'COMPLETED':
      return 'done';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'stopped';
    default:
      return 'failed';
  }
}

/** The nominal times at which the schedule was due, as the server works them out: zones, days of 23 and 25 hours and all. */
export async function expectedTimes(
  client: Client,
  scheduleId: string,
  between: { readonly fromMs: number; readonly toMs: number }
): Promise<readonly number[]> {
  if (between.fromMs >= between.toMs) return [];
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace: client.options.namespace,
    scheduleId,
    startTime: msNumberToTs(between.fromMs),
    endTime: msNumberToTs(between.toMs),
  });
  return startTime.map((time) => tsToMs(time));
}

/** Since when the schedule is what it is now, and acts: made, changed, or resumed after a pause. */
export function actsSince({ info, state }: ScheduleDescription): number {
  const resumed = /^resumed (\S+Z) /.exec(state.note ?? '')?.[1];
  return Math.max(
    info.createdAt.getTime(),
    info.lastUpdatedAt?.getTime() ?? 0,
    resumed === undefined ? 0 : Date.parse(resumed) || 0
  );
}

/**
 * Until when it acted: for ever, unless it is paused. A person's note has the time; a schedule that has paused itself did so when a run failed; whoever
 * paused it elsewhere did so after its last run began.
 */
export function actsUntil({ state }: ScheduleDescription, runs: readonly ScheduledRun[]): number {
  if (!state.paused) return Number.POSITIVE_INFINITY;
  const paused = /^paused (\S+Z) /.exec(state.note ?? '')?.[1];
  if (paused !== undefined && !Number.isNaN(Date.parse(paused))) return Date.parse(paused);
  const failed = runs.flatMap(({ status, endedMs }) => (status === 'failed' && endedMs !== null ? [endedMs] : []));
  return Math.max(0, ...(failed.length > 0 ? failed : runs.map(({ startedMs }) => startedMs)));
}

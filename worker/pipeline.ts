import type { Client, ScheduleDescription } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { PipelineEvidence } from '../monitors/system/types';
import type { ScheduledRun } from '../batch';
import { actsSince, expectedTimes, runsOf } from './schedules/runs';

type Run = PipelineEvidence['runs'][number];
type ScheduleHealth = PipelineEvidence['schedules'][number];
type Window = { readonly fromMs: number; readonly toMs: number };

/** A schedule's runs that are looked through; Temporal lists the newest first. */
const MOST_RUNS = 1_000;
/** A schedule hears of a run's end a moment later, and skips what is due in between. */
const HEARS_WITHIN_MS = 2_000;

/**
 * How the endpoint's own monitors and batches did in a window: what was due by their schedules, what became of it, and whether anybody polls
 * their task queues. Counts are of the window, not of the schedule's life, so that what is mended is well again. Null: nothing is scheduled.
 */
export async function readPipeline(
  client: Client,
  of: { readonly endpoint: string; readonly window: Window; readonly taskQueue: string; readonly heartbeat: () => void }
): Promise<PipelineEvidence | null> {
  const { endpoint, window, heartbeat } = of;
  const ids: string[] = [];
  for await (const { scheduleId } of client.schedule.list())
    if (['monitor', 'batch'].some((kind) => scheduleId.startsWith(`${kind}/${endpoint}/`))) ids.push(scheduleId);
  if (ids.length === 0) return null;
  const queues = new Set([of.taskQueue]);
  const runs: Run[] = [];
  const schedules: ScheduleHealth[] = [];
  for (const id of ids.sort()) {
    heartbeat();
    const description = await client.schedule.getHandle(id).describe();
    queues.add(description.action.taskQueue);
    const found = await readSchedule(client, description, window);
    runs.push(...found.runs);
    schedules.push(found.health);
  }
  const workers = await Promise.all([...queues].sort().map((queue) => readQueue(client, queue)));
  return { runs, workers, schedules };
}

async function readSchedule(
  client: Client,
  description: ScheduleDescription,
  window: Window
): Promise<{ readonly runs: readonly Run[]; readonly health: ScheduleHealth }> {
  const { scheduleId: id, state, spec } = description;
  // The server keeps half a second of it in a time's text.
  const slackMs = (spec.jitter ?? 0) + 999;
  const all = await runsOf(client, id, MOST_RUNS);
  const fromMs = Math.max(window.fromMs, actsSince(description));
  // The server lists what is after the first time, up to the last; a window has its first moment, and not its last.
  const due = state.paused ? [] : await expectedTimes(client, id, { fromMs: fromMs - 1, toMs: window.toMs - 1 });
  const runs: Run[] = [];
  let skippedOverlap = 0;
  let missedCatchUp = 0;
  for (const dueMs of due) {
    const own = all.filter(({ nominalMs }) => Math.abs(nominalMs - dueMs) <= slackMs);
    const [best] = [...own].sort((a, b) => rank(a) - rank(b));
    if (best !== undefined) runs.push({ name: id, dueMs, ...became(best) });
    else if (
      all.some(({ startedMs, endedMs }) => startedMs <= dueMs && (endedMs ?? Infinity) + HEARS_WITHIN_MS >= dueMs)
    )
      skippedOverlap += 1;
    else {
      missedCatchUp += 1;
      runs.push({ name: id, dueMs, startedMs: null, endedMs: null, status: 'missed' });
    }
  }
  return { runs, health: { id, paused: state.paused, missedCatchUp, skippedOverlap } };
}

/** What was made good counts. */
const rank = ({ status }: ScheduledRun): number => ['done', 'running', 'failed', 'stopped'].indexOf(status);

function became({ begunMs: startedMs, endedMs, status }: ScheduledRun): Pick<Run, 'startedMs' | 'endedMs' | 'status'> {
  switch (status) {
    case 'done':
      return { startedMs, endedMs, status: 'completed' };
    case 'running':
      return { startedMs, endedMs, status: 'running' };
    case 'failed':
    case 'stopped':
      return { startedMs, endedMs, status: 'failed' };
  }
}

async function readQueue(client: Client, taskQueue: string): Promise<PipelineEvidence['workers'][number]> {
  const { TASK_QUEUE_TYPE_ACTIVITY } = temporal.api.enums.v1.TaskQueueType;
  const { pollers, stats } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
    reportStats: true,
  });
  const identities = new Set((pollers ?? []).map(({ identity }) => identity ?? '?'));
  const backlog = stats?.approximateBacklogCount;
  return { taskQueue, pollers: identities.size, backlog: backlog === undefined ? null : Number(backlog) };
}

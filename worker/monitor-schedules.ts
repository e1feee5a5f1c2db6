import type { Client } from '@temporalio/client';
import { monitorScheduleId } from '../rollout';
import type { MonitorRequest } from '../rollout';
import type { MonitorSpec, RolloutSpec } from '../spec/types';
import { scheduleOptions, timesText, upsertSchedule } from './schedule-options';

/** The request of a run of one of the file's monitors. It names no model: whom it is about is asked when it starts. */
export function monitorRequest(spec: RolloutSpec, monitor: MonitorSpec, searchAttributes: boolean): MonitorRequest {
  const { endpoint, aws, capture, schema, groundTruth, events, baseline } = spec;
  const of = {
    endpoint,
    aws,
    capture,
    schema,
    baseline,
    ...(groundTruth !== undefined && { groundTruth }),
    ...(events !== undefined && { events }),
  };
  return { monitor, of, nominalMs: null, searchAttributes };
}

export interface AppliedSchedules {
  readonly made: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
}

/** Brings the schedules of an endpoint's monitors to what a file says: makes, changes, and deletes what the file has no more. */
export async function applyMonitorSchedules(
  client: Client,
  of: { readonly spec: RolloutSpec; readonly taskQueue: string; readonly searchAttributes: boolean }
): Promise<AppliedSchedules> {
  const { spec, taskQueue, searchAttributes } = of;
  const applied = { made: [] as string[], changed: [] as string[], deleted: [] as string[] };
  const wanted = new Set<string>();
  for (const monitor of spec.monitors ?? []) {
    if (monitor.schedule === undefined) continue;
    const id = monitorScheduleId(spec.endpoint, monitor.name);
    wanted.add(id);
    const { times, timezone } = monitor.schedule;
    const options = scheduleOptions(monitor.schedule, {
      scheduleId: id,
      note: `${monitor.kind} by ${monitor.engine}, ${timesText(times, timezone)}`,
      action: {
        type: 'startWorkflow',
        workflowType: 'monitor',
        workflowId: id,
        taskQueue,
        args: [monitorRequest(spec, monitor, searchAttributes)],
        staticSummary: `${monitor.kind} of ${spec.endpoint}`,
      },
    });
    applied[await upsertSchedule(client, options)].push(id);
  }
  for await (const { scheduleId } of client.schedule.list()) {
    if (!scheduleId.startsWith(monitorScheduleId(spec.endpoint, '')) || wanted.has(scheduleId)) continue;
    await client.schedule.getHandle(scheduleId).delete();
    applied.deleted.push(scheduleId);
  }
  return applied;
}

import type { Client } from '@temporalio/client';
import { monitorScheduleId } from '../../rollout';
import type { MonitorRequest } from '../../rollout';
import type { MonitorSpec, RolloutSpec } from '../../spec/types';
import { upsertSchedule } from './upsert';

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
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
}

/** Brings the schedules of an endpoint's monitors to what a file says: makes, changes, and deletes what the file has no more. */
export async function applyMonitorSchedules(
  client: Client,
  of: { readonly spec: RolloutSpec; readonly taskQueue: string; readonly searchAttributes: boolean }
): Promise<AppliedSchedules> {
  const { spec, taskQueue, searchAttributes } = of;
  const applied = { created: [] as string[], updated: [] as string[], deleted: [] as string[] };
  const wanted = new Set<string>();
  for (const monitor of spec.monitors ?? []) {
    if (monitor.schedule === undefined) continue;
    const id = monitorScheduleId(spec.endpoint, monitor.name);
    wanted.add(id);
    const what = await upsertSchedule(client, {
      ...{ id, settings: monitor.schedule, workflowType: 'monitor', taskQueue },
      args: [monitorRequest(spec, monitor, searchAttributes)],
      summary: `${monitor.kind} of ${spec.endpoint}`,
      how: `${monitor.kind} by ${monitor.engine}`,
      memo: { endpoint: spec.endpoint, monitor: monitor.name },
    });
    applied[what].push(id);
  }
  for await (const { scheduleId } of client.schedule.list()) {
    if (!scheduleId.startsWith(monitorScheduleId(spec.endpoint, '')) || wanted.has(scheduleId)) continue;
    await client.schedule.getHandle(scheduleId).delete();
    applied.deleted.push(scheduleId);
  }
  return applied;
}

import { Context } from '@temporalio/activity';
import { ScheduleNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';

/** Lists lag a second or so behind. */
const POLL_MS = 1_000;

/** Whether a schedule's id is of this endpoint: `batch/<endpoint>/…`, `monitor/<endpoint>/…`, `registry/<group>/<endpoint>`. */
export function isScheduleOf(endpoint: string, scheduleId: string): boolean {
  const [kind, first, second] = scheduleId.split('/');
  if (kind === 'batch' || kind === 'monitor') return first === endpoint && second !== undefined;
  return kind === 'registry' && second === endpoint;
}

/** Deletes every schedule of an endpoint and waits until the runs that they have started are over. Returns the schedules' ids. */
export async function deleteSchedulesOf(
  client: Client,
  endpoint: string,
  heartbeat: () => void
): Promise<readonly string[]> {
  const deleted: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) {
    heartbeat();
    if (!isScheduleOf(endpoint, scheduleId)) continue;
    try {
      await client.schedule.getHandle(scheduleId).delete();
      deleted.push(scheduleId);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
  while (await isAnyRunning(client, endpoint)) {
    heartbeat();
    await Context.current().sleep(POLL_MS);
  }
  return deleted;
}

async function isAnyRunning(client: Client, endpoint: string): Promise<boolean> {
  const name = endpoint.replaceAll("'", "''");
  const query = ['batch', 'monitor']
    .map((kind) => `(WorkflowId STARTS_WITH '${kind}/${name}/' AND ExecutionStatus = 'Running')`)
    .join(' OR ');
  return (await client.workflow.count(query)).count > 0;
}

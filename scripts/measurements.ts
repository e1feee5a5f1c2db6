import type { Client, WorkflowHandle } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow';
import { optionalTsToMs } from '@temporalio/common/lib/time';
import type { LookRequest } from '../activities/types';
import { measurementOf } from '../report/card/measurement';
import type { Measurement } from '../report/card/measurement';
import type { LookResult } from '../rollout';

/**
 * Every look that a rollout took, oldest first. Temporal's history is the store: what the activity `judge` was asked and what it answered
 * stays there as long as the namespace keeps histories, and needs no worker to be read. Runs that were continued as new are followed back.
 */
export async function measurementsOf(client: Client, id: string): Promise<readonly Measurement[]> {
  const runs: (readonly Measurement[])[] = [];
  let runId: string | undefined;
  do {
    const run = await measurementsOfRun(client, client.workflow.getHandle(id, runId));
    runs.unshift(run.measurements);
    runId = run.before;
  } while (runId !== undefined);
  return runs.flat();
}

async function measurementsOfRun(
  client: Client,
  handle: WorkflowHandle
): Promise<{ readonly measurements: readonly Measurement[]; readonly before: string | undefined }> {
  const { events } = await handle.fetchHistory();
  const converter = client.options.loadedDataConverter;
  const asked = new Map<string, LookRequest>();
  const measurements: Measurement[] = [];
  let before: string | undefined;
  for (const event of events ?? []) {
    before ??= event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'judge') {
      asked.set(
        String(event.eventId),
        await decodeFromPayloadsAtIndex<LookRequest>(converter, 0, scheduled.input?.payloads)
      );
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const request = asked.get(String(completed?.scheduledEventId));
    if (completed === null || completed === undefined || request === undefined) continue;
    const look = await decodeFromPayloadsAtIndex<LookResult>(converter, 0, completed.result?.payloads);
    const atMs = optionalTsToMs(event.eventTime) ?? 0;
    measurements.push(measurementOf({ atMs, layout: request.layout, plan: request.plan, look }));
  }
  return { measurements, before };
}

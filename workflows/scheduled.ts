import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertMemo, workflowInfo } from '@temporalio/workflow';

/** Set by Temporal on what a schedule starts; nobody registers it. */
const SCHEDULED_FOR = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** The nominal time that a schedule has started this run for, a past one under a backfill; null where no schedule has. */
export function scheduledForMs(): number | null {
  return workflowInfo().typedSearchAttributes.get(SCHEDULED_FOR)?.getTime() ?? null;
}

/**
 * Notes when a worker took the run up: Temporal starts runs without any, so that its own start time says nothing of a run that lay for hours because
 * none was there. Lists show it.
 */
export function noteBegin(atMs: number): void {
  upsertMemo({ begun: new Date(atMs).toISOString() });
}

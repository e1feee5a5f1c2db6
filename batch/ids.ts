/** Ids of schedules and runs. They are promises: other systems name them, so they never change shape. */

/** The schedule of a batch; Temporal appends the nominal time to it for the ids of its runs. */
export function batchScheduleId(endpoint: string, batch: string): string {
  return `batch/${endpoint}/${batch}`;
}

/** A run for a nominal time. Temporal names scheduled runs the same way, so that one time is never run twice at once. */
export function batchWorkflowId(endpoint: string, batch: string, nominalMs: number): string {
  return `${batchScheduleId(endpoint, batch)}-${new Date(nominalMs).toISOString().replace(/\.\d{3}Z$/, 'Z')}`;
}

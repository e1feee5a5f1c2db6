/** Workflow ids. They are promises: other systems signal them, so they never change shape. */

/** The entity that owns an endpoint. */
export function endpointWorkflowId(endpoint: string): string {
  return `endpoint/${endpoint}`;
}

/** The `number`-th rollout on an endpoint, counted from 1. */
export function rolloutWorkflowId(endpoint: string, number: number): string {
  return `rollout/${endpoint}/${number}`;
}

/** The retirement of an endpoint after its `number`-th rollout. */
export function retirementWorkflowId(endpoint: string, number: number): string {
  return `retirement/${endpoint}/${number}`;
}

/** What makes the baselines of the `number`-th rollout. */
export function baselineWorkflowId(endpoint: string, number: number): string {
  return `baseline/${endpoint}/${number}`;
}

/** The `number`-th new model that a monitor has asked for. */
export function retrainingWorkflowId(endpoint: string, number: number): string {
  return `retraining/${endpoint}/${number}`;
}

/** The schedule of a monitor; Temporal appends the nominal time to it for the ids of its runs. */
export function monitorScheduleId(endpoint: string, monitor: string): string {
  return `monitor/${endpoint}/${monitor}`;
}

/** A run of a monitor for a nominal time, named as Temporal names scheduled ones. */
export function monitorWorkflowId(endpoint: string, monitor: string, nominalMs: number): string {
  return `${monitorScheduleId(endpoint, monitor)}-${new Date(nominalMs).toISOString().replace(/\.\d{3}Z$/, 'Z')}`;
}

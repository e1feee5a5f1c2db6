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

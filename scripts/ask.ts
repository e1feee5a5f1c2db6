import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { endpointWorkflowId } from '../rollout';
import type { EndpointState, RolloutState } from '../rollout';
import { endpointQuery, stateQuery } from '../workflows/messages';
import { grpcReason } from './temporal';

/** Queries need a live worker and would otherwise hang; the client's own retry makes about five seconds of it. */
const QUERY_MS = 2_000;

/** `unknown`: there is no such workflow. `silent`: Temporal is there, but no worker that could answer. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'silent'; readonly why: string };

/** The state of an endpoint's owner. */
export function askEndpoint(client: Client, endpoint: string): Promise<Answer<EndpointState>> {
  return bounded(client, () => client.workflow.getHandle(endpointWorkflowId(endpoint)).query(endpointQuery));
}

/** The state of a rollout, running or ended. */
export function askRollout(client: Client, id: string): Promise<Answer<RolloutState>> {
  return bounded(client, () => client.workflow.getHandle(id).query(stateQuery));
}

/** What Temporal itself knows about a workflow, without any worker; null when there is none. */
export async function describe(client: Client, id: string): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.workflow.getHandle(id).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Asks a workflow for as long as an answer may take. */
export async function bounded<T>(client: Client, ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'answered', value: await client.withDeadline(Date.now() + QUERY_MS, ask) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'unknown' };
    const why = grpcReason(error);
    if (why === null) throw error;
    return { kind: 'silent', why };
  }
}

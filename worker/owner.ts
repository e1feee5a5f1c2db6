import { WithStartWorkflowOperation } from '@temporalio/client';
import { endpointWorkflowId } from '../rollout';
import type { endpoint } from '../workflows';

/** Starts the owner of an endpoint beside a message to it, where there is none yet. Each message needs an operation of its own. */
export function ownerStart(of: {
  readonly endpoint: string;
  readonly taskQueue: string;
  readonly searchAttributes: boolean;
}): WithStartWorkflowOperation<typeof endpoint> {
  return new WithStartWorkflowOperation<typeof endpoint>('endpoint', {
    workflowId: endpointWorkflowId(of.endpoint),
    taskQueue: of.taskQueue,
    args: [{ endpoint: of.endpoint, searchAttributes: of.searchAttributes, carried: null }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `Owns the endpoint ${of.endpoint}`,
  });
}

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { endpointWorkflowId } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import type { endpoint } from './endpoint';
import { submitSignal } from './messages';

/**
 * Asks the owner of an endpoint for a rollout, from within a workflow; the owner is started when there is none. The answer, and what becomes of
 * the rollout, come back as `rolloutNews`.
 */
export async function askOwner(input: {
  readonly spec: RolloutSpec;
  readonly who: string;
  readonly searchAttributes: boolean;
}): Promise<void> {
  const { spec, who, searchAttributes } = input;
  const workflowId = endpointWorkflowId(spec.endpoint);
  try {
    await startChild<typeof endpoint>('endpoint', {
      workflowId,
      args: [{ endpoint: spec.endpoint, searchAttributes, carried: null }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Owns the endpoint ${spec.endpoint}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const follower = workflowInfo().workflowId;
  await getExternalWorkflowHandle(workflowId).signal(submitSignal, { spec, who, follower });
}

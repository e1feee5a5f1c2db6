import { allHandlersFinished, condition, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { Workflow } from '@temporalio/common';

/** Whether this runs on a version of a worker deployment; its runs then stay on that version until they move. */
export function isVersioned(): boolean {
  return Boolean(workflowInfo().currentDeploymentVersion?.deploymentName);
}

/** Whether other workers have become the current ones since this run began. Unversioned workers never are: Temporal refuses a move from them. */
export function isOutdated(): boolean {
  return isVersioned() && workflowInfo().targetWorkerDeploymentVersionChanged;
}

/**
 * Ends this run, once its handlers have, and goes on in a new one: where `moves` says so on the workers that are current now, else on the version that
 * this run has. `argsOf` is asked when nothing changes any more.
 */
export async function goOnAsNew<F extends Workflow>(argsOf: () => Parameters<F>, moves: boolean): Promise<never> {
  await condition(allHandlersFinished);
  return makeContinueAsNewFunc<F>(moves ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {})(...argsOf());
}

import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { EndpointState, RolloutState } from '../rollout';
import { endpointWorkflowId } from '../rollout';
import type { AwsClients } from '../sagemaker/clients';
import { readBusiestVariant } from '../sagemaker/endpoint';
import { FailureError } from '../sagemaker/faults';

/** The model that an endpoint stands for now, and who said so. */
export interface IncumbentModel {
  /** Name of the SageMaker model. */
  readonly modelName: string;
  readonly version: string;
  readonly from: 'owner' | 'rollout' | 'endpoint';
}

/** Asks a workflow; null when there is none of that id. */
export type AskWorkflow = <T>(id: string, query: string) => Promise<T | null>;

/**
 * The endpoint's incumbent: what its owner says (ADR 9: it moves when a rollout has ended as promoted, after its watch); where the owner does not know
 * yet and a rollout runs, the model that this would return to; else the variant that serves most of the traffic. Never a candidate, however much
 * traffic it has. Fails with `NotFound` when nothing serves.
 */
export async function readIncumbent(
  { sagemaker }: Pick<AwsClients, 'sagemaker'>,
  endpoint: string,
  ask: AskWorkflow = askTemporal
): Promise<IncumbentModel> {
  const owner = await ask<EndpointState>(endpointWorkflowId(endpoint), 'endpoint');
  const pointer = owner?.incumbent ?? null;
  if (pointer !== null) return { modelName: pointer.modelName, version: pointer.version, from: 'owner' };
  const running = owner?.running ?? null;
  if (running !== null) {
    const rollout = await ask<RolloutState>(running.id, 'state');
    const incumbent = rollout?.incumbent ?? null;
    if (incumbent !== null) return { modelName: incumbent.modelName, version: incumbent.version, from: 'rollout' };
  }
  const most = await readBusiestVariant(sagemaker, endpoint);
  if (most === null || most.modelName === '')
    throw new FailureError(
      'NotFound',
      `Endpoint ${endpoint} serves no model, so there is no incumbent to score with. Deploy one, or pin a model in \`batch\`.`
    );
  return { modelName: most.modelName, version: most.version ?? most.name, from: 'endpoint' };
}

/** Asks by the client of the activity that runs. */
export async function askTemporal<T>(id: string, query: string): Promise<T | null> {
  try {
    return await Context.current().client.workflow.getHandle(id).query<T>(query);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

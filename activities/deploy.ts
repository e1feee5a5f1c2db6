import { describeEndpoint, readLiveEndpoint, requestConfig, requestShares } from '../sagemaker/endpoint';
import { ensureEndpoint, ensureEndpointConfig, ensureModel, isTagged } from '../sagemaker/ensure';
import { FailureError } from '../sagemaker/faults';
import { TAGS } from '../sagemaker/names';
import type { LiveEndpoint } from '../spec/live';
import type { ActivityDeps } from './deps';
import { modelInput, pairConfigInput, soloConfigInput, tagsFor } from './endpoint-config';
import type { PlannedContext } from './types';

/** The endpoint as it is, when it is ours. */
export async function inspectEndpoint({ aws }: ActivityDeps, endpoint: string): Promise<LiveEndpoint | null> {
  const description = await describeEndpoint(aws.sagemaker, endpoint);
  if (description === null) return null;
  if (!(await isTagged(aws.sagemaker, description.EndpointArn, { Key: TAGS.endpoint, Value: endpoint })))
    throw new FailureError('EndpointNotOurs', `Endpoint ${endpoint} exists and was not made by Sluice.`);
  if (description.EndpointStatus === 'Failed')
    throw new FailureError(
      'EndpointFailed',
      `Endpoint ${endpoint} is Failed: ${description.FailureReason ?? 'no reason given'}. It can only be deleted.`
    );
  return readLiveEndpoint(aws.sagemaker, description);
}

export async function createEndpoint({ aws }: ActivityDeps, context: PlannedContext): Promise<void> {
  const tags = tagsFor(context);
  await ensureModel(aws.sagemaker, modelInput(context), tags);
  await ensureEndpointConfig(aws.sagemaker, soloConfigInput(context), tags);
  await ensureEndpoint(
    aws.sagemaker,
    { EndpointName: context.spec.endpoint, EndpointConfigName: context.plan.names.soloConfig },
    tags
  );
}

export async function deployCandidate({ aws }: ActivityDeps, context: PlannedContext): Promise<void> {
  const tags = tagsFor(context);
  await ensureModel(aws.sagemaker, modelInput(context), tags);
  await ensureEndpointConfig(aws.sagemaker, pairConfigInput(context), tags);
  await requestConfig(aws.sagemaker, context.spec.endpoint, context.plan.names.pairConfig);
}

export async function shiftTraffic({ aws }: ActivityDeps, context: PlannedContext, sharePct: number): Promise<void> {
  const { spec, incumbent } = context;
  if (incumbent === null) throw new FailureError('Internal', 'There is no incumbent to shift traffic from.');
  await requestShares(aws.sagemaker, spec.endpoint, {
    [incumbent.variant]: 100 - sharePct,
    [spec.candidates[0].name]: sharePct,
  });
}

export async function rewriteToCandidate({ aws }: ActivityDeps, context: PlannedContext): Promise<void> {
  await ensureEndpointConfig(aws.sagemaker, soloConfigInput(context), tagsFor(context));
  await requestConfig(aws.sagemaker, context.spec.endpoint, context.plan.names.soloConfig);
}

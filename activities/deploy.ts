import type { CreateEndpointConfigCommandInput } from '@aws-sdk/client-sagemaker';
import { describeEndpoint, readLiveEndpoint, requestConfig } from '../sagemaker/endpoint';
import { ensureEndpoint, ensureEndpointConfig, ensureModel, isTagged } from '../sagemaker/ensure';
import { FailureError } from '../sagemaker/faults';
import { resourceNames, TAGS } from '../sagemaker/names';
import type { LayoutKind, LiveEndpoint, RolloutNames } from '../rollout';
import type { Candidate } from '../spec/types';
import type { ActivityDeps } from './deps';
import {
  shadowedConfigInput,
  singleConfigInput,
  singleConfigName,
  slicedConfigInput,
  splitConfigInput,
  tagsFor,
} from './endpoint-config';
import { expectApproved, expectHostable } from './hosting';
import { modelInput } from './model-input';
import type { NamedContext, RolloutContext } from './types';

/** The endpoint as it is, when it is ours, and the names of what this rollout will make. */
export async function inspectEndpoint(
  { aws }: ActivityDeps,
  { spec, number }: RolloutContext
): Promise<{ readonly live: LiveEndpoint | null; readonly names: RolloutNames }> {
  const { endpoint } = spec;
  const names = resourceNames(spec, number);
  const description = await describeEndpoint(aws.sagemaker, endpoint);
  if (description === null) {
    await expectHostable(aws, spec, null);
    return { live: null, names };
  }
  if (!(await isTagged(aws.sagemaker, description.EndpointArn, { Key: TAGS.endpoint, Value: endpoint })))
    throw new FailureError('EndpointNotOurs', `Endpoint ${endpoint} exists and was not made by Sluice.`);
  if (description.EndpointStatus === 'Failed')
    throw new FailureError(
      'EndpointFailed',
      `Endpoint ${endpoint} is Failed: ${description.FailureReason ?? 'no reason given'}. It can only be deleted.`
    );
  const live = await readLiveEndpoint(aws.sagemaker, description);
  await expectHostable(aws, spec, live);
  return { live, names };
}

export async function createEndpoint({ aws }: ActivityDeps, context: NamedContext): Promise<void> {
  const [candidate] = context.spec.candidates;
  const tags = tagsFor(context);
  await expectApproved(aws, context.spec);
  await ensureModel(aws.sagemaker, modelInput(context, candidate), tags);
  await ensureEndpointConfig(aws.sagemaker, singleConfigInput(context, candidate), tags);
  await ensureEndpoint(
    aws.sagemaker,
    { EndpointName: context.spec.endpoint, EndpointConfigName: singleConfigName(context.names, candidate.name) },
    tags
  );
}

/** Another set of variants. Names say everything, so a repetition finds what was made before. */
export async function deploy(
  { aws }: ActivityDeps,
  context: NamedContext,
  to: Exclude<LayoutKind, 'single'>
): Promise<void> {
  const { sagemaker } = aws;
  const tags = tagsFor(context);
  // An approval may have been taken back since the plan was made.
  if (to !== 'sliced') await expectApproved(aws, context.spec);
  if (to !== 'sliced')
    for (const candidate of context.spec.candidates) await ensureModel(sagemaker, modelInput(context, candidate), tags);
  const config = configInput(context, to);
  await ensureEndpointConfig(sagemaker, config, tags);
  await requestConfig(sagemaker, context.spec.endpoint, config.EndpointConfigName ?? '');
}

export async function rewriteToWinner({ aws }: ActivityDeps, context: NamedContext, winner: string): Promise<void> {
  const candidate = candidateOf(context, winner);
  await ensureEndpointConfig(aws.sagemaker, singleConfigInput(context, candidate), tagsFor(context));
  await requestConfig(aws.sagemaker, context.spec.endpoint, singleConfigName(context.names, winner));
}

export function candidateOf({ spec }: RolloutContext, name: string): Candidate {
  const candidate = spec.candidates.find((one) => one.name === name);
  if (candidate === undefined) throw new FailureError('Internal', `${name} is no candidate of this rollout.`);
  return candidate;
}

function configInput(context: NamedContext, to: Exclude<LayoutKind, 'single'>): CreateEndpointConfigCommandInput {
  switch (to) {
    case 'split':
      return splitConfigInput(context);
    case 'shadowed':
      return shadowedConfigInput(context);
    case 'sliced':
      return slicedConfigInput(context);
  }
}

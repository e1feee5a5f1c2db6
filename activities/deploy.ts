import type { CreateEndpointConfigCommandInput } from '@aws-sdk/client-sagemaker';
import { describeEndpoint, readLiveEndpoint, requestConfig } from '../sagemaker/endpoint';
import { ensureEndpoint, ensureEndpointConfig, ensureModel, isTagged } from '../sagemaker/ensure';
import { FailureError } from '../sagemaker/faults';
import { resourceNames, TAGS } from '../sagemaker/names';
import type { KnownPrices, LayoutKind, LiveEndpoint, RolloutNames } from '../rollout';
import type { Candidate } from '../spec/types';
import { awaitEndpoint } from './await-endpoint';
import { bringUp } from './bring-up';
import type { Attempt } from './bring-up';
import type { ActivityDeps } from './deps';
import { awaitExperiment, endExperiment, experimentOf, startExperiment } from './experiment';
import {
  shadowedConfigInput,
  singleConfigInput,
  singleConfigName,
  slicedConfigInput,
  splitConfigInput,
  tagsFor,
} from './endpoint-config';
import type { InstancesOf } from './endpoint-config';
import { expectApproved, expectHostable } from './hosting';
import { attemptsFor, choiceAt, chosenInstances, instancesText } from './instances';
import { modelInput } from './model-input';
import { knownPrices } from './prices';
import { settleScaling, withScaling } from './scaling';
import type { BroughtUp, NamedContext, RolloutContext } from './types';
import { removeEndpoint, settled } from './undo';

/** The endpoint as it is, when it is ours, and the names of what this rollout will make. */
export async function inspectEndpoint(
  deps: ActivityDeps,
  { spec, number }: RolloutContext
): Promise<{ readonly live: LiveEndpoint | null; readonly names: RolloutNames; readonly prices: KnownPrices }> {
  const { aws } = deps;
  const { endpoint } = spec;
  const names = resourceNames(spec, number);
  const description = await describeEndpoint(aws.sagemaker, endpoint);
  if (description === null) {
    await expectHostable(aws, spec, null);
    return { live: null, names, prices: await knownPrices(deps, spec, null) };
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
  return { live: await withScaling(deps, spec, live), names, prices: await knownPrices(deps, spec, live) };
}

export async function createEndpoint(deps: ActivityDeps, context: NamedContext): Promise<BroughtUp> {
  const { sagemaker } = deps.aws;
  const { endpoint, candidates } = context.spec;
  const [candidate] = candidates;
  const tags = tagsFor(context);
  await expectApproved(deps.aws, context.spec);
  await ensureModel(sagemaker, modelInput(context, candidate), tags);
  const instances = await bringUp(deps, {
    endpoint,
    tags,
    attempts: attemptsWith([candidate], (instancesOf) => singleConfigInput(context, candidate, instancesOf(candidate))),
    ask: (EndpointConfigName) => ensureEndpoint(sagemaker, { EndpointName: endpoint, EndpointConfigName }, tags),
    reset: () => removeEndpoint(deps, context),
  });
  if (candidate.autoscaling === undefined) return { instances };
  // A variant that is not there yet cannot be scaled.
  const configName = singleConfigName(context.names, candidate.name);
  await awaitEndpoint(deps, { endpoint, configName, sharesPct: null });
  await settleScaling(deps, context, candidate);
  return { instances };
}

/** Another set of variants. Names say everything, so a repetition finds what was made before. */
export async function deploy(
  deps: ActivityDeps,
  context: NamedContext,
  to: Exclude<LayoutKind, 'single'>
): Promise<BroughtUp> {
  const { sagemaker } = deps.aws;
  const { endpoint, candidates } = context.spec;
  const tags = tagsFor(context);
  if (to !== 'sliced') {
    // An approval may have been taken back since the plan was made.
    await expectApproved(deps.aws, context.spec);
    for (const candidate of candidates) await ensureModel(sagemaker, modelInput(context, candidate), tags);
  }
  if (to === 'shadowed' && experimentOf(context.spec) !== null) {
    await startExperiment(deps, context);
    await awaitExperiment(deps, context);
    return { instances: {} };
  }
  await endExperiment(deps, context);
  const tried = to === 'sliced' ? [] : candidates;
  const instances = await bringUp(deps, {
    endpoint,
    tags,
    attempts: attemptsWith(tried, (instancesOf) => configInput(context, to, instancesOf)),
    ask: (configName) => requestConfig(sagemaker, endpoint, configName),
    // SageMaker has gone back to the config before by itself.
    reset: async () => void (await settled(deps, endpoint)),
  });
  return { instances };
}

export async function rewriteToWinner(deps: ActivityDeps, context: NamedContext, winner: string): Promise<void> {
  const { aws } = deps;
  const candidate = candidateOf(context, winner);
  const instances = await chosenInstances(aws.sagemaker, context, candidate);
  await ensureEndpointConfig(aws.sagemaker, singleConfigInput(context, candidate, instances), tagsFor(context));
  await settleScaling(deps, context, candidate);
  await requestConfig(aws.sagemaker, context.spec.endpoint, singleConfigName(context.names, winner));
}

/** The same config on one set of machines after another. */
function attemptsWith(
  candidates: readonly Candidate[],
  configOf: (instancesOf: InstancesOf) => CreateEndpointConfigCommandInput
): readonly Attempt[] {
  return Array.from({ length: candidates.length === 0 ? 1 : attemptsFor(candidates) }, (_, attempt) => ({
    config: configOf((candidate) => choiceAt(candidate, attempt)),
    choices: Object.fromEntries(candidates.map((candidate) => [candidate.name, choiceAt(candidate, attempt)])),
    instances: candidates.map((candidate) => instancesText(choiceAt(candidate, attempt))).join(' and '),
  }));
}

export function candidateOf({ spec }: RolloutContext, name: string): Candidate {
  const candidate = spec.candidates.find((one) => one.name === name);
  if (candidate === undefined) throw new FailureError('Internal', `${name} is no candidate of this rollout.`);
  return candidate;
}

function configInput(
  context: NamedContext,
  to: Exclude<LayoutKind, 'single'>,
  instancesOf: InstancesOf
): CreateEndpointConfigCommandInput {
  switch (to) {
    case 'split':
      return splitConfigInput(context, instancesOf);
    case 'shadowed':
      return shadowedConfigInput(context, instancesOf);
    case 'sliced':
      return slicedConfigInput(context);
  }
}

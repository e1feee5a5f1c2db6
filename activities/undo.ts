import { DeleteEndpointCommand } from '@aws-sdk/client-sagemaker';
import { describeEndpoint, requestConfig, requestShares } from '../sagemaker/endpoint';
import { deleteOwnConfig, deleteOwnModel, isTagged, unlessGone } from '../sagemaker/ensure';
import { FailureError } from '../sagemaker/faults';
import { TAGS } from '../sagemaker/names';
import { awaitEndpoint } from './await-endpoint';
import type { ActivityDeps } from './deps';
import type { PlannedContext } from './types';

const POLL_MS = 1_000;

/**
 * The way back. Traffic first (one weight call, where both variants are up), then the config. Every step looks before it acts, so it may
 * be repeated from anywhere; what a timed-out call of ours may still do is waited out, because an endpoint that changes refuses updates.
 */
export async function restoreIncumbent(deps: ActivityDeps, context: PlannedContext): Promise<void> {
  const { spec, plan, incumbent } = context;
  if (incumbent === null) throw new FailureError('Internal', 'There is no incumbent to return to.');
  const { sagemaker } = deps.aws;
  const candidate = spec.candidates[0].name;
  const description = await settled(deps, spec.endpoint);
  if (description === null)
    throw new FailureError('EndpointFailed', `Endpoint ${spec.endpoint} is gone; there is nothing to bring back.`);
  if (description.EndpointConfigName === plan.names.pairConfig) {
    await requestShares(sagemaker, spec.endpoint, { [incumbent.variant]: 100, [candidate]: 0 });
    await awaitEndpoint(deps, {
      endpoint: spec.endpoint,
      configName: plan.names.pairConfig,
      share: { variant: candidate, sharePct: 0 },
    });
  }
  await requestConfig(sagemaker, spec.endpoint, incumbent.configName);
  await awaitEndpoint(deps, {
    endpoint: spec.endpoint,
    configName: incumbent.configName,
    share: { variant: incumbent.variant, sharePct: 100 },
  });
}

/** Undoes a first deployment. An endpoint that somebody else made under the name meanwhile is not ours to remove. */
export async function removeEndpoint(deps: ActivityDeps, context: PlannedContext): Promise<void> {
  const { sagemaker } = deps.aws;
  const { endpoint } = context.spec;
  const description = await settled(deps, endpoint);
  if (description === null) return;
  if (!(await isTagged(sagemaker, description.EndpointArn, { Key: TAGS.rollout, Value: context.id }))) return;
  await unlessGone(() => sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpoint })));
  while ((await describeEndpoint(sagemaker, endpoint)) !== null) {
    deps.heartbeat('Deleting');
    await deps.sleep(POLL_MS);
  }
}

/**
 * Deletes the configs that only the losing side used, and a candidate's model that was withdrawn. What the endpoint is on, or is moving
 * to, is never deleted, nor what others made. A former incumbent's model stays: it costs nothing and is the quickest way back.
 */
export async function collectGarbage(
  deps: ActivityDeps,
  context: PlannedContext,
  keep: 'candidate' | 'incumbent'
): Promise<void> {
  const { sagemaker } = deps.aws;
  const { names } = context.plan;
  const { endpoint } = context.spec;
  const description = await settled(deps, endpoint);
  const inUse = new Set([description?.EndpointConfigName, description?.PendingDeploymentSummary?.EndpointConfigName]);
  const keptConfig = keep === 'candidate' ? names.soloConfig : context.incumbent?.configName;
  const configs = [
    names.pairConfig,
    names.soloConfig,
    ...(context.incumbent === null ? [] : [context.incumbent.configName]),
  ];
  for (const config of configs) {
    if (config !== keptConfig && !inUse.has(config)) await deleteOwnConfig(sagemaker, { name: config, endpoint });
  }
  if (keep === 'incumbent' && !inUse.has(names.pairConfig) && !inUse.has(names.soloConfig))
    await deleteOwnModel(sagemaker, { name: names.model, endpoint });
}

/** The endpoint once nothing is under way: SageMaker refuses every change meanwhile. */
async function settled(deps: ActivityDeps, endpoint: string): ReturnType<typeof describeEndpoint> {
  for (;;) {
    const description = await describeEndpoint(deps.aws.sagemaker, endpoint);
    if (
      description === null ||
      !['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'].includes(description.EndpointStatus ?? '')
    )
      return description;
    deps.heartbeat(description.EndpointStatus);
    await deps.sleep(POLL_MS);
  }
}

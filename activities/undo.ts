import { DeleteEndpointCommand } from '@aws-sdk/client-sagemaker';
import { describeEndpoint, requestCapacity, requestConfig, requestShares } from '../sagemaker/endpoint';
import { deleteOwnConfig, deleteOwnModel, isTagged, unlessGone } from '../sagemaker/ensure';
import { FailureError } from '../sagemaker/faults';
import { TAGS } from '../sagemaker/names';
import { withdrawAssignment } from './assignment';
import { awaitEndpoint } from './await-endpoint';
import type { ActivityDeps } from './deps';
import { deleteExperiment, endExperiment } from './experiment';
import { modelName, singleConfigName } from './endpoint-config';
import { deleteGuardrailAlarms } from './guardrail-alarms';
import { hasGuardrails, stopGuardrails } from './guardrails';
import { removeCopies } from './monitoring/arm-copies';
import { restoreScaling, withdrawScaling } from './scaling';
import type { NamedContext } from './types';

const POLL_MS = 1_000;
/** A client gives a call up after 20 s (`sagemaker/clients`); what it asked for has landed, or never will, after a little more. */
const LATEST_LANDING_MS = 25_000;

/**
 * The way back. Traffic first (the assignment is withdrawn, then one weight call, where both variants are up), then the config. Every step
 * looks before it acts, so it may be repeated from anywhere. Where a forward call got no answer, what it may still do is waited out, and
 * whatever it did is undone by the next attempt.
 */
export async function restoreIncumbent(
  deps: ActivityDeps,
  context: NamedContext & { readonly doubtful: boolean }
): Promise<void> {
  await bringBack(deps, context);
  if (!context.doubtful) return;
  const untilMs = deps.now() + LATEST_LANDING_MS;
  while (deps.now() < untilMs) {
    deps.heartbeat('Waiting out a call that got no answer');
    await deps.sleep(POLL_MS);
  }
  await bringBack(deps, context);
}

async function bringBack(deps: ActivityDeps, context: NamedContext): Promise<void> {
  const { spec, names, incumbent } = context;
  if (incumbent === null) throw new FailureError('Internal', 'There is no incumbent to return to.');
  const { sagemaker } = deps.aws;
  const { endpoint } = spec;
  await withdrawAssignment(deps, context);
  await endExperiment(deps, context);
  await stopGuardrails(deps, context);
  const description = await settled(deps, endpoint);
  if (description === null)
    throw new FailureError('EndpointFailed', `Endpoint ${endpoint} is gone; there is nothing to bring back.`);
  if (description.EndpointConfigName === names.split) {
    const none = Object.fromEntries(spec.candidates.map(({ name }) => [name, 0]));
    const sharesPct = { [incumbent.variant]: 100, ...none };
    await requestShares(sagemaker, endpoint, sharesPct);
    await awaitEndpoint(deps, { endpoint, configName: names.split, sharesPct });
  }
  await withdrawScaling(deps, context);
  await requestConfig(sagemaker, endpoint, incumbent.configName);
  const asBefore = { endpoint, configName: incumbent.configName, sharesPct: { [incumbent.variant]: 100 } };
  await awaitEndpoint(deps, asBefore);
  await bringCountBack(deps, endpoint, incumbent);
  await restoreScaling(deps, context);
}

/** A variant that was gone comes back with its config's count; what the load needed before is more telling. */
async function bringCountBack(
  deps: ActivityDeps,
  endpoint: string,
  { variant, instanceCount, configName }: NonNullable<NamedContext['incumbent']>
): Promise<void> {
  const description = await describeEndpoint(deps.aws.sagemaker, endpoint);
  const live = description?.ProductionVariants?.find(({ VariantName }) => VariantName === variant);
  if ((live?.DesiredInstanceCount ?? instanceCount) >= instanceCount) return;
  await requestCapacity(deps.aws.sagemaker, endpoint, { variant, instances: instanceCount });
  await awaitEndpoint(deps, { endpoint, configName, sharesPct: null });
}

/** Undoes a first deployment. An endpoint that somebody else made under the name meanwhile is not ours to remove. */
export async function removeEndpoint(deps: ActivityDeps, context: NamedContext): Promise<void> {
  const { sagemaker } = deps.aws;
  const { endpoint } = context.spec;
  const description = await settled(deps, endpoint);
  if (description === null) return;
  if (!(await isTagged(sagemaker, description.EndpointArn, { Key: TAGS.rollout, Value: context.id }))) return;
  await withdrawScaling(deps, context);
  await unlessGone(() => sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpoint })));
  while ((await describeEndpoint(sagemaker, endpoint)) !== null) {
    deps.heartbeat('Deleting');
    await deps.sleep(POLL_MS);
  }
}

/**
 * Deletes the configs that only the losing side used, and candidates' models that were withdrawn. What the endpoint is on, or is moving
 * to, is never deleted, nor what others made. A former incumbent's model stays: it costs nothing and is the quickest way back.
 * `keep`: the winner, or null for the incumbent.
 */
export async function collectGarbage(deps: ActivityDeps, context: NamedContext, keep: string | null): Promise<void> {
  const { sagemaker } = deps.aws;
  const { spec, names, incumbent } = context;
  const { endpoint } = spec;
  await withdrawAssignment(deps, context);
  await removeCopies(deps, context);
  await deleteExperiment(deps, context);
  const description = await settled(deps, endpoint);
  if (hasGuardrails(context)) await deleteGuardrailAlarms(deps, context);
  const inUse = new Set([description?.EndpointConfigName, description?.PendingDeploymentSummary?.EndpointConfigName]);
  const kept = keep === null ? incumbent?.configName : singleConfigName(names, keep);
  const own = [names.split, names.shadowed, names.sliced, ...Object.values(names.single)];
  for (const name of new Set([...own, ...(incumbent === null ? [] : [incumbent.configName])])) {
    if (name !== kept && !inUse.has(name)) await deleteOwnConfig(sagemaker, { name, endpoint });
  }
  if (own.some((name) => inUse.has(name) && name !== kept)) return;
  for (const candidate of spec.candidates) {
    if (candidate.name !== keep) await deleteOwnModel(sagemaker, { name: modelName(names, candidate), endpoint });
  }
}

/** The endpoint once nothing is under way: SageMaker refuses every change meanwhile. */
export async function settled(
  deps: Pick<ActivityDeps, 'heartbeat' | 'sleep'> & { readonly aws: Pick<ActivityDeps['aws'], 'sagemaker'> },
  endpoint: string
): ReturnType<typeof describeEndpoint> {
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

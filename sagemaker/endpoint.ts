import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import type { DeploymentConfig, DescribeEndpointCommandOutput, SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { LiveEndpoint, LiveVariant } from '../spec/live';
import { tagsOf } from './ensure';
import { FailureError, isNotFound } from './faults';
import { TAGS } from './names';

/** The endpoint as SageMaker describes it, or null when there is none. */
export async function describeEndpoint(
  client: SageMakerClient,
  name: string
): Promise<DescribeEndpointCommandOutput | null> {
  try {
    return await client.send(new DescribeEndpointCommand({ EndpointName: name }));
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** The endpoint in our words: every production variant with its share, model and instances. */
export async function readLiveEndpoint(
  client: SageMakerClient,
  description: DescribeEndpointCommandOutput
): Promise<LiveEndpoint> {
  const config = await client.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: description.EndpointConfigName })
  );
  const tags = await tagsOf(client, config.EndpointConfigArn);
  const version = tags.find(({ Key }) => Key === TAGS.version)?.Value;
  return {
    status: description.EndpointStatus ?? 'Unknown',
    configName: description.EndpointConfigName ?? '',
    variants: (description.ProductionVariants ?? []).map((variant) => {
      const configured = config.ProductionVariants?.find((other) => other.VariantName === variant.VariantName);
      const name = variant.VariantName ?? '';
      return {
        name,
        ...(version !== undefined && version !== name && { version }),
        modelName: configured?.ModelName ?? '',
        sharePct: sharePctOf(description, name),
        instanceType: configured?.InstanceType ?? '',
        instanceCount: variant.CurrentInstanceCount ?? configured?.InitialInstanceCount ?? 1,
      };
    }),
  };
}

/** The variant with most of the traffic, and the config that it is of; null where no endpoint or no variant is. */
export async function readBusiestVariant(
  client: SageMakerClient,
  name: string
): Promise<(LiveVariant & { readonly configName: string }) | null> {
  const description = await describeEndpoint(client, name);
  if (description === null) return null;
  const { variants, configName } = await readLiveEndpoint(client, description);
  const [most] = [...variants].sort((a, b) => b.sharePct - a.sharePct);
  return most === undefined ? null : { ...most, configName };
}

/** A variant's part of the traffic by current weights, in percent; 0 when it is not there. */
export function sharePctOf(description: DescribeEndpointCommandOutput, variant: string): number {
  const weights = (description.ProductionVariants ?? []).map((v) => ({
    name: v.VariantName,
    weight: v.CurrentWeight ?? 0,
  }));
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  const own = weights.find(({ name }) => name === variant)?.weight ?? 0;
  return sum > 0 ? (100 * own) / sum : 0;
}

/**
 * Asks for another endpoint config, unless the endpoint is on it or on its way to it. Live instance counts are kept (an autoscaler may
 * own them); weights come from the config. `deployment`: by SageMaker's own guardrails; without, all at once.
 */
export async function requestConfig(
  client: SageMakerClient,
  endpoint: string,
  wanted: string | { readonly configName: string; readonly deployment: DeploymentConfig }
): Promise<void> {
  const { configName, deployment } =
    typeof wanted === 'string' ? { configName: wanted, deployment: undefined } : wanted;
  const description = await describeEndpoint(client, endpoint);
  if (description === null) throw new FailureError('OutsideChange', `Endpoint ${endpoint} is gone.`);
  const pending = description.PendingDeploymentSummary?.EndpointConfigName;
  if (pending === configName || (pending === undefined && description.EndpointConfigName === configName)) return;
  if (pending !== undefined)
    throw new FailureError('EndpointBusy', `Endpoint ${endpoint} is moving to config ${pending} just now.`);
  await client.send(
    new UpdateEndpointCommand({
      EndpointName: endpoint,
      EndpointConfigName: configName,
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
      ...(deployment !== undefined && { DeploymentConfig: deployment }),
    })
  );
}

/** Sets the weights of variants so that they are shares in percent, unless they are set so already. */
export async function requestShares(
  client: SageMakerClient,
  endpoint: string,
  shares: Readonly<Record<string, number>>
): Promise<void> {
  const description = await describeEndpoint(client, endpoint);
  if (description === null) throw new FailureError('OutsideChange', `Endpoint ${endpoint} is gone.`);
  const desired = new Map((description.ProductionVariants ?? []).map((v) => [v.VariantName ?? '', v.DesiredWeight]));
  for (const variant of Object.keys(shares)) {
    if (!desired.has(variant))
      throw new FailureError(
        'OutsideChange',
        `Endpoint ${endpoint} has no variant ${variant} any more; config ${description.EndpointConfigName}.`
      );
  }
  if (Object.entries(shares).every(([variant, weight]) => desired.get(variant) === weight)) return;
  await client.send(
    new UpdateEndpointWeightsAndCapacitiesCommand({
      EndpointName: endpoint,
      DesiredWeightsAndCapacities: Object.entries(shares).map(([VariantName, DesiredWeight]) => ({
        VariantName,
        DesiredWeight,
      })),
    })
  );
}

/** Asks for a number of instances of one variant, unless that many are asked for already. */
export async function requestCapacity(
  client: SageMakerClient,
  endpoint: string,
  wanted: { readonly variant: string; readonly instances: number }
): Promise<void> {
  const description = await describeEndpoint(client, endpoint);
  const live = description?.ProductionVariants?.find(({ VariantName }) => VariantName === wanted.variant);
  if (live?.DesiredInstanceCount === wanted.instances) return;
  await client.send(
    new UpdateEndpointWeightsAndCapacitiesCommand({
      EndpointName: endpoint,
      DesiredWeightsAndCapacities: [{ VariantName: wanted.variant, DesiredInstanceCount: wanted.instances }],
    })
  );
}

/** Shares that are read back differ from those asked for by the floats of weights only. */
const SHARE_TOLERANCE_PCT = 0.01;

/** The first variant whose part of the weights is not what it should be, in words; null when all are. */
export function shareAmiss(
  description: DescribeEndpointCommandOutput,
  sharesPct: Readonly<Record<string, number>>
): string | null {
  for (const [variant, wantedPct] of Object.entries(sharesPct)) {
    const sharePct = sharePctOf(description, variant);
    if (Math.abs(sharePct - wantedPct) > SHARE_TOLERANCE_PCT)
      return `${variant} has ${sharePct.toFixed(2)} % of the weight on ${description.EndpointName}, not ${wantedPct} %`;
  }
  return null;
}

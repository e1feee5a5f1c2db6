import { AddTagsCommand, DescribeEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import type { DescribeEndpointConfigCommandOutput, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { describeEndpoint } from './endpoint';
import { isTagged } from './ensure';
import { FailureError } from './faults';
import { TAGS } from './names';

/** What adopting an endpoint would mean. */
export interface Adoption {
  readonly endpoint: string;
  readonly arn: string;
  readonly isOurs: boolean;
  readonly variants: readonly { readonly name: string; readonly model: string; readonly instances: string }[];
  /** Why it cannot be adopted as it is, each with what to do; empty when it can. */
  readonly obstacles: readonly string[];
  /** What changes now, and what the first rollout will change. */
  readonly changes: readonly string[];
}

/** Looks at an endpoint that somebody else made. Fails with `NotFound` when there is none. */
export async function adoptionOf(client: SageMakerClient, endpoint: string): Promise<Adoption> {
  const description = await describeEndpoint(client, endpoint);
  const arn = description?.EndpointArn;
  if (description === null || arn === undefined)
    throw new FailureError('NotFound', `There is no endpoint ${endpoint} in this account and region.`);
  const { EndpointConfigName, EndpointStatus } = description;
  const config = await client.send(new DescribeEndpointConfigCommand({ EndpointConfigName }));
  const variants = (config.ProductionVariants ?? []).map((variant) => ({
    name: variant.VariantName ?? '',
    model: variant.ModelName ?? '',
    instances:
      variant.InstanceType === undefined
        ? 'serverless'
        : `${variant.InitialInstanceCount ?? 0} × ${variant.InstanceType}`,
  }));
  const status = EndpointStatus === 'InService' ? [] : [`It is ${EndpointStatus}: wait until it is in service.`];
  return {
    endpoint,
    arn,
    isOurs: await isTagged(client, arn, { Key: TAGS.endpoint, Value: endpoint }),
    variants,
    obstacles: [...status, ...obstaclesOf(config)],
    changes: changesOf(endpoint, config),
  };
}

/** Marks the endpoint as one that Sluice may change. Repeating it changes nothing. */
export async function adopt(client: SageMakerClient, { arn, endpoint }: Adoption): Promise<void> {
  await client.send(new AddTagsCommand({ ResourceArn: arn, Tags: [{ Key: TAGS.endpoint, Value: endpoint }] }));
}

function obstaclesOf(config: DescribeEndpointConfigCommandOutput): readonly string[] {
  const { ProductionVariants = [], ShadowProductionVariants = [], AsyncInferenceConfig } = config;
  const several = ProductionVariants.length > 1;
  return [
    ...(several
      ? [
          `It serves ${ProductionVariants.length} variants (${ProductionVariants.map((v) => v.VariantName).join(', ')}): bring it back to one, which will be the incumbent.`,
        ]
      : []),
    ...(ShadowProductionVariants.length > 0
      ? ['It has a shadow variant: remove it, or stop the inference experiment that made it.']
      : []),
    ...(AsyncInferenceConfig === undefined
      ? []
      : [
          'It is asynchronous: traffic cannot be split there. Blue/green by guardrails is all that SageMaker has for it.',
        ]),
    ...(ProductionVariants.some(({ ServerlessConfig }) => ServerlessConfig !== undefined)
      ? ['It is serverless: variants with weights need instances.']
      : []),
    ...(ProductionVariants.some(({ ModelName }) => ModelName === undefined)
      ? ['It hosts inference components: make an endpoint with a model of its own.']
      : []),
  ];
}

function changesOf(endpoint: string, config: DescribeEndpointConfigCommandOutput): readonly string[] {
  const name = config.ProductionVariants?.[0]?.VariantName ?? '?';
  const capture = config.DataCaptureConfig;
  const isCaptured = capture?.EnableCapture === true;
  return [
    `Now: the tag ${TAGS.endpoint}=${endpoint} on the endpoint. Nothing else; no instance is touched.`,
    `With the first rollout: the variant ${name} is the incumbent and keeps its name, model and instances; the winner’s variant is called as its candidate is.`,
    isCaptured
      ? `With the first rollout: data capture goes on, to \`capture.to\` of the rollout file (now: ${capture.DestinationS3Uri ?? '?'}).`
      : 'With the first rollout: data capture begins, to `capture.to` of the rollout file.',
    `The endpoint config ${config.EndpointConfigName ?? '?'} is kept, as everything that Sluice did not make.`,
  ];
}

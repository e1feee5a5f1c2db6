import type {
  CreateInferenceExperimentCommandInput,
  DescribeInferenceExperimentCommandOutput,
  ModelVariantConfig,
  SageMaker,
} from '@aws-sdk/client-sagemaker';
import type { Clients, VariantWish } from './harness';
import { createEndpoint, ROLE, until } from './harness';

/** An endpoint `name` with the one variant `live`, and a model `<name>-dark` for its shadow. */
export async function experimentable(
  sagemaker: SageMaker,
  name: string,
  shadow: Omit<VariantWish, 'name'> = {}
): Promise<void> {
  await createEndpoint(sagemaker, { name, variants: [{ name: 'live', weight: 2 }] });
  await sagemaker.createModel({
    ModelName: `${name}-dark`,
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: 'server:1', Environment: { REPLY: 'dark', ...shadow.env } },
  });
}

export function variantOf(name: string, model: string, count = 1): ModelVariantConfig {
  return {
    VariantName: name,
    ModelName: model,
    InfrastructureConfig: {
      InfrastructureType: 'RealTimeInference',
      RealTimeInferenceConfig: { InstanceType: 'ml.m5.large', InstanceCount: count },
    },
  };
}

/** The request for an experiment on such an endpoint, of its name. */
export function experimentOn(
  endpoint: string,
  more: Partial<CreateInferenceExperimentCommandInput> & { readonly samplingPct?: number } = {}
): CreateInferenceExperimentCommandInput {
  const { samplingPct = 100, ...rest } = more;
  return {
    Name: endpoint,
    Type: 'ShadowMode',
    RoleArn: ROLE,
    EndpointName: endpoint,
    ModelVariants: [variantOf('live', `${endpoint}-live`), variantOf('dark', `${endpoint}-dark`)],
    ShadowModeConfig: {
      SourceModelVariantName: 'live',
      ShadowModelVariants: [{ ShadowModelVariantName: 'dark', SamplingPercentage: samplingPct }],
    },
    ...rest,
  };
}

/** Waits until the experiment has one of these statuses. */
export function experimentIn(
  { sagemaker }: Pick<Clients, 'sagemaker'>,
  name: string,
  ...statuses: readonly string[]
): Promise<DescribeInferenceExperimentCommandOutput> {
  return until(async () => {
    const described = await sagemaker.describeInferenceExperiment({ Name: name });
    return statuses.includes(described.Status ?? '') && described;
  });
}

/** `name: status` of each variant. */
export function variantStatuses(described: DescribeInferenceExperimentCommandOutput): Record<string, string> {
  return Object.fromEntries(
    (described.ModelVariants ?? []).map(({ VariantName: name, Status: status }) => [name ?? '', status ?? ''])
  );
}

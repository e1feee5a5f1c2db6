import type {
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  ProductionVariant,
  Tag,
} from '@aws-sdk/client-sagemaker';
import { TAGS } from '../sagemaker/names';
import type { Candidate, RolloutSpec } from '../spec/types';
import type { PlannedContext } from './types';

/** The candidate's model. */
export function modelInput({ spec, plan }: PlannedContext): CreateModelCommandInput {
  const { container } = spec.candidates[0];
  return {
    ModelName: plan.names.model,
    ExecutionRoleArn: spec.aws.role,
    PrimaryContainer: {
      Image: container.image,
      ...(container.artifact !== undefined && { ModelDataUrl: container.artifact }),
      Environment: { ...container.environment },
    },
    ...(spec.aws.vpc !== undefined && {
      VpcConfig: { Subnets: [...spec.aws.vpc.subnets], SecurityGroupIds: [...spec.aws.vpc.securityGroups] },
    }),
  };
}

/** The endpoint config with the candidate alone. */
export function soloConfigInput(context: PlannedContext): CreateEndpointConfigCommandInput {
  const { spec, plan } = context;
  return {
    ...shared(spec),
    EndpointConfigName: plan.names.soloConfig,
    ProductionVariants: [candidateVariant(context, 1)],
  };
}

/** The endpoint config with both: all weight on the incumbent, the candidate dark. */
export function pairConfigInput(context: PlannedContext): CreateEndpointConfigCommandInput {
  const { spec, plan, incumbent } = context;
  if (incumbent === null) throw new Error('a pair needs an incumbent');
  const incumbentVariant: ProductionVariant = {
    VariantName: incumbent.variant,
    ModelName: incumbent.modelName,
    InstanceType: incumbent.instanceType as NonNullable<ProductionVariant['InstanceType']>,
    InitialInstanceCount: incumbent.instanceCount,
    InitialVariantWeight: 1,
  };
  return {
    ...shared(spec),
    EndpointConfigName: plan.names.pairConfig,
    ProductionVariants: [incumbentVariant, candidateVariant(context, 0)],
  };
}

/** Tags of everything that a rollout makes. */
export function tagsFor({ spec, id }: { readonly spec: RolloutSpec; readonly id: string }): Tag[] {
  const own = { [TAGS.endpoint]: spec.endpoint, [TAGS.rollout]: id };
  return Object.entries({ ...spec.aws.tags, ...own }).map(([Key, Value]) => ({ Key, Value }));
}

function candidateVariant({ spec, plan }: PlannedContext, weight: number): ProductionVariant {
  const candidate: Candidate = spec.candidates[0];
  return {
    VariantName: candidate.name,
    ModelName: plan.names.model,
    InstanceType: candidate.instance.type as NonNullable<ProductionVariant['InstanceType']>,
    InitialInstanceCount: candidate.instance.count,
    InitialVariantWeight: weight,
  };
}

function shared(spec: RolloutSpec): Pick<CreateEndpointConfigCommandInput, 'DataCaptureConfig' | 'KmsKeyId'> {
  const { capture, aws } = spec;
  const csv = capture.contentTypes.filter((type) => /csv/i.test(type));
  const json = capture.contentTypes.filter((type) => /json/i.test(type));
  return {
    ...(aws.kms !== undefined && { KmsKeyId: aws.kms }),
    DataCaptureConfig: {
      EnableCapture: capture.samplingPct > 0,
      InitialSamplingPercentage: capture.samplingPct,
      DestinationS3Uri: capture.to,
      ...(aws.kms !== undefined && { KmsKeyId: aws.kms }),
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
      CaptureContentTypeHeader: {
        ...(csv.length > 0 && { CsvContentTypes: csv }),
        ...(json.length > 0 && { JsonContentTypes: json }),
      },
    },
  };
}

import type { CreateEndpointConfigCommandInput, ProductionVariant, Tag } from '@aws-sdk/client-sagemaker';
import { tagList, TAGS, twinOf } from '../sagemaker/names';
import type { Candidate, InstanceChoice, RolloutSpec } from '../spec/types';
import type { NamedContext } from './types';

/** Which of its machines each candidate gets. */
export type InstancesOf = (candidate: Candidate) => InstanceChoice;

/** The endpoint config with one candidate alone. */
export function singleConfigInput(
  context: NamedContext,
  candidate: Candidate,
  instances: InstanceChoice
): CreateEndpointConfigCommandInput {
  return {
    ...shared(context.spec),
    EndpointConfigName: singleConfigName(context.names, candidate.name),
    ProductionVariants: [candidateVariant(context, candidate, { weight: 1, instances })],
  };
}

/**
 * The endpoint config that SageMaker's own deployment moves to: the candidate alone, under the incumbent's variant name, as guardrails demand.
 */
export function guardedConfigInput(context: NamedContext, candidate: Candidate): CreateEndpointConfigCommandInput {
  const { ProductionVariants = [], ...alone } = singleConfigInput(context, candidate, candidate.instance);
  const VariantName = context.incumbent?.variant;
  return { ...alone, ProductionVariants: ProductionVariants.map((variant) => ({ ...variant, VariantName })) };
}

/** The endpoint config with the incumbent and every candidate: all weight on the incumbent, the candidates dark. */
export function splitConfigInput(context: NamedContext, instancesOf: InstancesOf): CreateEndpointConfigCommandInput {
  const { spec, names } = context;
  return {
    ...shared(spec),
    EndpointConfigName: names.split,
    ProductionVariants: [
      incumbentVariant(context),
      ...spec.candidates.map((candidate) =>
        candidateVariant(context, candidate, { weight: 0, instances: instancesOf(candidate) })
      ),
    ],
  };
}

/** The endpoint config with a shadow: a shadow's weight is the part of the production variant's requests that it gets a copy of. */
export function shadowedConfigInput(context: NamedContext, instancesOf: InstancesOf): CreateEndpointConfigCommandInput {
  const { spec, names } = context;
  const [candidate] = spec.candidates;
  const stage = spec.stages.find((one) => one.kind === 'shadow' && one.engine !== 'gateway');
  const samplePct = stage?.kind === 'shadow' ? stage.samplePct : 100;
  return {
    ...shared(spec),
    EndpointConfigName: names.shadowed,
    ProductionVariants: [incumbentVariant(context)],
    ShadowProductionVariants: [
      candidateVariant(context, candidate, { weight: samplePct / 100, instances: instancesOf(candidate) }),
    ],
  };
}

/** The endpoint config with the incumbent twice, half of the traffic each. */
export function slicedConfigInput(context: NamedContext): CreateEndpointConfigCommandInput {
  const own = incumbentVariant(context);
  return {
    ...shared(context.spec),
    EndpointConfigName: context.names.sliced,
    ProductionVariants: [own, { ...own, VariantName: twinOf(own.VariantName ?? '') }],
  };
}

/** Tags of everything that a rollout makes. */
export function tagsFor({ spec, id }: { readonly spec: RolloutSpec; readonly id: string }): Tag[] {
  const own = { [TAGS.endpoint]: spec.endpoint, [TAGS.rollout]: id };
  return tagList({ ...spec.aws.tags, ...own });
}

export function singleConfigName(names: NamedContext['names'], candidate: string): string {
  return named(names.single, candidate);
}

export function modelName(names: NamedContext['names'], candidate: Candidate): string {
  return named(names.models, candidate.name);
}

function named(names: Readonly<Record<string, string>>, candidate: string): string {
  const name = names[candidate];
  if (name === undefined) throw new Error(`${candidate} is no candidate of this rollout`);
  return name;
}

function incumbentVariant({ incumbent }: NamedContext): ProductionVariant {
  if (incumbent === null) throw new Error('there is no incumbent to stand beside');
  return {
    VariantName: incumbent.variant,
    ModelName: incumbent.modelName,
    InstanceType: incumbent.instanceType as NonNullable<ProductionVariant['InstanceType']>,
    InitialInstanceCount: incumbent.instanceCount,
    InitialVariantWeight: 1,
  };
}

function candidateVariant(
  { names }: NamedContext,
  candidate: Candidate,
  { weight, instances }: { readonly weight: number; readonly instances: InstanceChoice }
): ProductionVariant {
  return {
    VariantName: candidate.name,
    ModelName: modelName(names, candidate),
    InstanceType: instances.type as NonNullable<ProductionVariant['InstanceType']>,
    InitialInstanceCount: instances.count,
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

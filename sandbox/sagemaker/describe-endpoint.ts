import type {
  DescribeEndpointCommandOutput,
  EndpointStatus,
  PendingDeploymentSummary,
  ProductionVariantSummary,
} from '@aws-sdk/client-sagemaker';
import type { VariantBlueprint } from '../fleet/blueprint';
import type { Knobs } from '../knobs/knobs';
import type { Answered } from '../wire/types';
import { productionOf } from './deployment';
import { serverlessIn } from './serverless';
import type { Deployment, EndpointRecord, VariantState } from './records';

/** How DescribeEndpoint shows a record. Reading changes nothing. */
export function describeEndpoint(
  record: EndpointRecord,
  knobs: Pick<Knobs, 'rollbackStatus' | 'rollbackFailedShows'>
): Answered<DescribeEndpointCommandOutput> {
  const { status } = record;
  const live = knobs.rollbackFailedShows === 'new' && record.mixed ? record.mixed.deployment : record.live;
  const hasRun = status !== 'Creating' && status !== 'Failed';
  const pending = status === 'Creating' ? live : record.pending;
  const capture = live.blueprint.capture;
  return {
    EndpointName: record.name,
    EndpointArn: record.arn,
    EndpointConfigName: live.blueprint.configName,
    EndpointStatus: shownStatus(record, knobs),
    FailureReason: record.failureReason,
    CreationTime: new Date(record.createdMs),
    LastModifiedTime: new Date(record.modifiedMs),
    LastDeploymentConfig: record.lastDeploymentConfig,
    ProductionVariants: hasRun ? productionOf(live).map((variant) => variantSummary(live, variant)) : undefined,
    ShadowProductionVariants: hasRun
      ? some(shadowsOf(live).map((variant) => variantSummary(live, variant)))
      : undefined,
    PendingDeploymentSummary: pending ? pendingSummary(pending) : undefined,
    AsyncInferenceConfig: live.blueprint.asynchronous?.config,
    DataCaptureConfig: capture && {
      EnableCapture: capture.isEnabled,
      CaptureStatus: capture.isEnabled && hasRun ? 'Started' : 'Stopped',
      CurrentSamplingPercentage: capture.samplingPct,
      DestinationS3Uri: capture.destinationS3Uri,
      KmsKeyId: capture.kmsKeyId ?? '',
    },
  };
}

/** While an update is undone its record says so; what is shown then is inferred. */
export function shownStatus({ status }: EndpointRecord, knobs: Pick<Knobs, 'rollbackStatus'>): EndpointStatus {
  return status === 'RollingBack' ? knobs.rollbackStatus : status;
}

function pendingSummary(deployment: Deployment): Answered<PendingDeploymentSummary> {
  return {
    EndpointConfigName: deployment.blueprint.configName,
    StartTime: new Date(deployment.startMs),
    ProductionVariants: productionOf(deployment).map((variant) => pendingVariant(deployment, variant)),
    ShadowProductionVariants: some(shadowsOf(deployment).map((variant) => pendingVariant(deployment, variant))),
  };
}

function pendingVariant(deployment: Deployment, variant: VariantState) {
  const InstanceType = serverlessIn(deployment).has(variant.name) ? undefined : instanceTypeOf(deployment, variant);
  return { ...variantSummary(deployment, variant), InstanceType };
}

function shadowsOf(deployment: Deployment): readonly VariantState[] {
  return deployment.variants.filter(({ isShadow }) => isShadow);
}

/** An empty list is left out. */
function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function variantSummary(deployment: Deployment, variant: VariantState): Answered<ProductionVariantSummary> {
  const blueprint = deployment.blueprint.variants.find((candidate) => candidate.name === variant.name);
  return {
    VariantName: variant.name,
    DeployedImages: blueprint?.containers.map(({ image }) => ({
      SpecifiedImage: image,
      ResolvedImage: image,
      ResolutionTime: new Date(deployment.startMs),
    })),
    CurrentWeight: variant.currentWeight,
    DesiredWeight: variant.desiredWeight,
    ...capacityOf(blueprint, variant),
    RoutingConfig:
      blueprint?.routing === 'LEAST_OUTSTANDING_REQUESTS' ? { RoutingStrategy: blueprint.routing } : undefined,
    VariantStatus: variant.stage && [{ Status: variant.stage.status, StartTime: new Date(variant.stage.startMs) }],
  };
}

function capacityOf(blueprint: VariantBlueprint | undefined, variant: VariantState) {
  const { serverless } = blueprint ?? {};
  if (!serverless) return { CurrentInstanceCount: variant.currentCount, DesiredInstanceCount: variant.desiredCount };
  const config = {
    MemorySizeInMB: serverless.memoryMb,
    MaxConcurrency: serverless.maxConcurrency,
    ...(serverless.provisioned === 0 ? {} : { ProvisionedConcurrency: serverless.provisioned }),
  };
  return { CurrentServerlessConfig: config, DesiredServerlessConfig: config };
}

/** The validated request named it, so it is one of the model's instance types; the SDK's list may be older than the model's. */
function instanceTypeOf(deployment: Deployment, variant: VariantState) {
  type InstanceType = NonNullable<NonNullable<PendingDeploymentSummary['ProductionVariants']>[number]['InstanceType']>;
  return deployment.blueprint.variants.find((candidate) => candidate.name === variant.name)?.instanceType as
    InstanceType | undefined;
}

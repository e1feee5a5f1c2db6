import type {
  AsyncInferenceConfig,
  ContainerDefinition,
  DataCaptureConfig,
  ProductionVariant,
} from '@aws-sdk/client-sagemaker';
import type {
  AsyncSettings,
  Blueprint,
  CaptureSettings,
  ContainerBlueprint,
  ModelData,
  VariantBlueprint,
} from '../fleet/blueprint';
import type { Knobs } from '../knobs/knobs';
import type { Checked } from '../wire/types';
import { validationException } from '../wire/errors';
import type { ConfigRecord, ModelRecord } from './records';
import { parseS3Url } from './s3-url';

/** SageMaker waits up to four minutes for the first healthy ping unless the variant says otherwise. */
const DEFAULT_STARTUP_SECONDS = 240;

/** The instance type of what has none. */
export const SERVERLESS = 'serverless';

/** Copies a configuration and its models into the form that a fleet runs. `modelOf` throws for a missing model. */
export function blueprintOf(
  config: ConfigRecord,
  modelOf: (name: string) => ModelRecord,
  knobs: Pick<Knobs, 'asyncConcurrency'>
): Blueprint {
  const { DataCaptureConfig: capture, AsyncInferenceConfig: asynchronous } = config.input;
  return {
    configName: config.name,
    variants: [
      ...config.input.ProductionVariants.map((variant) => variantBlueprint(variant, modelOf(variant.ModelName ?? ''))),
      ...(config.input.ShadowProductionVariants ?? []).map((variant) => ({
        ...variantBlueprint(variant, modelOf(variant.ModelName ?? '')),
        isShadow: true as const,
      })),
    ],
    ...(capture ? { capture: captureSettings(capture) } : {}),
    ...(asynchronous ? { asynchronous: asyncSettings(asynchronous, knobs) } : {}),
  };
}

/** Where a container definition's model lies; `undefined` for an image that brings its own. Throws ValidationException. */
export function modelDataOf(container: Checked<ContainerDefinition>): ModelData | undefined {
  const source = container.ModelDataSource?.S3DataSource;
  const url = container.ModelDataUrl ?? source?.S3Uri;
  if (url === undefined) return undefined;
  const at = parseS3Url(url);
  if (!at) throw validationException(`Could not find model data at ${url}.`);
  const isArchive = (source === undefined || source.CompressionType === 'Gzip') && container.Mode !== 'MultiModel';
  return { kind: isArchive ? 'archive' : 'prefix', url, ...at };
}

function variantBlueprint(variant: Checked<ProductionVariant>, model: ModelRecord): VariantBlueprint {
  const { ServerlessConfig: serverless } = variant;
  return {
    name: variant.VariantName,
    modelName: model.name,
    instanceType: serverless ? SERVERLESS : (variant.InstanceType ?? 'ml.m5.large'),
    initialCount: serverless ? (serverless.ProvisionedConcurrency ?? 0) : (variant.InitialInstanceCount ?? 1),
    initialWeight: variant.InitialVariantWeight ?? 1,
    containers: containerBlueprints(model),
    ...(serverless
      ? {
          serverless: {
            memoryMb: serverless.MemorySizeInMB,
            maxConcurrency: serverless.MaxConcurrency,
            provisioned: serverless.ProvisionedConcurrency ?? 0,
          },
        }
      : {}),
    ...(model.input.InferenceExecutionConfig?.Mode === 'Direct' ? { isDirect: true } : {}),
    routing:
      variant.RoutingConfig?.RoutingStrategy === 'LEAST_OUTSTANDING_REQUESTS' ? 'LEAST_OUTSTANDING_REQUESTS' : 'RANDOM',
    startupTimeoutSeconds: variant.ContainerStartupHealthCheckTimeoutInSeconds ?? DEFAULT_STARTUP_SECONDS,
    ...(variant.ModelDataDownloadTimeoutInSeconds === undefined
      ? {}
      : { downloadTimeoutSeconds: variant.ModelDataDownloadTimeoutInSeconds }),
  };
}

/** What the containers of a model run, in their order. */
export function containerBlueprints(model: Pick<ModelRecord, 'input' | 'resolved'>): readonly ContainerBlueprint[] {
  const containers = containersOf(model);
  return containers.map((container, index) =>
    containerBlueprint(container, containers.length === 1 ? 'primary' : `container_${index + 1}`)
  );
}

/** The containers of a model in their order. */
export function containersOf(model: Pick<ModelRecord, 'input' | 'resolved'>): readonly Checked<ContainerDefinition>[] {
  const { PrimaryContainer: one, Containers: several = [] } = model.resolved ?? model.input;
  return one ? [one] : several;
}

function containerBlueprint(container: Checked<ContainerDefinition>, defaultHostname: string): ContainerBlueprint {
  const data = modelDataOf(container);
  const isMultiModel = container.Mode === 'MultiModel';
  return {
    hostname: container.ContainerHostname ?? defaultHostname,
    image: container.Image ?? '',
    environment: container.Environment ?? {},
    ...(data && isMultiModel
      ? {
          multiModel: {
            bucket: data.bucket,
            prefix: data.key === '' || data.key.endsWith('/') ? data.key : `${data.key}/`,
            isCached: container.MultiModelConfig?.ModelCacheSetting !== 'Disabled',
          },
        }
      : {}),
    ...(data && !isMultiModel ? { data } : {}),
  };
}

function asyncSettings(config: Checked<AsyncInferenceConfig>, knobs: Pick<Knobs, 'asyncConcurrency'>): AsyncSettings {
  const { ClientConfig: client, OutputConfig: output } = config;
  const { SuccessTopic, ErrorTopic, IncludeInferenceResponseIn: repliesIn = [] } = output.NotificationConfig ?? {};
  return {
    output: folderOf(output.S3OutputPath ?? ''),
    ...(output.S3FailurePath === undefined ? {} : { failure: folderOf(output.S3FailurePath) }),
    ...(SuccessTopic === undefined ? {} : { successTopic: SuccessTopic }),
    ...(ErrorTopic === undefined ? {} : { errorTopic: ErrorTopic }),
    repliesIn,
    config,
    perInstance: client?.MaxConcurrentInvocationsPerInstance ?? knobs.asyncConcurrency,
  };
}

function folderOf(url: string): { readonly bucket: string; readonly prefix: string } {
  const at = parseS3Url(url) ?? { bucket: '', key: '' };
  return { bucket: at.bucket, prefix: at.key.replace(/^\/+|\/+$/g, '') };
}

function captureSettings(capture: Checked<DataCaptureConfig>): CaptureSettings {
  const modes = capture.CaptureOptions.map((option) => option.CaptureMode);
  return {
    ...folderOf(capture.DestinationS3Uri),
    destinationS3Uri: capture.DestinationS3Uri,
    samplingPct: capture.InitialSamplingPercentage,
    isEnabled: capture.EnableCapture ?? true,
    capturesInput: modes.includes('Input') || modes.includes('InputAndOutput'),
    capturesOutput: modes.includes('Output') || modes.includes('InputAndOutput'),
    csvContentTypes: capture.CaptureContentTypeHeader?.CsvContentTypes ?? [],
    jsonContentTypes: capture.CaptureContentTypeHeader?.JsonContentTypes ?? [],
    ...(capture.KmsKeyId === undefined ? {} : { kmsKeyId: capture.KmsKeyId }),
  };
}

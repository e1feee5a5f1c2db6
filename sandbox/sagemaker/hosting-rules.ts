import type { CreateEndpointConfigCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker';
import { validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import { containersOf } from './blueprint-of';
import type { SageMakerContext } from './context';
import { findModel } from './models';
import { parseS3Url } from './s3-url';

type Config = Checked<CreateEndpointConfigCommandInput>;
type Variant = Checked<ProductionVariant>;

/**
 * What cannot stand together with an asynchronous configuration: other variants and shadows, and containers that a request must name,
 * which InvokeEndpointAsync cannot. Throws ValidationException.
 */
export function assertAsynchronous(context: SageMakerContext, config: Config): void {
  const { AsyncInferenceConfig: asynchronous, ProductionVariants: variants } = config;
  if (!asynchronous) return;
  if ((config.ShadowProductionVariants ?? []).length > 0)
    throw validationException('Shadow variants are not supported with asynchronous inference.');
  if (variants.length > 1 && context.knobs.asyncVariants === 'one')
    throw validationException('Only one production variant can be specified with AsyncInferenceConfig.');
  const { S3OutputPath: output, S3FailurePath: failure } = asynchronous.OutputConfig;
  if (output === undefined) throw validationException('S3OutputPath must be specified in AsyncInferenceConfig.');
  for (const path of [output, failure])
    if (path !== undefined && !parseS3Url(path))
      throw validationException(`Invalid S3 URI ${path} for AsyncInferenceConfig.`);
  for (const variant of variants) {
    if (variant.ServerlessConfig)
      throw validationException('ServerlessConfig is not supported with asynchronous inference.');
    const model = findModel(context, variant.ModelName ?? '');
    if (containersOf(model).some(({ Mode }) => Mode === 'MultiModel'))
      throw validationException(
        `Asynchronous inference is not supported with multi-model endpoints (variant "${variant.VariantName}").`
      );
    if (model.input.InferenceExecutionConfig?.Mode === 'Direct')
      throw validationException(
        `Asynchronous inference is not supported with direct invocation (variant "${variant.VariantName}").`
      );
  }
}

/** What a serverless variant cannot have (Developer Guide, "Feature exclusions" of Serverless Inference). Throws ValidationException. */
export function assertServerless(context: SageMakerContext, config: Config, variant: Variant): void {
  const { ServerlessConfig: serverless, VariantName: name } = variant;
  if (!serverless) return;
  if (variant.InstanceType !== undefined || variant.InitialInstanceCount !== undefined)
    throw validationException(
      `InstanceType and InitialInstanceCount must not be specified with ServerlessConfig for production variant "${name}".`
    );
  if (serverless.MemorySizeInMB % 1024 !== 0)
    throw validationException(
      `MemorySizeInMB ${serverless.MemorySizeInMB} of variant "${name}" must be one of 1024, 2048, 3072, 4096, 5120, 6144.`
    );
  if ((serverless.ProvisionedConcurrency ?? 0) > serverless.MaxConcurrency)
    throw validationException(
      `ProvisionedConcurrency (${serverless.ProvisionedConcurrency}) of variant "${name}" must not be greater than MaxConcurrency (${serverless.MaxConcurrency}).`
    );
  const model = findModel(context, variant.ModelName ?? '');
  const containers = containersOf(model);
  const excluded = [
    [config.ProductionVariants.length > 1, 'multiple production variants'],
    [(config.ShadowProductionVariants ?? []).length > 0, 'shadow variants'],
    [config.DataCaptureConfig !== undefined, 'data capture'],
    [containers.length > 1, 'inference pipelines and multi-container models'],
    [containers.some(({ Mode }) => Mode === 'MultiModel'), 'multi-model endpoints'],
    [model.input.VpcConfig !== undefined, 'VPC configuration'],
    [model.input.EnableNetworkIsolation === true, 'network isolation'],
  ] as const;
  const found = excluded.flatMap(([isThere, what]) => (isThere ? [what] : []));
  if (found.length > 0)
    throw validationException(`Serverless inference does not support ${found.join(', ')} (variant "${name}").`);
}

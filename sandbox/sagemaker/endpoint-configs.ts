import type { CreateEndpointConfigCommandInput, ProductionVariant } from '@aws-sdk/client-sagemaker';
import { notImplemented, validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import { arnOf } from './arn';
import { containersOf } from './blueprint-of';
import type { SageMakerContext } from './context';
import { assertAsynchronous, assertServerless } from './hosting-rules';
import { listPage } from './listing';
import { findModel } from './models';
import type { Handlers } from './operations';
import type { ConfigRecord } from './records';
import { parseS3Url } from './s3-url';
import { tagResource } from './tags';
import { alreadyExists, notFound } from './texts';

type Names = 'CreateEndpointConfig' | 'DescribeEndpointConfig' | 'ListEndpointConfigs' | 'DeleteEndpointConfig';

/** Endpoint configurations are immutable. Deleting the one in use is allowed, as on AWS: the endpoint runs on. */
export function endpointConfigHandlers(context: SageMakerContext): Handlers<Names> {
  const { configs } = context.tables;
  return {
    CreateEndpointConfig: async (input) => {
      const arn = arnOf(context, 'endpoint-config', input.EndpointConfigName);
      if (configs.get(input.EndpointConfigName)) throw alreadyExists('endpoint-config', arn);
      assertConfig(context, input);
      tagResource(context, arn, input.Tags);
      configs.put(input.EndpointConfigName, {
        name: input.EndpointConfigName,
        arn,
        createdMs: context.clock.now(),
        input,
      });
      context.visibility.created('EndpointConfig', input.EndpointConfigName);
      return { EndpointConfigArn: arn };
    },

    DescribeEndpointConfig: async (input) => {
      const { input: made, ...config } = findConfig(context, input.EndpointConfigName);
      const { Tags: _tags, ...described } = made;
      const weighted = (variant: Checked<ProductionVariant>) => ({
        ...variant,
        InitialVariantWeight: variant.InitialVariantWeight ?? 1,
      });
      return {
        ...described,
        ProductionVariants: made.ProductionVariants.map(weighted),
        ShadowProductionVariants: made.ShadowProductionVariants?.map(weighted),
        EndpointConfigName: config.name,
        EndpointConfigArn: config.arn,
        CreationTime: new Date(config.createdMs),
      };
    },

    ListEndpointConfigs: async (input) => {
      const { page, nextToken } = listPage(
        configs.all().filter(({ name }) => !context.visibility.isHidden('EndpointConfig', name)),
        input
      );
      return {
        EndpointConfigs: page.map((config) => ({
          EndpointConfigName: config.name,
          EndpointConfigArn: config.arn,
          CreationTime: new Date(config.createdMs),
        })),
        NextToken: nextToken,
      };
    },

    DeleteEndpointConfig: async (input) => {
      const config = findConfig(context, input.EndpointConfigName);
      configs.remove(config.name);
      context.tables.tags.remove(config.arn);
      return {};
    },
  };
}

/** Throws SageMaker's not-found text. */
export function findConfig(context: SageMakerContext, name: string): ConfigRecord {
  const config = context.tables.configs.get(name);
  if (!config || context.visibility.isHidden('EndpointConfig', name))
    throw notFound('endpoint-config', arnOf(context, 'endpoint-config', name));
  return config;
}

/** Refuses what no endpoint can run. Throws ValidationException. */
export function assertConfig(context: SageMakerContext, input: Checked<CreateEndpointConfigCommandInput>): void {
  refuseUnimplemented(input);
  const shadows = input.ShadowProductionVariants ?? [];
  assertVariants(context, input);
  assertAsynchronous(context, input);
  if (shadows.length > 0) assertShadowable(context, input.ProductionVariants, shadows);
  const destination = input.DataCaptureConfig?.DestinationS3Uri;
  if (destination !== undefined && !parseS3Url(destination))
    throw validationException(`Invalid S3 URI ${destination} for DataCaptureConfig.`);
}

function refuseUnimplemented(input: Checked<CreateEndpointConfigCommandInput>): void {
  if (input.ExplainerConfig) throw notImplemented('ExplainerConfig');
  for (const variant of [...input.ProductionVariants, ...(input.ShadowProductionVariants ?? [])]) {
    if (variant.ModelName === undefined)
      throw notImplemented('A production variant without ModelName (inference components)');
    if (variant.InstancePools) throw notImplemented('InstancePools');
    if (variant.ManagedInstanceScaling) throw notImplemented('ManagedInstanceScaling');
  }
}

function assertVariants(context: SageMakerContext, input: Checked<CreateEndpointConfigCommandInput>): void {
  const variants = [...input.ProductionVariants, ...(input.ShadowProductionVariants ?? [])];
  const names = variants.map((variant) => variant.VariantName);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw validationException(
      `Duplicate production variant name "${repeated}": variant names must be unique within an endpoint configuration.`
    );
  for (const variant of variants) {
    findModel(context, variant.ModelName ?? '');
    assertServerless(context, input, variant);
    if (variant.ServerlessConfig) continue;
    if (variant.InstanceType === undefined || variant.InitialInstanceCount === undefined) {
      throw validationException(
        `InstanceType and InitialInstanceCount must be specified for production variant "${variant.VariantName}".`
      );
    }
  }
}

/** A shadow stands beside exactly one production variant, and both run one plain container. */
function assertShadowable(
  context: SageMakerContext,
  production: readonly Checked<ProductionVariant>[],
  shadows: readonly Checked<ProductionVariant>[]
): void {
  if (production.length !== 1 || shadows.length !== 1)
    throw validationException(
      'With ShadowProductionVariants exactly one production variant and one shadow variant can be specified.'
    );
  for (const { VariantName: name, ModelName: model = '' } of [...production, ...shadows]) {
    const containers = containersOf(findModel(context, model));
    if (containers.length > 1)
      throw validationException(
        `Shadow variants are not supported with inference pipelines and multi-container models (variant "${name}").`
      );
    if (containers.some(({ Mode }) => Mode === 'MultiModel'))
      throw validationException(`Shadow variants are not supported with multi-model endpoints (variant "${name}").`);
  }
}

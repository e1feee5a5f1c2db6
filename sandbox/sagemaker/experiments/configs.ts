import type {
  CreateEndpointConfigCommandInput,
  DataCaptureConfig,
  ModelVariantConfig,
  ProductionVariant,
} from '@aws-sdk/client-sagemaker';
import { createHash } from 'node:crypto';
import { shadowWeight } from '../../runtime/shadow-share';
import type { Checked } from '../../wire/types';
import { arnOf } from '../arn';
import type { SageMakerContext } from '../context';
import type { ConfigRecord } from '../records';
import type { ExperimentRecord } from './records';
import { samplingPct, variantNames } from './records';

type Input = Checked<CreateEndpointConfigCommandInput>;
type Plan = Pick<ExperimentRecord, 'name' | 'createdMs' | 'variants' | 'shadowMode' | 'dataStorage' | 'kmsKey'>;

/** The configuration with which an endpoint runs an experiment: its own, with the experiment's instances, capture and shadow variant. */
export function shadowConfig(context: SageMakerContext, plan: Plan, original: ConfigRecord): ConfigRecord {
  const { production, shadow } = variantNames(plan);
  const live = liveVariant(original);
  const weight =
    live.InitialVariantWeight === undefined || live.InitialVariantWeight <= 0 ? 1 : live.InitialVariantWeight;
  const sampled = shadowWeight(context.knobs.shadowSampling, { production: weight, pct: samplingPct(plan) });
  return made(context, nameFor(plan, 'shadow'), {
    ...common(plan, original),
    ProductionVariants: [{ ...live, ...runningAs(plan.variants, production), InitialVariantWeight: weight }],
    ShadowProductionVariants: [{ ...runningAs(plan.variants, shadow), InitialVariantWeight: sampled }],
  });
}

/** The configuration after an experiment when other instances or another variant shall stay than the endpoint had before. */
export function configAfter(
  context: SageMakerContext,
  plan: Plan & { readonly configs: NonNullable<ExperimentRecord['configs']> },
  after: {
    /** The production variant from then on. */
    readonly live: string;
    readonly keepsShadow: boolean;
    readonly variants: readonly Checked<ModelVariantConfig>[];
  }
): ConfigRecord {
  const { live, keepsShadow, variants } = after;
  const { original, shadow } = plan.configs;
  const { ProductionVariants: production, ShadowProductionVariants: shadows = [] } = shadow.input;
  const former = [...production, ...shadows].find(({ VariantName: name }) => name === live);
  const { Tags: _tags, ...rest } = keepsShadow ? shadow.input : original.input;
  const weight = production[0]?.InitialVariantWeight ?? 1;
  const isPromoted = live !== production[0]?.VariantName;
  const keepsName = isPromoted && context.knobs.promotedVariant === 'productionName';
  const running = {
    ...former,
    ...runningAs(variants, live),
    InitialVariantWeight: weight,
    ...(keepsName ? { VariantName: production[0]?.VariantName ?? live } : {}),
  };
  const beside = shadows.map((one) => ({ ...one, ...runningAs(variants, one.VariantName) }));
  return made(context, nameFor(plan, 'after'), {
    ...rest,
    ProductionVariants: [running],
    ...(keepsShadow ? { ShadowProductionVariants: beside } : {}),
  });
}

/** The endpoint's one production variant. Creating the experiment was refused where there are several. */
function liveVariant(original: ConfigRecord): Checked<ProductionVariant> {
  const [live] = original.input.ProductionVariants;
  if (!live) throw new Error(`the endpoint configuration ${original.name} has no production variant`);
  return live;
}

function common(plan: Plan, original: ConfigRecord): Omit<Input, 'EndpointConfigName' | 'ProductionVariants'> {
  const { Tags: _tags, DataCaptureConfig: before, KmsKeyId: key, ...rest } = original.input;
  const capture = captureOf(plan) ?? before;
  const kmsKey = plan.kmsKey ?? key;
  return {
    ...rest,
    ...(capture ? { DataCaptureConfig: capture } : {}),
    ...(kmsKey === undefined ? {} : { KmsKeyId: kmsKey }),
  };
}

/** Every request and answer of both variants is stored. */
function captureOf({ dataStorage: storage }: Plan): Checked<DataCaptureConfig> | undefined {
  return (
    storage && {
      EnableCapture: true,
      InitialSamplingPercentage: 100,
      DestinationS3Uri: storage.Destination,
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
      ...(storage.KmsKey === undefined ? {} : { KmsKeyId: storage.KmsKey }),
      ...(storage.ContentType ? { CaptureContentTypeHeader: storage.ContentType } : {}),
    }
  );
}

function runningAs(variants: readonly Checked<ModelVariantConfig>[], name: string) {
  const wish = variants.find((one) => one.VariantName === name);
  const { InstanceType: type, InstanceCount: count } = wish?.InfrastructureConfig.RealTimeInferenceConfig ?? {};
  return {
    VariantName: name,
    ...(wish ? { ModelName: wish.ModelName } : {}),
    ...(type === undefined ? {} : { InstanceType: type }),
    ...(count === undefined ? {} : { InitialInstanceCount: count }),
  };
}

/** Named after the experiment, such that a second one of that name has names of its own. */
function made(context: SageMakerContext, named: string, input: Omit<Input, 'EndpointConfigName'>): ConfigRecord {
  const full = { ...input, EndpointConfigName: named };
  return { name: named, arn: arnOf(context, 'endpoint-config', named), createdMs: context.clock.now(), input: full };
}

function nameFor(plan: Plan, role: 'shadow' | 'after'): string {
  const hash = createHash('sha256').update(`${plan.name}/${plan.createdMs}`).digest('hex').slice(0, 8);
  return `${plan.name.slice(0, 45).replace(/-+$/, '')}-${role}-${hash}`;
}

import type { ModelVariantConfig, StopInferenceExperimentCommandInput } from '@aws-sdk/client-sagemaker';
import { validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import type { SageMakerContext } from '../context';
import { productionOf } from '../deployment';
import { assertConfig } from '../endpoint-configs';
import type { ConfigRecord, EndpointRecord } from '../records';
import { configAfter } from './configs';
import type { Ending, ExperimentRecord } from './records';
import { variantNames } from './records';

/** At its scheduled end the endpoint gets back what it had, and the shadow variant goes. */
export function scheduledEnding(record: ExperimentRecord): Ending {
  const { production, shadow } = variantNames(record);
  return {
    state: 'Completed',
    ...(record.configs ? { config: record.configs.original } : {}),
    removed: [shadow],
    variants: record.variants.map((one) => (one.VariantName === production ? asBefore(record, one) : one)),
  };
}

/**
 * How a stopped experiment ends. A variant without an action is treated as at the scheduled end. Throws ValidationException for
 * actions that leave the endpoint without exactly one production variant.
 */
export function stoppedEnding(
  context: SageMakerContext,
  record: ExperimentRecord,
  input: Checked<StopInferenceExperimentCommandInput>
): Ending {
  const { production, shadow } = variantNames(record);
  const unknown = Object.keys(input.ModelVariantActions).filter((name) => name !== production && name !== shadow);
  if (unknown.length > 0)
    throw validationException(`The experiment ${record.name} has no variant "${unknown.join('", "')}".`);
  const { [production]: live = 'Retain', [shadow]: dark = 'Remove' } = input.ModelVariantActions;
  const isPromoted = dark === 'Promote';
  if (live === 'Promote')
    throw validationException(`Variant "${production}" is a production variant already: retain it or remove it.`);
  if (isPromoted !== (live === 'Remove'))
    throw validationException(
      `The endpoint must keep exactly one production variant: to promote the shadow variant "${shadow}", remove "${production}"; otherwise retain it.`
    );
  const kept = [...(isPromoted ? [] : [production]), ...(dark === 'Remove' ? [] : [shadow])];
  const variants = desired(record, input.DesiredModelVariants ?? [], kept);
  const state = input.DesiredState ?? context.knobs.stoppedExperiment;
  const reason = input.Reason === undefined ? {} : { reason: input.Reason };
  const removed = [production, shadow].filter((name) => !kept.includes(name));
  const { configs } = record;
  if (!configs) return { state, ...reason, removed: [shadow], variants: record.variants };
  const isChanged = (input.DesiredModelVariants ?? []).length > 0;
  if (!isChanged && dark === 'Remove') return { ...scheduledEnding(record), state, ...reason };
  if (!isChanged && dark === 'Retain') return { state, ...reason, removed, variants };
  const keepsShadow = dark === 'Retain';
  const config = configAfter(
    context,
    { ...record, configs },
    { live: isPromoted ? shadow : production, keepsShadow, variants }
  );
  assertConfig(context, config.input);
  return { state, ...reason, config, removed, variants };
}

/** What an experiment finds on its endpoint: the configuration it changes, or why it cannot run there. */
export function standing(
  context: SageMakerContext,
  endpoint: EndpointRecord | undefined,
  plan: Pick<ExperimentRecord, 'variants' | 'shadowMode' | 'endpointName'>
): { readonly config: ConfigRecord } | { readonly refusal: string } {
  if (!endpoint) return { refusal: `Endpoint ${plan.endpointName} was deleted.` };
  const { live, arn } = endpoint;
  const { production } = variantNames(plan);
  const [only, ...others] = productionOf(live);
  const model = plan.variants.find(({ VariantName: name }) => name === production)?.ModelName;
  const running = live.blueprint.variants.find(({ name }) => name === production)?.modelName;
  const config = context.tables.configs.get(live.blueprint.configName);
  if (others.length > 0)
    return {
      refusal: `Inference experiments need an endpoint with one production variant; "${arn}" has ${others.length + 1}.`,
    };
  if (live.variants.some(({ isShadow }) => isShadow))
    return { refusal: `Endpoint "${arn}" has a shadow variant already.` };
  if (only?.name !== production)
    return {
      refusal: `SourceModelVariantName "${production}" is not the production variant "${only?.name}" of endpoint "${arn}".`,
    };
  if (running?.toLowerCase() !== model?.toLowerCase())
    return { refusal: `Variant "${production}" of endpoint "${arn}" runs the model "${running}", not "${model}".` };
  if (!config)
    return { refusal: `Could not find endpoint configuration "${live.blueprint.configName}" of endpoint "${arn}".` };
  if (config.input.AsyncInferenceConfig)
    return { refusal: `Inference experiments are not supported on the asynchronous endpoint "${arn}".` };
  if (config.input.ProductionVariants.some(({ ServerlessConfig: serverless }) => serverless))
    return { refusal: `Inference experiments are not supported on the serverless endpoint "${arn}".` };
  return { config };
}

function desired(
  record: ExperimentRecord,
  wishes: readonly Checked<ModelVariantConfig>[],
  kept: readonly string[]
): readonly Checked<ModelVariantConfig>[] {
  const names = wishes.map(({ VariantName: name }) => name);
  const strange = names.filter((name, index) => !kept.includes(name) || names.indexOf(name) !== index);
  if (strange.length > 0)
    throw validationException(
      `DesiredModelVariants must name the variants that stay [${kept.join(', ')}], each once; not "${strange.join('", "')}".`
    );
  return record.variants.map((one) => wishes.find(({ VariantName: name }) => name === one.VariantName) ?? one);
}

function asBefore(record: ExperimentRecord, one: Checked<ModelVariantConfig>): Checked<ModelVariantConfig> {
  const [before] = record.configs?.original.input.ProductionVariants ?? [];
  const { InstanceType: type, InitialInstanceCount: count } = before ?? {};
  const { InfrastructureConfig: infrastructure } = one;
  if (type === undefined || count === undefined) return one;
  // The configuration's type is of the same model as the experiment's.
  const RealTimeInferenceConfig = { InstanceType: type, InstanceCount: count };
  return { ...one, InfrastructureConfig: { ...infrastructure, RealTimeInferenceConfig } };
}

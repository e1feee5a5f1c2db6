import type {
  UpdateEndpointCommandInput,
  UpdateEndpointWeightsAndCapacitiesCommandInput,
} from '@aws-sdk/client-sagemaker';
import { notImplemented, validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import { arnOf } from './arn';
import { blueprintOf } from './blueprint-of';
import type { SageMakerContext } from './context';
import { freshDeployment, updateDeployment } from './deployment';
import { assertDeployable } from './deployable';
import { describeEndpoint, shownStatus } from './describe-endpoint';
import type { EndpointActor } from './endpoint-actor';
import { findConfig } from './endpoint-configs';
import type { EndpointRegistry } from './endpoint-registry';
import { listPage } from './listing';
import { findModel } from './models';
import type { Handlers } from './operations';
import { assertQuota, instancesByType } from './quota';
import type { EndpointRecord, VariantState } from './records';
import { assertNotMadeServerless, serverlessIn } from './serverless';
import { assertScaledVariantsKept } from './scalable-variants';
import { tagResource } from './tags';
import { alreadyExists, inProgress, notFound } from './texts';

type Names =
  | 'CreateEndpoint'
  | 'DescribeEndpoint'
  | 'ListEndpoints'
  | 'UpdateEndpoint'
  | 'UpdateEndpointWeightsAndCapacities'
  | 'DeleteEndpoint';

/** Each handler checks, writes what is to be done, answers, and leaves the doing to the endpoint's actor. */
export function endpointHandlers(context: SageMakerContext, registry: EndpointRegistry): Handlers<Names> {
  const now = () => context.clock.now();

  function find(name: string): EndpointActor {
    const actor = registry.get(name);
    if (!actor || context.visibility.isHidden('Endpoint', name))
      throw notFound('endpoint', arnOf(context, 'endpoint', name));
    return actor;
  }

  function findIdle(name: string): EndpointActor {
    const actor = find(name);
    const { status, arn } = actor.record;
    if (status === 'Failed' || status === 'OutOfService')
      throw validationException(`Cannot update endpoint "${arn}" with status "${status}".`);
    if (status !== 'InService' && status !== 'UpdateRollbackFailed') throw inProgress(arn);
    if (status === 'UpdateRollbackFailed' && context.knobs.rollbackFailedTakes === 'deletion')
      throw validationException(`Cannot update endpoint "${arn}" with status "${status}".`);
    return actor;
  }

  return {
    CreateEndpoint: async (input) => {
      const arn = arnOf(context, 'endpoint', input.EndpointName);
      if (registry.get(input.EndpointName)) throw alreadyExists('endpoint', arn);
      const config = findConfig(context, input.EndpointConfigName);
      const live = freshDeployment(
        blueprintOf(config, (name) => findModel(context, name), context.knobs),
        now()
      );
      assertDeployable(context, { ...live, ...(input.DeploymentConfig ? { config: input.DeploymentConfig } : {}) });
      assertQuota(context, {
        operation: 'CreateEndpoint',
        endpointName: input.EndpointName,
        added: instancesByType(live),
      });
      tagResource(context, arn, input.Tags);
      const stored = input.DeploymentConfig ? { lastDeploymentConfig: input.DeploymentConfig } : {};
      registry.create({
        name: input.EndpointName,
        arn,
        createdMs: now(),
        modifiedMs: now(),
        status: 'Creating',
        live,
        ...stored,
      });
      context.visibility.created('Endpoint', input.EndpointName);
      return { EndpointArn: arn };
    },

    DescribeEndpoint: async (input) => describeEndpoint(find(input.EndpointName).record, context.knobs),

    ListEndpoints: async (input) => {
      const records = registry
        .all()
        .map((actor) => actor.record)
        .filter(({ name }) => !context.visibility.isHidden('Endpoint', name));
      const { page, nextToken } = listPage(
        records.filter((record) => [undefined, shownStatus(record, context.knobs)].includes(input.StatusEquals)),
        input
      );
      return { Endpoints: page.map((record) => summary(context, record)), NextToken: nextToken };
    },

    UpdateEndpoint: async (input) => {
      const actor = findIdle(input.EndpointName);
      const { record } = actor;
      const config = findConfig(context, input.EndpointConfigName);
      const blueprint = blueprintOf(config, (name) => findModel(context, name), context.knobs);
      const pending = updateDeployment(blueprint, { live: record.live, retained: retainedOf(input), startMs: now() });
      assertNotMadeServerless(record.live, pending);
      assertScaledVariantsKept(context.scaledVariants?.(record.name) ?? [], record.live, pending);
      const deploymentConfig = deploymentConfigOf(context, input, record);
      const update = { ...pending, ...(deploymentConfig ? { config: deploymentConfig } : {}) };
      assertDeployable(context, update, record.live);
      assertQuota(context, {
        operation: 'UpdateEndpoint',
        endpointName: record.name,
        added: instancesByType(pending),
      });
      actor.become({
        ...record,
        status: 'Updating',
        pending: update,
      });
      actor.begin({ isRestart: false });
      return { EndpointArn: record.arn };
    },

    UpdateEndpointWeightsAndCapacities: async (input) => {
      const actor = findIdle(input.EndpointName);
      const { record } = actor;
      // What the weights of a mix of two configurations mean, nobody says; an update mends it, a deletion ends it.
      if (record.mixed && context.knobs.rollbackFailedTakes !== 'weights')
        throw validationException(`Cannot update endpoint "${record.arn}" with status "${record.status}".`);
      const variants = desired(context, record, input.DesiredWeightsAndCapacities);
      assertQuota(context, {
        operation: 'UpdateEndpointWeightsAndCapacities',
        endpointName: record.name,
        added: addedInstances(record, variants),
      });
      actor.become({ ...record, status: 'Updating', live: { ...record.live, variants } });
      actor.begin({ isRestart: false });
      return { EndpointArn: record.arn };
    },

    DeleteEndpoint: async (input) => {
      const actor = find(input.EndpointName);
      const { status, arn } = actor.record;
      if (
        status !== 'InService' &&
        status !== 'Failed' &&
        status !== 'UpdateRollbackFailed' &&
        status !== 'OutOfService'
      )
        throw inProgress(arn);
      actor.become({ ...actor.record, status: 'Deleting' });
      actor.begin({ isRestart: false });
      return {};
    },
  };
}

function summary({ knobs }: SageMakerContext, record: EndpointRecord) {
  return {
    EndpointName: record.name,
    EndpointArn: record.arn,
    EndpointStatus: shownStatus(record, knobs),
    CreationTime: new Date(record.createdMs),
    LastModifiedTime: new Date(record.modifiedMs),
  };
}

function retainedOf(input: Checked<UpdateEndpointCommandInput>): {
  readonly keepsWeights: boolean;
  readonly keepsCounts: boolean;
} {
  const excluded = (input.ExcludeRetainedVariantProperties ?? []).map((property) => property.VariantPropertyType);
  if (excluded.length > 0 && !input.RetainAllVariantProperties) {
    throw validationException(
      'ExcludeRetainedVariantProperties can be specified only when RetainAllVariantProperties is true.'
    );
  }
  const keeps = input.RetainAllVariantProperties ?? false;
  return {
    keepsWeights: keeps && !excluded.includes('DesiredWeight'),
    keepsCounts: keeps && !excluded.includes('DesiredInstanceCount'),
  };
}

/** A configuration that is given and one that is retained contradict each other. */
function deploymentConfigOf(
  { knobs }: SageMakerContext,
  input: Checked<UpdateEndpointCommandInput>,
  { lastDeploymentConfig }: EndpointRecord
) {
  const { DeploymentConfig: given } = input;
  const retained = input.RetainDeploymentConfig ? lastDeploymentConfig : undefined;
  if (given && input.RetainDeploymentConfig && knobs.bothDeploymentConfigs === 'refused')
    throw validationException('DeploymentConfig must not be specified when RetainDeploymentConfig is true.');
  return knobs.bothDeploymentConfigs === 'retained' ? (retained ?? given) : (given ?? retained);
}

type Desired = Checked<UpdateEndpointWeightsAndCapacitiesCommandInput>['DesiredWeightsAndCapacities'];

function desired({ knobs }: SageMakerContext, record: EndpointRecord, wishes: Desired): readonly VariantState[] {
  const names = wishes.map((wish) => wish.VariantName);
  const known = new Set(record.live.variants.map((variant) => variant.name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw validationException(
      `The variant name(s) "${unknown.join(', ')}" is/are not present within endpoint configuration "${record.live.blueprint.configName}".`
    );
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw validationException(`The variant name "${repeated}" was non-unique within the request.`);
  const shadow = record.live.variants.find(({ isShadow, name }) => isShadow && names.includes(name));
  if (shadow && knobs.shadowWeights === 'refused')
    throw validationException(`The weight and the count of shadow variant "${shadow.name}" cannot be changed.`);
  const serverless = serverlessIn(record.live);
  return record.live.variants.map((variant) => {
    const wish = wishes.find((candidate) => candidate.VariantName === variant.name);
    if (wish?.DesiredInstanceCount !== undefined && serverless.has(variant.name))
      throw validationException(`DesiredInstanceCount is not supported for serverless variant "${variant.name}".`);
    if (wish?.ServerlessUpdateConfig) throw notImplemented('ServerlessUpdateConfig');
    return {
      ...variant,
      desiredWeight: wish?.DesiredWeight ?? variant.desiredWeight,
      desiredCount: wish?.DesiredInstanceCount ?? variant.desiredCount,
    };
  });
}

function addedInstances(record: EndpointRecord, variants: readonly VariantState[]): ReadonlyMap<string, number> {
  const before = instancesByType(record.live);
  const after = instancesByType({ ...record.live, variants });
  return new Map([...after].map(([type, count]) => [type, count - (before.get(type) ?? 0)]));
}

import type { UpdateInferenceExperimentCommandInput } from '@aws-sdk/client-sagemaker';
import { AwsError, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import { arnOf } from '../arn';
import type { SageMakerContext } from '../context';
import type { EndpointRegistry } from '../endpoint-registry';
import { listPage } from '../listing';
import type { Handlers } from '../operations';
import type { EndpointRecord } from '../records';
import { tagResource } from '../tags';
import { notFound } from '../texts';
import { describeExperiment, summarizeExperiment } from './describe';
import { stoppedEnding } from './ending';
import type { ExperimentActor } from './experiment-actor';
import type { ExperimentRegistry } from './experiment-registry';
import { assertPlan, scheduleOf } from './plan';
import type { ExperimentRecord } from './records';
import { OVER, samplingPct } from './records';

type Names =
  | 'CreateInferenceExperiment'
  | 'DescribeInferenceExperiment'
  | 'ListInferenceExperiments'
  | 'UpdateInferenceExperiment'
  | 'StartInferenceExperiment'
  | 'StopInferenceExperiment'
  | 'DeleteInferenceExperiment';

/** Each handler checks, writes what is to be done, answers, and leaves the doing to the experiment's actor. */
export function experimentHandlers(
  context: SageMakerContext,
  experiments: ExperimentRegistry,
  endpoints: EndpointRegistry
): Handlers<Names> {
  function find(name: string): ExperimentActor {
    const actor = experiments.get(name);
    if (actor && !context.visibility.isHidden('InferenceExperiment', name)) return actor;
    const arn = arnOf(context, 'inference-experiment', name);
    throw new AwsError({ code: 'ResourceNotFound', message: `Inference experiment "${arn}" not found.` });
  }

  function findEndpoint(name: string): EndpointRecord {
    const record = endpoints.get(name)?.record;
    if (!record || context.visibility.isHidden('Endpoint', name))
      throw notFound('endpoint', arnOf(context, 'endpoint', name));
    return record;
  }

  return {
    CreateInferenceExperiment: async (input) => {
      const arn = arnOf(context, 'inference-experiment', input.Name);
      if (experiments.get(input.Name)) throw inUse(`Inference experiment already exists: ${arn}`);
      const endpoint = findEndpoint(input.EndpointName);
      const other = experiments
        .all()
        .find(({ record }) => record.endpointName === endpoint.name && !OVER.includes(record.status));
      if (other) throw inUse(`Endpoint "${endpoint.arn}" is in use by the inference experiment ${other.record.name}.`);
      if (endpoint.status !== 'InService')
        throw validationException(`Endpoint "${endpoint.arn}" must be InService; its status is ${endpoint.status}.`);
      const nowMs = context.clock.now();
      const record: ExperimentRecord = {
        ...{ name: input.Name, arn, createdMs: nowMs, modifiedMs: nowMs, status: 'Creating', roleArn: input.RoleArn },
        ...{ endpointName: endpoint.name, variants: input.ModelVariants, shadowMode: input.ShadowModeConfig },
        ...scheduleOf(input.Schedule, { nowMs }),
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.DataStorageConfig ? { dataStorage: input.DataStorageConfig } : {}),
        ...(input.KmsKey === undefined ? {} : { kmsKey: input.KmsKey }),
      };
      assertPlan(context, record, endpoint);
      tagResource(context, arn, input.Tags);
      experiments.create(record);
      context.visibility.created('InferenceExperiment', input.Name);
      return { InferenceExperimentArn: arn };
    },

    DescribeInferenceExperiment: async (input) => {
      const { record } = find(input.Name);
      return describeExperiment(record, endpoints.get(record.endpointName)?.record);
    },

    ListInferenceExperiments: async (input) => {
      const shown = experiments
        .all()
        .map(({ record }) => record)
        .filter(
          ({ name, status }) =>
            (input.StatusEquals === undefined || status === input.StatusEquals) &&
            !context.visibility.isHidden('InferenceExperiment', name)
        );
      const { page, nextToken } = listPage(shown, input);
      return { InferenceExperiments: page.map(summarizeExperiment), NextToken: nextToken };
    },

    UpdateInferenceExperiment: async (input) => {
      const actor = find(input.Name);
      const { record } = actor;
      assertStatus(record, ['Created', 'Running'], 'updated');
      const next = record.status === 'Created' ? scheduled(context, record, input) : running(context, record, input);
      if (record.status === 'Created') assertPlan(context, next, findEndpoint(record.endpointName));
      const isRunning = record.status === 'Running' && samplingPct(next) === samplingPct(record);
      actor.become(isRunning ? next : { ...next, status: 'Updating' });
      return { InferenceExperimentArn: record.arn };
    },

    StartInferenceExperiment: async (input) => {
      const actor = find(input.Name);
      const { record } = actor;
      assertStatus(record, ['Created'], 'started');
      actor.become({ ...record, status: 'Starting', startMs: context.clock.now() });
      return { InferenceExperimentArn: record.arn };
    },

    StopInferenceExperiment: async (input) => {
      const actor = find(input.Name);
      const { record } = actor;
      assertStatus(record, ['Created', 'Running'], 'stopped');
      actor.become({ ...record, status: 'Stopping', ending: stoppedEnding(context, record, input) });
      return { InferenceExperimentArn: record.arn };
    },

    DeleteInferenceExperiment: async (input) => {
      const { record } = find(input.Name);
      const isAllowed = context.knobs.scheduledExperimentDeletion === 'allowed';
      assertStatus(record, [...(isAllowed ? (['Created'] as const) : []), ...OVER], 'deleted');
      experiments.remove(record.name);
      context.tables.tags.remove(record.arn);
      return { InferenceExperimentArn: record.arn };
    },
  };
}

type Update = Checked<UpdateInferenceExperimentCommandInput>;

/** Before it starts, everything but its name, its role and its endpoint can be changed. */
function scheduled(context: SageMakerContext, record: ExperimentRecord, input: Update): ExperimentRecord {
  const changed = input.ModelVariants ?? [];
  const kept = record.variants.filter((one) => !changed.some(({ VariantName: name }) => name === one.VariantName));
  const named = input.ShadowModeConfig ?? record.shadowMode;
  const names = [named.SourceModelVariantName, ...named.ShadowModelVariants.map((one) => one.ShadowModelVariantName)];
  return {
    ...record,
    ...scheduleOf(input.Schedule, { nowMs: context.clock.now(), startMs: record.startMs, endMs: record.endMs }),
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.DataStorageConfig ? { dataStorage: input.DataStorageConfig } : {}),
    shadowMode: named,
    // A shadow of another name takes the place of the former one.
    variants: [...kept.filter(({ VariantName: name }) => names.includes(name)), ...changed],
  };
}

/** Once it runs, only its description, its end and the sampling of its shadow (Developer Guide, "Edit a shadow test"). */
function running(context: SageMakerContext, record: ExperimentRecord, input: Update): ExperimentRecord {
  const { startMs, endMs } = record;
  const start = input.Schedule?.StartTime?.getTime();
  const shadowMode = input.ShadowModeConfig ?? record.shadowMode;
  const isOther =
    input.ModelVariants !== undefined ||
    input.DataStorageConfig !== undefined ||
    (start !== undefined && Math.abs(start - startMs) >= 1_000) ||
    shadowMode.SourceModelVariantName !== record.shadowMode.SourceModelVariantName ||
    shadowMode.ShadowModelVariants[0]?.ShadowModelVariantName !==
      record.shadowMode.ShadowModelVariants[0]?.ShadowModelVariantName;
  if (isOther)
    throw validationException(
      `Only the Description, the EndTime and the SamplingPercentage of the running inference experiment ${record.name} can be updated.`
    );
  if (samplingPct({ shadowMode }) < 0) throw validationException('SamplingPercentage must be between 0 and 100.');
  const { EndTime: end } = input.Schedule ?? {};
  const schedule = scheduleOf(end ? { EndTime: end } : undefined, { nowMs: context.clock.now(), startMs, endMs });
  return {
    ...record,
    ...schedule,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    shadowMode,
  };
}

function assertStatus(record: ExperimentRecord, allowed: readonly ExperimentRecord['status'][], verb: string): void {
  if (allowed.includes(record.status)) return;
  throw new AwsError({
    code: 'ConflictException',
    message: `Inference experiment "${record.arn}" cannot be ${verb} with status ${record.status}: it must be ${allowed.join(' or ')}.`,
  });
}

function inUse(message: string): AwsError {
  return new AwsError({ code: 'ResourceInUse', message });
}

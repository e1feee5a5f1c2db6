import type { ListDataQualityJobDefinitionsCommandInput, Tag } from '@aws-sdk/client-sagemaker';
import { arnOf } from '../sagemaker/arn';
import type { SageMakerContext } from '../sagemaker/context';
import { listPage } from '../sagemaker/listing';
import type { Handlers } from '../sagemaker/operations';
import { tagResource } from '../sagemaker/tags';
import { validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import { definitionOf } from './definition';
import type { MonitoringKind } from './kinds';
import { KINDS, kindOf } from './kinds';
import type { DefinitionOperations } from './operations';
import type { Definition, DefinitionRecord } from './records';
import { monitoringExists, monitoringNotFound } from './texts';
import { assertOffsets } from './windows';

type Input = Readonly<Record<string, unknown>> & {
  readonly JobDefinitionName: string;
  readonly Tags?: readonly Checked<Tag>[];
};

/** The sixteen operations on job definitions, made from the table of kinds. */
export function definitionHandlers(context: SageMakerContext): Handlers<keyof DefinitionOperations> {
  const made = KINDS.flatMap((kind) => Object.entries(handlersOf(context, kind)));
  // Each name is a key of the table's type, by construction: Create, Describe, List and Delete of each kind.
  return Object.fromEntries(made) as Handlers<keyof DefinitionOperations>;
}

/** Throws SageMaker's not-found text. */
export function findDefinition(
  context: SageMakerContext,
  of: { readonly type: DefinitionRecord['type']; readonly name: string }
): DefinitionRecord {
  const kind = kindOf(of.type);
  const record = context.tables.definitions.get(definitionKey(kind, of.name));
  if (!record || context.visibility.isHidden(`${of.type}JobDefinition`, of.name))
    throw monitoringNotFound('Job Definition', arnOf(context, kind.arnKind, of.name));
  return record;
}

function definitionKey({ arnKind }: MonitoringKind, name: string): string {
  return `${arnKind}/${name}`;
}

function handlersOf(context: SageMakerContext, kind: MonitoringKind): Readonly<Record<string, unknown>> {
  const { definitions } = context.tables;
  const { type } = kind;
  return {
    [`Create${type}JobDefinition`]: async ({ Tags, ...input }: Input) => {
      const name = input.JobDefinitionName;
      const arn = arnOf(context, kind.arnKind, name);
      const record = { name, arn, type, createdMs: context.clock.now(), input };
      assertDefinition(context, definitionOf(record));
      if (definitions.get(definitionKey(kind, name))) throw monitoringExists('Job Definition', arn);
      tagResource(context, arn, Tags);
      definitions.put(definitionKey(kind, name), record);
      context.visibility.created(`${type}JobDefinition`, name);
      return { JobDefinitionArn: arn };
    },

    [`Describe${type}JobDefinition`]: async ({ JobDefinitionName: name }: Input) => {
      const record = findDefinition(context, { type, name });
      return { ...record.input, JobDefinitionArn: record.arn, CreationTime: new Date(record.createdMs) };
    },

    [`List${type}JobDefinitions`]: async (input: Checked<ListDataQualityJobDefinitionsCommandInput>) => {
      const all = definitions
        .all()
        .filter((one) => one.type === type && !context.visibility.isHidden(`${type}JobDefinition`, one.name))
        .map((one) => ({ ...one, endpointName: definitionOf(one).endpoint?.EndpointName }))
        .filter(({ endpointName }) => (input.EndpointName ?? endpointName) === endpointName);
      const { page, nextToken } = listPage(all, input);
      return {
        JobDefinitionSummaries: page.map((one) => ({
          MonitoringJobDefinitionName: one.name,
          MonitoringJobDefinitionArn: one.arn,
          CreationTime: new Date(one.createdMs),
          // The model requires one, and there is none where a transform job's data is watched.
          EndpointName: one.endpointName ?? (context.knobs.batchDefinitionEndpoint === 'batch' ? 'batch' : undefined),
        })),
        NextToken: nextToken,
      };
    },

    [`Delete${type}JobDefinition`]: async ({ JobDefinitionName: name }: Input) => {
      const record = findDefinition(context, { type, name });
      const user = context.tables.schedules
        .all()
        .find(({ type: of, config }) => of === type && config.MonitoringJobDefinitionName === record.name);
      if (user)
        throw validationException(
          `Job Definition ${record.arn} cannot be deleted while the Monitoring Schedule ${user.arn} uses it.`
        );
      definitions.remove(definitionKey(kind, name));
      context.tables.tags.remove(record.arn);
      return {};
    },
  };
}

const LOCAL_ROOT = '/opt/ml/processing/';

/** What is the same for every kind and for the definition within a schedule. */
export function assertDefinition(context: SageMakerContext, definition: Definition): void {
  const { endpoint, batch, output } = definition;
  if ((endpoint === undefined) === (batch === undefined))
    throw validationException('Exactly one of EndpointInput and BatchTransformInput must be specified.');
  const input = endpoint ?? batch;
  for (const localPath of [input?.LocalPath, output.LocalPath])
    if (!`${localPath}/`.startsWith(LOCAL_ROOT) || localPath?.split('/').includes('..'))
      throw validationException(`LocalPath ${localPath} must begin with ${LOCAL_ROOT}.`);
  if (input?.S3InputMode === 'Pipe') throw validationException('S3InputMode Pipe is not implemented by this sandbox.');
  assertOffsets(input?.StartTimeOffset, input?.EndTimeOffset);
  if (endpoint && !context.tables.endpoints.get(endpoint.EndpointName))
    throw validationException(`Could not find endpoint "${arnOf(context, 'endpoint', endpoint.EndpointName)}".`);
}

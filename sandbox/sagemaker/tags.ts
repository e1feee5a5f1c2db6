import type { Tag } from '@aws-sdk/client-sagemaker';
import { resourceLimitExceeded, validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import { KINDS } from '../monitoring/kinds';
import type { SageMakerContext } from './context';
import type { Handlers } from './operations';
import type { Table } from './tables';

const MAX_TAGS = 50;

/** Tags of any resource, by its ARN. */
export function tagHandlers(context: SageMakerContext): Handlers<'AddTags' | 'ListTags' | 'DeleteTags'> {
  const { tags } = context.tables;
  return {
    AddTags: async (input) => {
      assertExists(context, input.ResourceArn);
      tagResource(context, input.ResourceArn, input.Tags);
      return { Tags: tags.get(input.ResourceArn)?.tags ?? [] };
    },

    ListTags: async (input) => {
      assertExists(context, input.ResourceArn);
      const all = tags.get(input.ResourceArn)?.tags ?? [];
      const from =
        input.NextToken === undefined ? 0 : Number(Buffer.from(input.NextToken, 'base64url').toString('utf8'));
      if (!Number.isInteger(from) || from < 0) throw validationException('Invalid pagination token.');
      const to = from + (input.MaxResults ?? MAX_TAGS);
      return {
        Tags: all.slice(from, to),
        NextToken: to < all.length ? Buffer.from(String(to)).toString('base64url') : undefined,
      };
    },

    DeleteTags: async (input) => {
      assertExists(context, input.ResourceArn);
      const left = (tags.get(input.ResourceArn)?.tags ?? []).filter((tag) => !input.TagKeys.includes(tag.Key));
      tags.put(input.ResourceArn, { tags: left });
      return {};
    },
  };
}

/** Adds tags to a resource; a key that exists takes the new value. Throws before anything is written. */
export function tagResource(context: SageMakerContext, arn: string, added: readonly Checked<Tag>[] | undefined): void {
  if (added === undefined || added.length === 0) return;
  if (new Set(added.map((tag) => tag.Key)).size < added.length)
    throw validationException('Duplicate tag keys found in the request.');
  if (added.some((tag) => tag.Key.toLowerCase().startsWith('aws:')))
    throw validationException('Tag keys that begin with aws: are reserved for AWS use.');
  const kept = (context.tables.tags.get(arn)?.tags ?? []).filter((tag) => !added.some((next) => next.Key === tag.Key));
  if (kept.length + added.length > MAX_TAGS)
    throw resourceLimitExceeded(`The account-level service limit 'Tags per resource' is ${MAX_TAGS}.`);
  context.tables.tags.put(arn, { tags: [...kept, ...added] });
}

/** A kill between the records of a resource and of its tags leaves tags alone: a resource of that name would inherit them. */
export function dropOrphanTags(context: SageMakerContext): void {
  const { tags } = context.tables;
  for (const arn of tags.keys()) if (taggedBy(context, arn)?.arn.toLowerCase() !== arn) tags.remove(arn);
}

/** The tables of what can be tagged, by the kind in the ARN. */
function taggable({
  tables,
}: SageMakerContext): Readonly<Record<string, Pick<Table<{ readonly arn: string }>, 'get'>>> {
  return {
    model: tables.models,
    'endpoint-config': tables.configs,
    endpoint: tables.endpoints,
    'model-package-group': tables.packageGroups,
    'model-package': tables.packages,
    'inference-experiment': tables.experiments,
    'transform-job': tables.transformJobs,
    'processing-job': tables.processingJobs,
    'training-job': tables.trainingJobs,
    'monitoring-schedule': tables.schedules,
    ...Object.fromEntries(
      KINDS.map(({ arnKind }) => [arnKind, { get: (name: string) => tables.definitions.get(`${arnKind}/${name}`) }])
    ),
  };
}

function assertExists(context: SageMakerContext, arn: string): void {
  if (taggedBy(context, arn)?.arn !== arn) throw validationException(`Could not find resource "${arn}".`);
}

function taggedBy(context: SageMakerContext, arn: string): { readonly arn: string } | undefined {
  const [kind = '', ...path] = arn.split(':').slice(5).join(':').split('/');
  const tables = taggable(context);
  return Object.hasOwn(tables, kind) ? tables[kind]?.get(path.join('/')) : undefined;
}

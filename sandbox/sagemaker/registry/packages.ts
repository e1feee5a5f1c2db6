import type { ListModelPackagesCommandInput } from '@aws-sdk/client-sagemaker';
import { AwsError, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import type { SageMakerContext } from '../context';
import { listPage } from '../listing';
import type { Handlers } from '../operations';
import { tagResource } from '../tags';
import { assertPackage, packageFor } from './create-package';
import { batchSummary, describePackage, summarizePackage } from './describe-package';
import { findGroup, findPackage } from './find';
import type { PackageChecks } from './package-checks';
import { writePackage } from './package-checks';
import type { PackageRecord } from './records';
import { assertUpdate, updatedPackage } from './update-package';

type Names =
  | 'CreateModelPackage'
  | 'DescribeModelPackage'
  | 'BatchDescribeModelPackage'
  | 'ListModelPackages'
  | 'UpdateModelPackage'
  | 'DeleteModelPackage';

/** Model packages: versions in a group, which need an approval, and packages of their own, which do not. */
export function packageHandlers(context: SageMakerContext, checks: PackageChecks): Handlers<Names> {
  const { packages, packageGroups, tags } = context.tables;
  return {
    CreateModelPackage: async (input) => {
      await assertPackage(context, input);
      const { record, isNew } = packageFor(context, input);
      if (isNew) {
        tagResource(context, record.arn, input.Tags);
        writePackage(context, record);
        context.visibility.created('ModelPackage', record.id);
        checks.begin(record);
      }
      return { ModelPackageArn: record.arn };
    },

    DescribeModelPackage: async (input) =>
      describePackage(context, findPackage(context, input.ModelPackageName), input.IncludedData),

    BatchDescribeModelPackage: async (input) => {
      const answers = input.ModelPackageArnList.map((arn) => [arn, batchEntry(context, arn)] as const);
      const summaries = answers.flatMap(([arn, entry]) => ('error' in entry ? [] : [[arn, entry.summary] as const]));
      const errors = answers.flatMap(([arn, entry]) => ('error' in entry ? [[arn, entry.error] as const] : []));
      return {
        ModelPackageSummaries: Object.fromEntries(summaries),
        BatchDescribeModelPackageErrorMap: errors.length > 0 ? Object.fromEntries(errors) : undefined,
      };
    },

    ListModelPackages: async (input) => {
      const { NameContains: part = '', ...rest } = input;
      const shown = matching(context, input).filter(
        (record) => nameOf(record).includes(part) && !context.visibility.isHidden('ModelPackage', record.id)
      );
      const { page, nextToken } = listPage(
        shown.map((record) => ({ record, name: placeOf(record), createdMs: record.createdMs })),
        { SortOrder: 'Ascending', ...rest }
      );
      return { ModelPackageSummaryList: page.map(({ record }) => summarizePackage(record)), NextToken: nextToken };
    },

    UpdateModelPackage: async (input) => {
      await assertUpdate(context, input);
      const record = updatedPackage(context, input);
      if (packages.get(record.id) !== record) writePackage(context, record);
      return { ModelPackageArn: record.arn };
    },

    DeleteModelPackage: async (input) => {
      const record = findPackage(context, input.ModelPackageName);
      const group = record.group && packageGroups.get(record.group.name);
      if (record.group && group) {
        const highestDeleted = Math.max(group.highestDeleted ?? 0, record.group.version);
        // Written first: after a kill between the two the number is still taken, by the package itself.
        packageGroups.put(group.name, { ...group, highestDeleted });
      }
      packages.remove(record.id);
      tags.remove(record.arn);
      context.journal.record({ kind: 'modelPackage', resource: record.id, from: record.status, to: 'gone' });
      return {};
    },
  };
}

function matching(context: SageMakerContext, input: Checked<ListModelPackagesCommandInput>): readonly PackageRecord[] {
  const group = input.ModelPackageGroupName === undefined ? undefined : findGroup(context, input.ModelPackageGroupName);
  const type = input.ModelPackageType ?? (group ? 'Versioned' : 'Unversioned');
  return context.tables.packages
    .all()
    .filter(
      (record) =>
        (!group || record.group?.name === group.name) &&
        (type === 'Both' || (type === 'Versioned') === (record.group !== undefined)) &&
        (input.ModelApprovalStatus === undefined || record.approval === input.ModelApprovalStatus)
    );
}

function nameOf(record: PackageRecord): string {
  return record.group?.name ?? record.id;
}

/** By name, and of one name by version. */
function placeOf(record: PackageRecord): string {
  return record.group ? `${record.group.name}/${String(record.group.version).padStart(9, '0')}` : record.id;
}

function batchEntry(context: SageMakerContext, arn: string) {
  try {
    const summary = batchSummary(findPackage(context, arn));
    if (!summary) throw validationException(`ModelPackage ${arn} is not a version with an InferenceSpecification.`);
    return { summary };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { error: { ErrorCode: error.code, ErrorResponse: error.message } };
  }
}

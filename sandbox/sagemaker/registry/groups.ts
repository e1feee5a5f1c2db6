import { AwsError, notImplemented, validationException } from '../../wire/errors';
import { arnOf } from '../arn';
import type { SageMakerContext } from '../context';
import { listPage } from '../listing';
import type { Handlers } from '../operations';
import { tagResource } from '../tags';
import { callerOf, findGroup, versionsOf } from './find';
import type { PackageGroupRecord } from './records';

type Names =
  | 'CreateModelPackageGroup'
  | 'DescribeModelPackageGroup'
  | 'ListModelPackageGroups'
  | 'DeleteModelPackageGroup'
  | 'PutModelPackageGroupPolicy'
  | 'GetModelPackageGroupPolicy'
  | 'DeleteModelPackageGroupPolicy';

/** Groups of model packages, whose versions are numbered from 1, and their policies, which are kept and not enforced. */
export function packageGroupHandlers(context: SageMakerContext): Handlers<Names> {
  const { packageGroups: groups } = context.tables;
  return {
    CreateModelPackageGroup: async (input) => {
      const name = input.ModelPackageGroupName;
      const arn = arnOf(context, 'model-package-group', name);
      if (groups.get(name)) throw validationException(`Model Package Group already exists: ${arn}`);
      if (input.ManagedConfiguration) throw notImplemented('ManagedConfiguration');
      tagResource(context, arn, input.Tags);
      const description = input.ModelPackageGroupDescription;
      groups.put(name, {
        ...{ name, arn, createdMs: context.clock.now() },
        ...(description === undefined ? {} : { description }),
      });
      context.visibility.created('ModelPackageGroup', name);
      return { ModelPackageGroupArn: arn };
    },

    DescribeModelPackageGroup: async (input) => ({
      ...summary(findGroup(context, input.ModelPackageGroupName)),
      CreatedBy: callerOf(context),
    }),

    ListModelPackageGroups: async (input) => {
      const isOurs = input.CrossAccountFilterOption !== 'CrossAccount';
      const shown = groups
        .all()
        .filter(({ name }) => isOurs && !context.visibility.isHidden('ModelPackageGroup', name));
      const { page, nextToken } = listPage(shown, { SortOrder: 'Ascending', ...input });
      return { ModelPackageGroupSummaryList: page.map(summary), NextToken: nextToken };
    },

    DeleteModelPackageGroup: async (input) => {
      const group = findGroup(context, input.ModelPackageGroupName);
      const left = versionsOf(context, group).length;
      if (left > 0)
        throw new AwsError({
          code: 'ConflictException',
          message: `Model Package Group cannot be deleted: ${group.arn} still contains ${left} Model Package(s).`,
        });
      groups.remove(group.name);
      context.tables.tags.remove(group.arn);
      return {};
    },

    PutModelPackageGroupPolicy: async (input) => {
      const group = findGroup(context, input.ModelPackageGroupName);
      assertPolicy(input.ResourcePolicy);
      groups.put(group.name, { ...group, policy: input.ResourcePolicy });
      return { ModelPackageGroupArn: group.arn };
    },

    GetModelPackageGroupPolicy: async (input) => ({ ResourcePolicy: policyOf(context, input.ModelPackageGroupName) }),

    DeleteModelPackageGroupPolicy: async (input) => {
      policyOf(context, input.ModelPackageGroupName);
      const { policy: _gone, ...group } = findGroup(context, input.ModelPackageGroupName);
      groups.put(group.name, group);
      return {};
    },
  };
}

function summary(group: PackageGroupRecord) {
  return {
    ModelPackageGroupName: group.name,
    ModelPackageGroupArn: group.arn,
    ModelPackageGroupDescription: group.description,
    CreationTime: new Date(group.createdMs),
    ModelPackageGroupStatus: 'Completed' as const,
  };
}

/** Terraform knows a group without a policy by the beginning of this text. */
function policyOf(context: SageMakerContext, name: string): string {
  const { policy, arn } = findGroup(context, name);
  if (policy === undefined) throw validationException(`Cannot find resource policy for: ${arn}`);
  return policy;
}

function assertPolicy(policy: string): void {
  try {
    const parsed: unknown = JSON.parse(policy);
    if (typeof parsed === 'object' && parsed !== null && 'Statement' in parsed) return;
  } catch {
    // Refused below, as a policy without statements is.
  }
  throw validationException('Invalid resource policy: it must be a JSON policy document with a Statement.');
}

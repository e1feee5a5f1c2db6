import { validationException } from '../../wire/errors';
import { arnOf } from '../arn';
import type { SageMakerContext } from '../context';
import type { PackageGroupRecord, PackageRecord } from './records';

/** Who SageMaker says made a thing: the one identity that every caller of the sandbox has. */
export function callerOf({ accountId }: { readonly accountId: string }) {
  return { IamIdentity: { Arn: `arn:aws:iam::${accountId}:user/sandbox`, PrincipalId: 'AIDASANDBOXSANDBOXAA' } };
}

/** Finds a group by name or ARN. Throws SageMaker's not-found text, by whose end clients know it. */
export function findGroup(context: SageMakerContext, nameOrArn: string): PackageGroupRecord {
  const { name, arn } = addressOf(context, 'model-package-group', nameOrArn);
  const group = context.tables.packageGroups.get(name);
  if (!group || !isSame(group.arn, arn) || context.visibility.isHidden('ModelPackageGroup', group.name))
    throw validationException(`ModelPackageGroup ${arn} does not exist.`);
  return group;
}

/** Finds a package by name, `group/n` or ARN. Throws SageMaker's not-found text. */
export function findPackage(context: SageMakerContext, nameOrArn: string): PackageRecord {
  const { name: id, arn } = addressOf(context, 'model-package', nameOrArn);
  const found = context.tables.packages.get(id);
  if (!found || !isSame(found.arn, arn) || context.visibility.isHidden('ModelPackage', found.id))
    throw validationException(`ModelPackage ${arn} does not exist.`);
  return found;
}

/** The versions of a group, lowest first. */
export function versionsOf(context: SageMakerContext, group: PackageGroupRecord): readonly PackageRecord[] {
  return context.tables.packages
    .all()
    .filter((one) => one.group?.name === group.name)
    .sort((a, b) => (a.group?.version ?? 0) - (b.group?.version ?? 0));
}

function addressOf(context: SageMakerContext, kind: 'model-package-group' | 'model-package', nameOrArn: string) {
  if (!nameOrArn.startsWith('arn:')) return { name: nameOrArn, arn: arnOf(context, kind, nameOrArn) };
  const name = nameOrArn.split(':').slice(5).join(':');
  return { name: name.slice(name.indexOf('/') + 1), arn: nameOrArn };
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

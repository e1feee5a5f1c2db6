import type { CreateModelPackageCommandInput, UpdateModelPackageCommandInput } from '@aws-sdk/client-sagemaker';
import { AwsError, notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import { arnOf } from '../arn';
import type { SageMakerContext } from '../context';
import { findGroup, versionsOf } from './find';
import type { PackageRecord } from './records';
import { changeableOf } from './records';
import { assertSpecification, assertUniqueNames } from './specification';

type Input = Checked<CreateModelPackageCommandInput>;

/** Refuses what SageMaker refuses of a request by itself. Throws ValidationException. */
export async function assertPackage(context: SageMakerContext, input: Input): Promise<void> {
  assertOneKind(input);
  refuseUnimplemented(input);
  assertModelCard(input.ModelCard?.ModelCardContent);
  assertUniqueNames(input.AdditionalInferenceSpecifications ?? []);
  const specifications = [input.InferenceSpecification, ...(input.AdditionalInferenceSpecifications ?? [])];
  for (const one of specifications) if (one) await assertSpecification(context, one);
}

/**
 * The record that a request makes, or the one that an earlier request with its token made. Nothing is written, and nothing may happen
 * between this and writing it, or two requests get one version. Throws ValidationException, and ConflictException for a token that
 * came with another request.
 */
export function packageFor(
  context: SageMakerContext,
  input: Input
): { readonly record: PackageRecord; readonly isNew: boolean } {
  const { Tags: _kept, ...kept } = input;
  const earlier = input.ClientToken === undefined ? undefined : madeWith(context, input.ClientToken);
  if (earlier) {
    if (askedOf(earlier.input) !== askedOf(kept)) throw tokenReused();
    return { record: earlier, isNew: false };
  }
  const { id, group } = identityOf(context, input);
  const arn = arnOf(context, 'model-package', id);
  if (context.tables.packages.get(id)) throw validationException(`Model Package already exists: ${arn}`);
  const approval = group ? (input.ModelApprovalStatus ?? 'PendingManualApproval') : undefined;
  const state = {
    // A version needs no scan and no validation; a package of its own is looked at first.
    status: group && context.knobs.versionStatus === 'completed' ? 'Completed' : 'Pending',
    ...(approval === undefined ? {} : { approval }),
  } as const;
  const createdMs = context.clock.now();
  const history = [{ atMs: createdMs, ...state, changed: [] }];
  const record = {
    ...{ id, arn, createdMs, ...state, history, input: kept, changeable: changeableOf(input), updates: [] },
    ...(group ? { group } : {}),
  };
  return { record, isNew: true };
}

export function tokenReused(): AwsError {
  const message = 'The ClientToken was used before, with other parameters.';
  return new AwsError({ code: 'ConflictException', message });
}

/** What a request asks for, in a form that can be compared. */
export function askedOf(input: Omit<Input, 'Tags'> | Checked<UpdateModelPackageCommandInput>): string {
  return JSON.stringify(Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Throws ValidationException for a model card that is not JSON; its schema is not checked. */
export function assertModelCard(content: string | undefined): void {
  if (content === undefined) return;
  try {
    JSON.parse(content);
  } catch {
    throw validationException('ModelCardContent must be valid JSON.');
  }
}

function madeWith(context: SageMakerContext, token: string): PackageRecord | undefined {
  return context.tables.packages.all().find(({ input }) => input.ClientToken === token);
}

function assertOneKind(input: Input): void {
  const { ModelPackageName: name, ModelPackageGroupName: group, InferenceSpecification: specification } = input;
  if (name !== undefined && group !== undefined)
    throw validationException(
      'Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine which one to use.'
    );
  if (name === undefined && group === undefined) throw validationException('Missing ARN.');
  if (group !== undefined) {
    if (input.Tags && input.Tags.length > 0)
      throw validationException('Tags are not supported for versioned model packages: tag the Model Package Group.');
    if (input.CertifyForMarketplace)
      throw validationException('CertifyForMarketplace is not supported for versioned model packages.');
    return;
  }
  if (input.ModelApprovalStatus)
    throw validationException('ModelApprovalStatus is not supported for unversioned model packages.');
  if (!specification && !input.SourceAlgorithmSpecification)
    throw validationException(
      'Either InferenceSpecification or SourceAlgorithmSpecification must be specified for an unversioned model package.'
    );
  if (
    specification &&
    !(specification.SupportedTransformInstanceTypes && specification.SupportedRealtimeInferenceInstanceTypes)
  )
    throw validationException(
      'SupportedTransformInstanceTypes and SupportedRealtimeInferenceInstanceTypes must be specified for an unversioned model package.'
    );
}

function refuseUnimplemented(input: Input): void {
  if (input.SourceAlgorithmSpecification) throw notImplemented('SourceAlgorithmSpecification');
  if (input.ValidationSpecification) throw notImplemented('ValidationSpecification');
  if (input.CertifyForMarketplace) throw notImplemented('CertifyForMarketplace');
  if (input.ManagedStorageType) throw notImplemented('ManagedStorageType');
  if (input.SourceUri?.startsWith('arn:') && !input.InferenceSpecification)
    throw notImplemented('A model package from the ARN in SourceUri alone');
}

function identityOf(context: SageMakerContext, input: Input): Pick<PackageRecord, 'id' | 'group'> {
  if (input.ModelPackageGroupName === undefined) return { id: input.ModelPackageName ?? '' };
  const group = findGroup(context, input.ModelPackageGroupName);
  const latest = versionsOf(context, group).at(-1)?.group?.version ?? 0;
  const highestDeleted = context.knobs.versionNumbers === 'reused' ? 0 : (group.highestDeleted ?? 0);
  const version = Math.max(latest, highestDeleted) + 1;
  return { id: `${group.name}/${version}`, group: { name: group.name, version } };
}

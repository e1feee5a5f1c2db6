import type { UpdateModelPackageCommandInput } from '@aws-sdk/client-sagemaker';
import { notImplemented, validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import type { SageMakerContext } from '../context';
import { askedOf, assertModelCard, tokenReused } from './create-package';
import { findPackage } from './find';
import type { PackageRecord } from './records';
import { assertSpecification, assertUniqueNames } from './specification';

type Input = Checked<UpdateModelPackageCommandInput>;

const MAX_PROPERTIES = 50;
/** A retry comes soon after; older tokens are forgotten. */
const KEPT_TOKENS = 50;

/** Refuses what SageMaker refuses of an update by itself. Throws ValidationException. */
export async function assertUpdate(context: SageMakerContext, input: Input): Promise<void> {
  assertModelCard(input.ModelCard?.ModelCardContent);
  const specifications = [input.InferenceSpecification, ...(input.AdditionalInferenceSpecificationsToAdd ?? [])];
  for (const one of specifications) if (one) await assertSpecification(context, one);
}

/**
 * The record after an update, or the same record for a repeated token. Nothing is written, and nothing may happen between this and
 * writing it. Throws ValidationException and ConflictException.
 */
export function updatedPackage(context: SageMakerContext, input: Input): PackageRecord {
  const record = findPackage(context, input.ModelPackageArn);
  const { ClientToken: token } = input;
  const asked = askedOf(input);
  const earlier = record.updates.find((update) => update.token === token);
  if (earlier) {
    if (earlier.asked !== asked) throw tokenReused();
    return record;
  }
  if (!record.group && (input.ModelApprovalStatus !== undefined || input.ApprovalDescription !== undefined))
    throw validationException(`ModelApprovalStatus is not supported for the unversioned model package ${record.arn}.`);
  if (input.SourceUri?.startsWith('arn:') && !record.changeable.InferenceSpecification && !input.InferenceSpecification)
    throw notImplemented('A model package from the ARN in SourceUri alone');
  const changeable = changed(record, input);
  const atMs = context.clock.now();
  const approval = input.ModelApprovalStatus ?? record.approval;
  const approvalDescription = input.ApprovalDescription ?? record.approvalDescription;
  const state = {
    status: record.status,
    ...(approval === undefined ? {} : { approval }),
    ...(approvalDescription === undefined ? {} : { approvalDescription }),
  };
  const names = Object.keys(input).filter((name) => name !== 'ModelPackageArn' && name !== 'ClientToken');
  return {
    ...record,
    ...state,
    changeable,
    modifiedMs: atMs,
    history: [...record.history, { atMs, ...state, changed: names }],
    updates: token === undefined ? record.updates : [...record.updates, { token, asked }].slice(-KEPT_TOKENS),
  };
}

function changed({ changeable }: PackageRecord, input: Input): PackageRecord['changeable'] {
  const added = input.AdditionalInferenceSpecificationsToAdd ?? [];
  const additional = [...(changeable.AdditionalInferenceSpecifications ?? []), ...added];
  assertUniqueNames(additional);
  const gone = new Set(input.CustomerMetadataPropertiesToRemove);
  const properties = Object.fromEntries(
    Object.entries({ ...changeable.CustomerMetadataProperties, ...input.CustomerMetadataProperties }).filter(
      ([key]) => !gone.has(key)
    )
  );
  if (Object.keys(properties).length > MAX_PROPERTIES)
    throw validationException(`CustomerMetadataProperties cannot have more than ${MAX_PROPERTIES} entries.`);
  return {
    ModelPackageRegistrationType: input.ModelPackageRegistrationType ?? changeable.ModelPackageRegistrationType,
    InferenceSpecification: input.InferenceSpecification ?? changeable.InferenceSpecification,
    AdditionalInferenceSpecifications: additional.length > 0 ? additional : undefined,
    CustomerMetadataProperties: Object.keys(properties).length > 0 ? properties : undefined,
    SourceUri: input.SourceUri ?? changeable.SourceUri,
    ModelCard: input.ModelCard ? { ...changeable.ModelCard, ...input.ModelCard } : changeable.ModelCard,
    ModelLifeCycle: input.ModelLifeCycle ?? changeable.ModelLifeCycle,
  };
}

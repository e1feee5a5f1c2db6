import type {
  BatchDescribeModelPackageSummary,
  DescribeModelPackageCommandOutput,
  IncludedData,
  ModelPackageSummary,
} from '@aws-sdk/client-sagemaker';
import type { Knobs } from '../../knobs/knobs';
import type { Answered } from '../../wire/types';
import { callerOf } from './find';
import type { PackageRecord } from './records';

/** How DescribeModelPackage shows a record. `MetadataOnly` leaves out what a model card says. */
export function describePackage(
  account: { readonly accountId: string; readonly knobs: Pick<Knobs, 'versionName'> },
  record: PackageRecord,
  included: IncludedData | undefined
): Answered<DescribeModelPackageCommandOutput> {
  const { ClientToken: _token, ModelPackageGroupName: _group, ...input } = record.input;
  const { ModelCard: card, ...changeable } = record.changeable;
  return {
    ...input,
    ...changeable,
    ...common(record),
    ModelPackageName: nameOf(account.knobs, record),
    ModelPackageStatusDetails: statusDetails(record),
    CertifyForMarketplace: record.group ? false : (input.CertifyForMarketplace ?? false),
    ApprovalDescription: record.approvalDescription,
    CreatedBy: callerOf(account),
    LastModifiedTime: record.modifiedMs === undefined ? undefined : new Date(record.modifiedMs),
    LastModifiedBy: record.modifiedMs === undefined ? undefined : callerOf(account),
    ModelCard: card && included === 'MetadataOnly' ? { ...card, ModelCardContent: undefined } : card,
  };
}

export function summarizePackage(record: PackageRecord): Answered<ModelPackageSummary> {
  return {
    ...common(record),
    ModelPackageName: record.group ? undefined : record.id,
    ModelPackageRegistrationType: record.changeable.ModelPackageRegistrationType,
    ModelLifeCycle: record.changeable.ModelLifeCycle,
  };
}

/** `undefined` for a package that has no specification yet: the model requires one. */
export function batchSummary(record: PackageRecord): Answered<BatchDescribeModelPackageSummary> | undefined {
  const { InferenceSpecification: specification, ModelPackageRegistrationType: type } = record.changeable;
  if (!specification || !record.group) return undefined;
  return {
    ...common(record),
    ModelPackageGroupName: record.group.name,
    InferenceSpecification: specification,
    ModelPackageRegistrationType: type,
  };
}

function nameOf({ versionName }: Pick<Knobs, 'versionName'>, { group, id }: PackageRecord): string | undefined {
  if (!group) return id;
  return versionName === 'groupName' ? group.name : undefined;
}

function common(record: PackageRecord) {
  return {
    ModelPackageGroupName: record.group?.name,
    ModelPackageVersion: record.group?.version,
    ModelPackageArn: record.arn,
    ModelPackageDescription: record.input.ModelPackageDescription,
    CreationTime: new Date(record.createdMs),
    ModelPackageStatus: record.status,
    ModelApprovalStatus: record.approval,
  };
}

function statusDetails({ group, id, status }: PackageRecord) {
  if (group) return { ValidationStatuses: [], ImageScanStatuses: [] };
  const scan = status === 'Pending' ? 'NotStarted' : status === 'InProgress' ? 'InProgress' : 'Completed';
  return { ValidationStatuses: [], ImageScanStatuses: [{ Name: id, Status: scan }] } as const;
}

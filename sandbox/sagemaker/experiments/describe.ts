import type {
  DescribeInferenceExperimentCommandOutput,
  InferenceExperimentSummary,
  ModelVariantStatus,
} from '@aws-sdk/client-sagemaker';
import type { Answered } from '../../wire/types';
import type { EndpointRecord } from '../records';
import type { ExperimentRecord } from './records';
import { variantNames } from './records';

/** How DescribeInferenceExperiment shows a record beside its endpoint as it is now. */
export function describeExperiment(
  record: ExperimentRecord,
  endpoint: EndpointRecord | undefined
): Answered<DescribeInferenceExperimentCommandOutput> {
  return {
    ...summarizeExperiment(record),
    Arn: record.arn,
    EndpointMetadata: {
      EndpointName: record.endpointName,
      EndpointConfigName: endpoint?.live.blueprint.configName,
      EndpointStatus: endpoint?.status,
      FailureReason: endpoint?.failureReason,
    },
    ModelVariants: record.variants.map((variant) => ({ ...variant, Status: statusOf(record, variant.VariantName) })),
    DataStorageConfig: record.dataStorage,
    ShadowModeConfig: record.shadowMode,
    KmsKey: record.kmsKey,
  };
}

export function summarizeExperiment(record: ExperimentRecord): Answered<InferenceExperimentSummary> {
  return {
    Name: record.name,
    Type: 'ShadowMode',
    Schedule: { StartTime: new Date(record.startMs), EndTime: new Date(record.endMs) },
    Status: record.status,
    StatusReason: record.statusReason,
    Description: record.description,
    CreationTime: new Date(record.createdMs),
    CompletionTime: record.completedMs === undefined ? undefined : new Date(record.completedMs),
    LastModifiedTime: new Date(record.modifiedMs),
    RoleArn: record.roleArn,
  };
}

function statusOf(record: ExperimentRecord, name: string): ModelVariantStatus {
  const isShadow = name === variantNames(record).shadow;
  const isRemoved = record.ending?.removed.includes(name) ?? false;
  switch (record.status) {
    case 'Creating':
    case 'Created':
      return isShadow ? 'Creating' : 'InService';
    case 'Starting':
      return isShadow ? 'Creating' : 'Updating';
    case 'Updating':
      return isShadow && !record.configs ? 'Creating' : isShadow ? 'Updating' : 'InService';
    case 'Running':
      return 'InService';
    case 'Stopping':
      return isRemoved ? 'Deleting' : 'Updating';
    case 'Completed':
    case 'Cancelled':
      return isRemoved || (isShadow && !record.configs) ? 'Deleted' : 'InService';
  }
}

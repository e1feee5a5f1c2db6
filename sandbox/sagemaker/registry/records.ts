import type {
  CreateModelPackageCommandInput,
  ModelApprovalStatus,
  ModelPackageStatus,
} from '@aws-sdk/client-sagemaker';
import type { Checked } from '../../wire/types';

export interface PackageGroupRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly description?: string;
  /** The highest version that was deleted: numbers are not given twice. */
  readonly highestDeleted?: number;
  /** JSON, as it was put. */
  readonly policy?: string;
}

/** What UpdateModelPackage can change. */
type Changeable = Pick<
  Checked<CreateModelPackageCommandInput>,
  | 'ModelPackageRegistrationType'
  | 'InferenceSpecification'
  | 'AdditionalInferenceSpecifications'
  | 'CustomerMetadataProperties'
  | 'SourceUri'
  | 'ModelCard'
  | 'ModelLifeCycle'
>;

/** One state that a package was in, as an event on AWS's event bus tells it. */
export interface PackageEvent {
  readonly atMs: number;
  readonly status: ModelPackageStatus;
  readonly approval?: ModelApprovalStatus;
  readonly approvalDescription?: string;
  /** Members that the call changed; empty for the first state and for steps of SageMaker's own. */
  readonly changed: readonly string[];
}

export interface PackageRecord {
  /** The key: the name of an unversioned package, `group/n` of a versioned one. */
  readonly id: string;
  readonly arn: string;
  readonly group?: { readonly name: string; readonly version: number };
  readonly createdMs: number;
  readonly modifiedMs?: number;
  readonly status: ModelPackageStatus;
  readonly approval?: ModelApprovalStatus;
  readonly approvalDescription?: string;
  /** The request that made it, without its tags. */
  readonly input: Omit<Checked<CreateModelPackageCommandInput>, 'Tags'>;
  readonly changeable: Changeable;
  /** All states, oldest first. */
  readonly history: readonly PackageEvent[];
  /** Tokens of the latest updates with what they asked, so that one that is repeated late is not done twice. */
  readonly updates: readonly { readonly token: string; readonly asked: string }[];
}

/** The part of a request that UpdateModelPackage can change later. */
export function changeableOf(input: Checked<CreateModelPackageCommandInput>): Changeable {
  return {
    ModelPackageRegistrationType: input.ModelPackageRegistrationType,
    InferenceSpecification: input.InferenceSpecification,
    AdditionalInferenceSpecifications: input.AdditionalInferenceSpecifications,
    CustomerMetadataProperties: input.CustomerMetadataProperties,
    SourceUri: input.SourceUri,
    ModelCard: input.ModelCard,
    ModelLifeCycle: input.ModelLifeCycle,
  };
}

import type {
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  DeploymentConfig,
  EndpointStatus,
  Tag,
  VariantStatus,
} from '@aws-sdk/client-sagemaker';
import type { Blueprint } from '../fleet/blueprint';
import type { Checked } from '../wire/types';

/** A model or configuration is immutable: its record is the request that made it. */
export interface ModelRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly input: Checked<CreateModelCommandInput>;
  /** The same with what its model packages say, where it names some: packages may change and go under a model. */
  readonly resolved?: Checked<CreateModelCommandInput>;
}

export interface ConfigRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly input: Checked<CreateEndpointConfigCommandInput>;
}

/** Where a variant stands within a deployment. */
export interface VariantStage {
  readonly status: VariantStatus;
  readonly message?: string;
  readonly startMs: number;
}

export interface VariantState {
  readonly name: string;
  readonly currentWeight: number;
  readonly desiredWeight: number;
  readonly currentCount: number;
  readonly desiredCount: number;
  readonly isShadow?: true;
  readonly stage?: VariantStage;
}

export interface Deployment {
  readonly blueprint: Blueprint;
  readonly variants: readonly VariantState[];
  /** When the images were resolved, that is when the deployment began. */
  readonly startMs: number;
}

/** An update that has not ended: the endpoint keeps its live deployment until the traffic has moved for good. */
export interface PendingUpdate extends Deployment {
  readonly config?: Checked<DeploymentConfig>;
}

/**
 * An endpoint with all that is needed to bring it back after a restart. `Creating` has a live deployment that does not serve yet;
 * `Updating` with `pending` is a configuration change, without it a change of weights or counts, which the variants' desired values say.
 */
export interface EndpointRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly status: EndpointStatus;
  readonly failureReason?: string;
  readonly live: Deployment;
  readonly pending?: PendingUpdate;
  /** After a rollback that failed: the new deployment as far as it still runs, with its share of the traffic. */
  readonly mixed?: { readonly deployment: Deployment; readonly share: number };
  readonly lastDeploymentConfig?: Checked<DeploymentConfig>;
}

export interface TagsRecord {
  readonly tags: readonly Checked<Tag>[];
}

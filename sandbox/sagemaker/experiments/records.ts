import type {
  InferenceExperimentDataStorageConfig,
  InferenceExperimentStatus,
  ModelVariantConfig,
  ShadowModeConfig,
} from '@aws-sdk/client-sagemaker';
import type { Checked } from '../../wire/types';
import type { ConfigRecord } from '../records';

/** How an experiment ends: by its schedule, by a call, or because it cannot go on. */
export interface Ending {
  readonly state: 'Completed' | 'Cancelled';
  readonly reason?: string;
  /** The configuration that the endpoint gets; without it the endpoint stays as it is. */
  readonly config?: ConfigRecord;
  /** Variants that are not there afterwards. */
  readonly removed: readonly string[];
  /** How the variants run that stay. */
  readonly variants: readonly Checked<ModelVariantConfig>[];
}

/** An inference experiment with all that is needed to carry on with it after a restart. */
export interface ExperimentRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly completedMs?: number;
  readonly status: InferenceExperimentStatus;
  readonly statusReason?: string;
  readonly description?: string;
  readonly roleArn: string;
  readonly kmsKey?: string;
  readonly endpointName: string;
  readonly variants: readonly Checked<ModelVariantConfig>[];
  readonly shadowMode: Checked<ShadowModeConfig>;
  readonly dataStorage?: Checked<InferenceExperimentDataStorageConfig>;
  /** When it starts or has started, and when it ends or has ended, by the sandbox's clock. */
  readonly startMs: number;
  readonly endMs: number;
  /** Once it starts: what the endpoint had, kept whole, and what it gets. */
  readonly configs?: { readonly original: ConfigRecord; readonly shadow: ConfigRecord };
  /** The endpoint has taken the update that the present status is about. */
  readonly isAsked?: true;
  /** While it stops, and afterwards. */
  readonly ending?: Ending;
}

export const OVER: readonly InferenceExperimentStatus[] = ['Completed', 'Cancelled'];

/** The names of its two variants. Creating one was refused unless it has exactly one shadow. */
export function variantNames({ shadowMode }: Pick<ExperimentRecord, 'shadowMode'>): {
  readonly production: string;
  readonly shadow: string;
} {
  const [shadow] = shadowMode.ShadowModelVariants;
  return { production: shadowMode.SourceModelVariantName, shadow: shadow?.ShadowModelVariantName ?? '' };
}

export function samplingPct({ shadowMode }: Pick<ExperimentRecord, 'shadowMode'>): number {
  return shadowMode.ShadowModelVariants[0]?.SamplingPercentage ?? 0;
}

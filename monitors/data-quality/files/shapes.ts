import type { Bucket } from '../kll/ranks';
import type { InferredType } from '../state/kinds';

/** SageMaker Model Monitor's `statistics.json`. */
export interface Statistics {
  readonly version: number;
  readonly dataset: { readonly item_count: number };
  readonly features: readonly FeatureStatistics[];
}

export interface FeatureStatistics {
  readonly name: string;
  readonly inferred_type: InferredType;
  readonly numerical_statistics?: NumericalStatistics;
  readonly string_statistics?: StringStatistics;
}

export interface Presence {
  readonly num_present: number;
  readonly num_missing: number;
}

export interface NumericalStatistics {
  readonly common: Presence;
  readonly mean: number;
  readonly sum: number;
  readonly std_dev: number;
  readonly min: number;
  readonly max: number;
  readonly distribution?: {
    readonly kll: {
      readonly buckets: readonly Bucket[];
      readonly sketch?: {
        readonly parameters: { readonly c: number; readonly k: number };
        readonly data: readonly (readonly number[])[];
      };
    };
  };
}

export interface StringStatistics {
  readonly common: Presence;
  readonly distinct_count: number;
  readonly distribution?: {
    readonly categorical: { readonly buckets: readonly { readonly value: string; readonly count: number }[] };
  };
}

/** SageMaker Model Monitor's `constraints.json`. */
export interface Constraints {
  readonly version: number;
  readonly features: readonly FeatureConstraints[];
  readonly monitoring_config: MonitoringConfig;
}

export interface FeatureConstraints {
  readonly name: string;
  readonly inferred_type: InferredType;
  readonly completeness: number;
  readonly num_constraints?: { readonly is_non_negative?: boolean };
  readonly string_constraints?: { readonly domains?: readonly string[] };
  readonly monitoringConfigOverrides?: Partial<MonitoringConfig>;
}

export interface MonitoringConfig {
  readonly evaluate_constraints: Switch;
  readonly emit_metrics: Switch;
  /** Least share of values of the baseline's type. */
  readonly datatype_check_threshold: number;
  /** Least share of values in the domain. */
  readonly domain_content_threshold: number;
  readonly distribution_constraints: DistributionConstraints;
}

export interface DistributionConstraints {
  readonly perform_comparison: Switch;
  readonly comparison_threshold: number;
  readonly comparison_method: 'Simple' | 'Robust';
  readonly categorical_comparison_threshold?: number;
  readonly categorical_drift_method?: 'LInfinity' | 'ChiSquared';
}

export type Switch = 'Enabled' | 'Disabled';

/** SageMaker Model Monitor's `constraint_violations.json`. */
export interface Violations {
  readonly violations: readonly {
    readonly feature_name: string;
    readonly constraint_check_type: string;
    readonly description: string;
  }[];
}

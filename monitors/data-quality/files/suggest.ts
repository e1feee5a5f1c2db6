import type { ColumnProfile } from '../profile/profile';
import type { Constraints, FeatureConstraints, MonitoringConfig } from './shapes';

/** What baselines of Model Monitor really contain (its guide states other defaults, 0.1, for the two shares). */
export const GENERATED_CONFIG: MonitoringConfig = {
  evaluate_constraints: 'Enabled',
  emit_metrics: 'Enabled',
  datatype_check_threshold: 1.0,
  domain_content_threshold: 1.0,
  distribution_constraints: {
    perform_comparison: 'Enabled',
    comparison_threshold: 0.1,
    comparison_method: 'Robust',
    categorical_comparison_threshold: 0.1,
    categorical_drift_method: 'LInfinity',
  },
};

/** Deequ takes a column for categories when at most a tenth of its different values occurred only once. */
const MOST_SINGLETONS = 0.1;

/** `constraints.json`: what held in the baseline is asked of what comes. */
export function suggestConstraints(profiles: readonly ColumnProfile[]): Constraints {
  return { version: 0, features: profiles.map(suggest), monitoring_config: GENERATED_CONFIG };
}

function suggest({ name, inferred, present, rows, moments, categories }: ColumnProfile): FeatureConstraints {
  const common = { name, inferred_type: inferred, completeness: rows > 0 ? present / rows : 1 };
  if (moments) return { ...common, num_constraints: { is_non_negative: moments.min >= 0 } };
  const once = categories?.filter(({ count }) => count === 1).length ?? 0;
  const isDomain = categories !== null && categories.length > 0 && once / categories.length <= MOST_SINGLETONS;
  return isDomain
    ? { ...common, string_constraints: { domains: categories.map(({ value }) => value).sort() } }
    : common;
}

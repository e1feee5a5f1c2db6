import type { Check, Json } from './types';

/** A number as CloudWatch takes it. */
export interface PublishedMetric {
  readonly MetricName: string;
  readonly Value?: number;
  readonly StatisticValues?: Readonly<Record<'SampleCount' | 'Sum' | 'Minimum' | 'Maximum', number>>;
}

/**
 * Numbers of data and of model quality by Model Monitor's names: drift, features, and metrics, where asked for with their standard deviations.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-cloudwatch.html
 */
export function dataMetrics({
  checks,
  statistics,
  withDeviations,
}: {
  readonly checks: readonly Check[];
  readonly statistics: Json | null;
  readonly withDeviations: boolean;
}): readonly PublishedMetric[] {
  return [...checks.flatMap(driftOf), ...featuresOf(statistics), ...qualitiesOf(statistics, withDeviations)];
}

function driftOf({ subject, check, value }: Check): readonly PublishedMetric[] {
  return check === 'baseline_drift_check' && value !== null
    ? [{ MetricName: `feature_baseline_drift_${subject}`, Value: value }]
    : [];
}

function featuresOf(statistics: Json | null): readonly PublishedMetric[] {
  const features = listOf(recordOf(statistics)['features']);
  return features.flatMap((feature) => {
    const { name, numerical_statistics: numerical, string_statistics: text } = recordOf(feature);
    if (typeof name !== 'string') return [];
    const numbers = recordOf(numerical);
    const present = numberOf(recordOf(numbers['common'] ?? recordOf(text)['common'])['num_present']);
    const nonNull = present === null ? [] : [{ MetricName: `feature_non_null_${name}`, Value: present }];
    const sum = numberOf(numbers['sum']);
    const min = numberOf(numbers['min']);
    const max = numberOf(numbers['max']);
    if (present === null || present === 0 || sum === null || min === null || max === null) return nonNull;
    const StatisticValues = { SampleCount: present, Sum: sum, Minimum: min, Maximum: max };
    return [...nonNull, { MetricName: `feature_data_${name}`, StatisticValues }];
  });
}

/** `{ "…_metrics": { "accuracy": { "value": …, "standard_deviation": … } } }` */
function qualitiesOf(statistics: Json | null, withDeviations: boolean): readonly PublishedMetric[] {
  return Object.entries(recordOf(statistics))
    .filter(([name]) => name.endsWith('_metrics'))
    .flatMap(([, metrics]) => Object.entries(recordOf(metrics)))
    .flatMap(([MetricName, metric]) => {
      const value = numberOf(recordOf(metric)['value']);
      const deviation = numberOf(recordOf(metric)['standard_deviation']);
      if (value === null) return [];
      const own: PublishedMetric = { MetricName, Value: value };
      return deviation === null || !withDeviations
        ? [own]
        : [own, { MetricName: `${MetricName}_stdev`, Value: deviation }];
    });
}

function recordOf(value: Json | undefined | null): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

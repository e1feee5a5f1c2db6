import { baselineScores } from './attribution/artefacts';
import { fromAnalysis } from './bias/artefacts';
import { publishedValue } from './bias/published';
import { listOf, recordOf } from './json';
import type { Artefacts, Check, Json, MonitorKind } from './types';

/** A number as CloudWatch takes it. */
export interface PublishedMetric {
  readonly MetricName: string;
  readonly Value?: number;
  readonly StatisticValues?: Readonly<Record<'SampleCount' | 'Sum' | 'Minimum' | 'Maximum', number>>;
  /** Beside `Endpoint` and `MonitoringSchedule`. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/**
 * Numbers of a window by the names of Model Monitor and Clarify; none for kinds that they do not have. Errors are not published, as there.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-cloudwatch.html, …/clarify-model-monitor-bias-drift-cw.html,
 * …/clarify-feature-attribute-drift-cw.html
 */
export function metricsOf(
  kind: MonitorKind,
  found: {
    readonly checks: readonly Check[];
    readonly artefacts: Artefacts;
    /** Standard deviations of model quality beside its metrics, as `<metric>_stdev`. */
    readonly withDeviations: boolean;
  }
): readonly PublishedMetric[] {
  const { checks, artefacts, withDeviations } = found;
  switch (kind) {
    case 'dataQuality':
      return [...checks.flatMap(driftOf), ...featuresOf(artefacts['statistics.json'])];
    case 'modelQuality':
      return qualitiesOf(artefacts['statistics.json'], withDeviations);
    case 'bias':
      return biasOf(artefacts['analysis.json']);
    case 'attribution':
      return [...attributionsOf(artefacts['analysis.json']), ...checks.flatMap(orderOf)];
    case 'conceptDrift':
    case 'business':
    case 'system':
      return [];
  }
}

function driftOf({ subject, check, value }: Check): readonly PublishedMetric[] {
  return check === 'baseline_drift_check' && value !== null
    ? [{ MetricName: `feature_baseline_drift_${subject}`, Value: value }]
    : [];
}

function featuresOf(statistics: Json | undefined): readonly PublishedMetric[] {
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
function qualitiesOf(statistics: Json | undefined, withDeviations: boolean): readonly PublishedMetric[] {
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

const BIAS_STAGES = { pre_training: 'Pre-training', post_training: 'Post-Training' } as const;

function biasOf(analysis: Json | undefined): readonly PublishedMetric[] {
  return fromAnalysis(analysis).metrics.flatMap(
    ({ stage, label, labelValue, column, valueOrThreshold, name, value }) =>
      value === null || Number.isNaN(value)
        ? []
        : [
            {
              MetricName: `bias_metric_${name}`,
              Value: publishedValue(value),
              dimensions: {
                BiasStage: BIAS_STAGES[stage],
                ...{ Label: label, LabelValue: labelValue, Facet: column, FacetValue: valueOrThreshold },
              },
            },
          ]
  );
}

const KERNEL_SHAP = { ExplainabilityMethod: 'KernelShap' } as const;

function attributionsOf(analysis: Json | undefined): readonly PublishedMetric[] {
  return baselineScores(analysis).flatMap(({ label, scores, expected }) => [
    ...scores.map(([feature, Value]) => ({
      MetricName: `feature_${feature}`,
      Value,
      dimensions: { ...KERNEL_SHAP, Label: label, ValueType: 'GlobalShapValues' },
    })),
    {
      MetricName: 'ExpectedValue',
      Value: expected,
      dimensions: { ...KERNEL_SHAP, Label: label, ValueType: 'ExpectedValue' },
    },
  ]);
}

/** Clarify publishes no drift of attributions; the name is ours. */
function orderOf({ subject, check, value }: Check): readonly PublishedMetric[] {
  return check === 'feature_attribution_drift_check' && value !== null
    ? [{ MetricName: 'ndcg', Value: value, dimensions: { ...KERNEL_SHAP, Label: subject } }]
    : [];
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

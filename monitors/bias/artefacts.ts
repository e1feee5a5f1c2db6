import type { Json } from '../types';
import type { FacetMeasured, Measured } from './analyse';
import { isRecord } from './option-reader';
import type { BiasOptions } from './options';
import type { BiasStage } from './metrics';
import type { Told } from './state';

/** JSON has no infinity; Clarify writes `"Infinity"`. */
export const jsonNumber = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** The number behind either form; null for anything else. */
export const numberOfJson = (found: Json | undefined): number | null =>
  typeof found === 'number' ? found : found === 'Infinity' ? Infinity : found === '-Infinity' ? -Infinity : null;

const STAGES = { pre_training: 'pre_training_bias_metrics', post_training: 'post_training_bias_metrics' } as const;

/** Clarify's `analysis.json`, which is also what its monitors take for constraints. */
export function toAnalysis(
  facets: readonly FacetMeasured[],
  { options, labelName }: { readonly options: BiasOptions; readonly labelName: string }
): Json {
  const stages = (['pre_training', 'post_training'] as const).filter(
    (stage) => (stage === 'pre_training' ? options.preTraining : options.postTraining).length > 0
  );
  const label = options.label ?? options.predicted ?? options.probability?.column ?? '';
  return {
    version: '1.0',
    ...Object.fromEntries(
      stages.map((stage) => [
        STAGES[stage],
        { label, label_value_or_threshold: labelName, facets: facetsOf(facets, stage) },
      ])
    ),
  };
}

function facetsOf(facets: readonly FacetMeasured[], stage: BiasStage): Json {
  const byColumn: Record<string, Json[]> = {};
  for (const { column, valueOrThreshold, metrics } of facets)
    (byColumn[column] ??= []).push({
      value_or_threshold: valueOrThreshold,
      metrics: metrics.filter((metric) => metric.stage === stage).map(metricOf),
    });
  return byColumn;
}

const metricOf = ({ name, description, value, error }: Measured): Json =>
  value === null ? { name, description, error: error ?? '' } : { name, description, value: jsonNumber(value) };

/** One metric of a baseline. */
export interface BaselineMetric {
  readonly stage: BiasStage;
  /** The label's column, and which of its values is the good one. */
  readonly label: string;
  readonly labelValue: string;
  readonly column: string;
  readonly valueOrThreshold: string;
  readonly name: string;
  readonly value: number | null;
}

/** Reads an `analysis.json`, ours or Clarify's; what it does not understand it leaves out. */
export function fromAnalysis(analysis: Json | undefined): {
  readonly metrics: readonly BaselineMetric[];
  readonly told: Told;
} {
  const metrics: BaselineMetric[] = [];
  const told: { label: string | null; facets: Record<string, string[]> } = { label: null, facets: {} };
  for (const [stage, key] of Object.entries(STAGES) as [BiasStage, string][]) {
    const part = isRecord(analysis) ? analysis[key] : undefined;
    if (!isRecord(part) || !isRecord(part['facets'])) continue;
    const [label, labelValue] = [part['label'], part['label_value_or_threshold']];
    if (typeof labelValue === 'string') told.label = labelValue;
    for (const [column, values] of Object.entries(part['facets'])) {
      for (const one of Array.isArray(values) ? (values as readonly Json[]) : []) {
        if (!isRecord(one) || typeof one['value_or_threshold'] !== 'string') continue;
        const valueOrThreshold = one['value_or_threshold'];
        const names = (told.facets[column] ??= []);
        if (!names.includes(valueOrThreshold)) names.push(valueOrThreshold);
        for (const metric of Array.isArray(one['metrics']) ? (one['metrics'] as readonly Json[]) : [])
          if (isRecord(metric) && typeof metric['name'] === 'string')
            metrics.push({
              stage,
              label: typeof label === 'string' ? label : '',
              labelValue: typeof labelValue === 'string' ? labelValue : '',
              column,
              valueOrThreshold,
              name: metric['name'],
              value: numberOfJson(metric['value']),
            });
      }
    }
  }
  return { metrics, told };
}

/** Clarify's `constraint_violations.json`. */
export function toViolations(
  found: readonly {
    readonly column: string;
    readonly valueOrThreshold: string;
    readonly name: string;
    readonly value: number;
  }[]
): Json {
  return {
    version: '1.0',
    violations: found.map(({ column, valueOrThreshold, name, value }) => ({
      facet: column,
      facet_value: valueOrThreshold,
      metric_name: name,
      constraint_check_type: 'bias_drift_check',
      description: `Value ${jsonNumber(value)} does not meet the constraint requirement`,
    })),
  };
}

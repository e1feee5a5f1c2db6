import type { MonitorSpec, PlainJson } from '../spec/types';
import type { MonitoredSpec, MonitorJobs } from './monitoring-types';

type Options = Readonly<Record<string, PlainJson>>;
type MonitoredColumn = NonNullable<MonitorSpec['columns']>[number];

/** Monitors whose baseline is made of the training data before a rollout. Attributions need the model itself, which then is not hosted yet. */
export const TRAINED_BASELINE: readonly MonitorSpec['kind'][] = ['dataQuality', 'modelQuality', 'bias', 'conceptDrift'];

const PREDICTION = 'prediction';

/**
 * The monitor's options with what the rest of the file says already: where labels arrive, what the model answers, which column is the truth.
 * What the monitor's own `options` say wins.
 */
export function optionsFor(monitor: Pick<MonitorSpec, 'kind' | 'options'>, of: MonitoredSpec): Options {
  return { ...known(monitor.kind, of), ...monitor.options };
}

/** The same for a baseline, whose data carry their truth in a column. */
export function baselineOptions(monitor: Pick<MonitorSpec, 'kind' | 'options'>, of: MonitoredSpec): Options {
  const { label } = of.baseline.data ?? {};
  const { groundTruth: _, ...options } = optionsFor(monitor, of);
  if (label === undefined) return options;
  switch (monitor.kind) {
    case 'dataQuality': {
      // The truth is no part of what is captured.
      const given = options['exclude'];
      const excluded: readonly PlainJson[] = Array.isArray(given) ? (given as readonly PlainJson[]) : [];
      return { ...options, exclude: [...excluded, label] };
    }
    case 'modelQuality':
    case 'conceptDrift':
      return { label, ...options };
    default:
      return options;
  }
}

function known(kind: MonitorSpec['kind'], { baseline, groundTruth }: MonitoredSpec): Options {
  const { label, problem, prediction = PREDICTION } = baseline.data ?? {};
  switch (kind) {
    case 'modelQuality':
    case 'conceptDrift':
      return {
        ...(problem !== undefined && { problem }),
        ...(groundTruth !== undefined && { groundTruth: groundTruth.from }),
        prediction,
      };
    case 'bias':
      return { ...(label !== undefined && { label }), predicted_label: prediction };
    default:
      return {};
  }
}

/** Where columns stand in captured requests and answers: as the monitor says, else as the file's `schema` does; null: as they come. */
export function columnsOf(
  monitor: Pick<MonitorSpec, 'kind' | 'columns'>,
  of: MonitoredSpec
): readonly MonitoredColumn[] | null {
  if (monitor.columns !== undefined) return monitor.columns;
  const { prediction, facets = {} } = of.schema;
  if (monitor.kind === 'dataQuality' || prediction?.startsWith('$') !== true) return null;
  const { prediction: name = PREDICTION } = of.baseline.data ?? {};
  const inputs = Object.entries(facets).map(([facet, path]): MonitoredColumn => ({ name: facet, from: 'input', path }));
  return [{ name, from: 'output', path: prediction }, ...inputs];
}

/** A dataset as a monitor reads it: its ending tells how it is written. */
export function datasetAsData(dataset: string): {
  readonly kind: 'objects';
  readonly uris: readonly string[];
  readonly format: 'csv' | 'jsonl' | 'parquet';
} {
  const ending = /\.(jsonl|parquet)$/.exec(dataset)?.[1];
  return { kind: 'objects', uris: [dataset], format: ending === 'jsonl' || ending === 'parquet' ? ending : 'csv' };
}

/** How the Processing jobs of a monitor are made. */
export function jobsOf(
  { name, instance, image }: Pick<MonitorSpec, 'name' | 'instance' | 'image'>,
  { endpoint, aws, groundTruth, schema }: Pick<MonitoredSpec, 'endpoint' | 'aws' | 'groundTruth' | 'schema'>
): MonitorJobs {
  return {
    ...{ endpoint, monitor: name, roleArn: aws.role, instanceType: instance.type },
    ...{ instanceCount: instance.count, tags: aws.tags },
    ...(image !== undefined && { image }),
    ...(groundTruth !== undefined && { groundTruth: groundTruth.from }),
    ...(schema.prediction !== undefined && { answer: schema.prediction }),
  };
}

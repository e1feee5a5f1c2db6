import type { Json, OptionProblem } from '../types';
import type { BootstrapPlan } from './bootstrap';
import { DEFAULT_BOOTSTRAP } from './bootstrap';
import { POST_TRAINING, PRE_TRAINING } from './metrics';
import type { MetricName } from './metrics';
import { ConfigReader } from './option-reader';

/** A column of whose values some are the disadvantaged; null values: each value against all others. */
export interface Facet {
  readonly column: string;
  /** Categories, or one threshold that a number must exceed; which of both, the data decide as Clarify's do. */
  readonly values: readonly string[] | null;
}

/** Which of Clarify's two rules of drift decides; the report says what the other would have. */
export type DriftRule = 'interval' | 'point';

export interface BiasOptions {
  readonly label: string | null;
  /** Positive categories, or one threshold. */
  readonly positive: readonly string[];
  readonly facets: readonly Facet[];
  readonly group: string | null;
  /** The model's answer: a label, or with `probability` a number that is positive above the threshold. */
  readonly predicted: string | null;
  readonly probability: { readonly column: string; readonly threshold: number } | null;
  readonly preTraining: readonly MetricName[];
  readonly postTraining: readonly MetricName[];
  /** Columns that the flip test leaves out, beside the facet, the labels and the join source. */
  readonly excluded: readonly string[];
  readonly bootstrap: BootstrapPlan;
  readonly rule: DriftRule;
  /** Rows of each side of a facet, below which nothing is concluded. */
  readonly leastRows: number;
  /** Rows that the flip test looks at. */
  readonly flipRows: number;
}

const KNOWN = [
  ...['version', 'dataset_type', 'headers', 'label', 'label_values_or_threshold', 'facet', 'group_variable'],
  ...['predicted_label', 'probability', 'probability_threshold', 'features', 'joinsource_name_or_index'],
  ...['excluded_columns', 'methods', 'predictor', 'seed', 'resamples', 'level', 'rule', 'leastRows', 'flipRows'],
];

/**
 * Reads Clarify's `analysis_config.json`, with some words of ours: `seed`, `resamples`, `level`, `rule`, `leastRows`, `flipRows`. Columns are
 * names, or positions in `headers`.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
 */
export function parseBiasOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: BiasOptions } | { readonly problems: readonly OptionProblem[] } {
  const read = new ConfigReader(raw, KNOWN);
  const headers = read.cells('headers') ?? [];
  const column = (option: string, found: Json | undefined): string | null => read.column(option, found, headers);
  const label = column('label', raw['label']);
  const predicted = column('predicted_label', raw['predicted_label']);
  const probabilityColumn = column('probability', raw['probability']);
  const facets = read.list('facet').flatMap((one, i) => facetOf(read, { one, i, column }));
  const methods = read.record('methods');
  const wants = (stage: 'pre_training_bias' | 'post_training_bias') => methods === undefined || stage in methods;
  const options: BiasOptions = {
    label,
    positive: read.cells('label_values_or_threshold') ?? [],
    facets,
    group: column('group_variable', raw['group_variable']),
    predicted,
    probability:
      probabilityColumn === null
        ? null
        : { column: probabilityColumn, threshold: read.number('probability_threshold', { low: 0, high: 1 }) ?? 0.5 },
    preTraining:
      label !== null && wants('pre_training_bias')
        ? metricsOf(read, PRE_TRAINING, { found: methods?.['pre_training_bias'], option: 'methods.pre_training_bias' })
        : [],
    postTraining:
      predicted !== null || probabilityColumn !== null
        ? wants('post_training_bias')
          ? metricsOf(read, POST_TRAINING, {
              found: methods?.['post_training_bias'],
              option: 'methods.post_training_bias',
            })
          : []
        : [],
    excluded: [
      ...(read.cells('excluded_columns') ?? []),
      ...[column('joinsource_name_or_index', raw['joinsource_name_or_index'])].filter((one) => one !== null),
    ],
    bootstrap: {
      seed: read.whole('seed', 0) ?? DEFAULT_BOOTSTRAP.seed,
      resamples: read.whole('resamples', 100) ?? DEFAULT_BOOTSTRAP.resamples,
      level: read.number('level', { low: 0.5, high: 0.9999 }) ?? DEFAULT_BOOTSTRAP.level,
    },
    rule: read.choice('rule', ['interval', 'point']) ?? 'interval',
    leastRows: read.whole('leastRows', 1) ?? 30,
    flipRows: read.whole('flipRows', 10) ?? 2_000,
  };
  expectWhole(read, options);
  return read.problems.length === 0 ? { options } : { problems: read.problems };
}

function facetOf(
  read: ConfigReader,
  p: {
    readonly one: Json;
    readonly i: number;
    readonly column: (option: string, found: Json | undefined) => string | null;
  }
): readonly Facet[] {
  const option = `facet[${p.i}]`;
  const found = read.asRecord(option, p.one);
  if (found === undefined) return [];
  const column = p.column(`${option}.name_or_index`, found['name_or_index']);
  if (column === null) {
    read.problem(`${option}.name_or_index`, 'it is missing', 'Name the column of the facet.');
    return [];
  }
  return [{ column, values: read.cellsOf(`${option}.value_or_threshold`, found['value_or_threshold']) ?? null }];
}

function metricsOf(
  read: ConfigReader,
  all: readonly MetricName[],
  { found, option }: { readonly found: Json | undefined; readonly option: string }
): readonly MetricName[] {
  if (found === undefined) return all;
  const methods = read.asRecord(option, found)?.['methods'] ?? 'all';
  if (methods === 'all') return all;
  const names = read.cellsOf(`${option}.methods`, methods) ?? [];
  for (const name of names)
    if (!all.some((known) => known === name))
      read.problem(`${option}.methods`, `${name} is no metric of this stage`, `Use "all", or of ${all.join(', ')}.`);
  return all.filter((known) => names.includes(known));
}

/** What single options cannot show: whether together they say what to count. */
function expectWhole(read: ConfigReader, options: BiasOptions): void {
  const { label, positive, facets, predicted, probability } = options;
  if (facets.length === 0)
    read.problem(
      'facet',
      'no facet is given',
      'Write for example facet: [{ name_or_index: sex, value_or_threshold: ["2"] }].'
    );
  if (label === null && predicted === null && probability === null)
    read.problem(
      'label',
      'neither a label nor a prediction is given',
      'Name the column of `label`, `predicted_label` or `probability`.'
    );
  if (positive.length === 0 && (label !== null || predicted !== null))
    read.problem(
      'label_values_or_threshold',
      'it is missing, so no label is known to be positive',
      'Write the positive labels, such as ["1"], or one threshold.'
    );
}

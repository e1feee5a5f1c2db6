import { ConfigReader, isRecord } from '../bias/option-reader';
import type { Json, OptionProblem } from '../types';
import type { Aggregate } from './ndcg';

/** Rows for "not known": given ones, or so many centres of the data (k-prototypes; k-means where all is numeric). */
export type BaselineChoice =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'clusters'; readonly clusters: number };

export interface AttributionOptions {
  /** Columns that are no features. */
  readonly excluded: readonly string[];
  /** Explained by its words instead of by columns. */
  readonly text: { readonly column: string; readonly mask: string } | null;
  readonly baseline: BaselineChoice;
  /** Rows that are explained: those with the smallest digests, which any sharding finds the same. */
  readonly rows: number;
  /** Rows that the model may be asked, for all of them together. */
  readonly calls: number;
  readonly samples: number | null;
  readonly seed: number;
  readonly aggregate: Aggregate;
  readonly useLogit: boolean;
  readonly saveLocal: boolean;
  /** Names of the model's outputs; `label0`, … without. */
  readonly labels: readonly string[];
  /** Smallest NDCG that is no drift. */
  readonly threshold: number;
  readonly resamples: number;
  readonly level: number;
}

const KNOWN = [
  ...['version', 'dataset_type', 'headers', 'label', 'predicted_label', 'probability', 'excluded_columns', 'methods'],
  ...['joinsource_name_or_index', 'predictor', 'features', 'rows', 'calls', 'threshold', 'resamples', 'level', 'seed'],
];

const AGGREGATES = ['mean_abs', 'median', 'mean_sq'] as const;

/**
 * Reads Clarify's `analysis_config.json`, its part about SHAP, with some words of ours: `rows`, `calls`, `threshold`, `resamples`, `level`, `seed`.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
 */
export function parseAttributionOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: AttributionOptions } | { readonly problems: readonly OptionProblem[] } {
  const read = new ConfigReader(raw, KNOWN);
  const headers = read.cells('headers') ?? [];
  const shap = read.record('methods')?.['shap'];
  const given = isRecord(shap) ? shap : {};
  const inner = new ConfigReader(given, [
    ...['baseline', 'num_clusters', 'num_samples', 'seed', 'agg_method', 'use_logit', 'save_local_shap_values'],
    'text_config',
  ]);
  const predictor = read.record('predictor');
  const columns = (['label', 'predicted_label', 'probability', 'joinsource_name_or_index'] as const).flatMap(
    (option) => read.column(option, raw[option], headers) ?? []
  );
  const text = textOf(inner, given['text_config']);
  const baseline = baselineOf(inner, given);
  const options: AttributionOptions = {
    excluded: [...(read.cells('excluded_columns') ?? []), ...columns],
    text,
    baseline,
    rows: read.whole('rows', 5) ?? 200,
    calls: read.whole('calls', 100) ?? 200_000,
    samples: inner.whole('num_samples', 2) ?? null,
    seed: inner.whole('seed', 0) ?? read.whole('seed', 0) ?? 1,
    aggregate: inner.choice('agg_method', AGGREGATES) ?? 'mean_abs',
    useLogit: given['use_logit'] === true,
    saveLocal: given['save_local_shap_values'] === true,
    labels: read.cellsOf('predictor.label_headers', predictor?.['label_headers']) ?? [],
    threshold: read.number('threshold', { low: 0, high: 1 }) ?? 0.9,
    resamples: read.whole('resamples', 100) ?? 1_000,
    level: read.number('level', { low: 0.5, high: 0.9999 }) ?? 0.95,
  };
  const problems = [
    ...read.problems,
    ...inner.problems.map((one) => ({ ...one, option: `methods.shap.${one.option}` })),
  ];
  return problems.length === 0 ? { options } : { problems };
}

function textOf(read: ConfigReader, found: Json | undefined): AttributionOptions['text'] {
  if (found === undefined) return null;
  const given = read.asRecord('text_config', found);
  const column = given?.['column'];
  if (typeof column === 'string') return { column, mask: typeof given?.['mask'] === 'string' ? given['mask'] : '' };
  read.problem('text_config', 'it names no column', 'Write for example { column: review_body }.');
  return null;
}

function baselineOf(read: ConfigReader, given: Readonly<Record<string, Json>>): BaselineChoice {
  const rows = given['baseline'];
  if (rows === undefined) return { kind: 'clusters', clusters: Math.min(12, read.whole('num_clusters', 1) ?? 1) };
  const list: readonly Json[] = Array.isArray(rows) ? (rows as readonly Json[]) : [];
  const cells = list.map((row) => (Array.isArray(row) ? read.cellsOf('baseline', row as Json) : undefined));
  if (cells.length > 0 && cells.every((row) => row !== undefined)) return { kind: 'rows', rows: cells };
  read.problem('baseline', 'it is no list of rows', 'Write for example [[35, "private", 40]], or num_clusters.');
  return { kind: 'clusters', clusters: 1 };
}

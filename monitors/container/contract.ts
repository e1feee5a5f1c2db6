import path from 'node:path';
import type { ReadOptions } from '../data/types';
import type { Json, MonitorKind } from '../types';
import type { Place } from './place';
import { at, jsonFile } from './place';
import { isRecord } from '../../spec/is-record';

/** What Model Monitor's analyzer, or Clarify's, is asked to do, as one of our monitors. */
export interface Asked {
  readonly monitor: MonitorKind;
  readonly options: Readonly<Record<string, Json>>;
  readonly reading: Omit<ReadOptions, 'sources'>;
  readonly dataDir: string;
  readonly outputDir: string;
  /** `constraints.json` and `statistics.json`, or `analysis.json` of Clarify's baselines. */
  readonly baseline: Readonly<Record<string, string>>;
  /** Column that gets the labels that a merge has put beside captured records; null where the data have their own. */
  readonly mergedLabel: string | null;
}

type Environment = Place['env'];

/** SageMaker judges whatever there is, by its own thresholds: no minimum of rows, no interval, no memory. */
const AS_SAGEMAKER: Readonly<Partial<Record<MonitorKind, (env: Environment) => Readonly<Record<string, Json>>>>> = {
  dataQuality: (env) => ({
    minRows: 1,
    falseAlarmProbability: null,
    multivariate: false,
    ...(env['exclude_features_attribute'] && { exclude: env['exclude_features_attribute'].split(',') }),
  }),
  modelQuality: (env) => ({
    ...{ rule: 'point', leastRows: 1 },
    ...(env['problem_type'] && { problem: env['problem_type'] }),
    ...columnOption('prediction', env['inference_attribute'] ?? (env['probability_attribute'] ? undefined : '0')),
    ...columnOption('probability', env['probability_attribute']),
    ...(env['ground_truth_attribute'] && { label: env['ground_truth_attribute'] }),
    ...(env['probability_threshold_attribute'] && {
      probabilityThreshold: Number(env['probability_threshold_attribute']),
    }),
    ...(env['positive_label'] && { positiveLabel: env['positive_label'] }),
  }),
  bias: () => ({ rule: 'point', leastRows: 1 }),
  attribution: () => ({}),
};

const BY_ANALYSIS: Readonly<Record<string, MonitorKind>> = {
  DATA_QUALITY: 'dataQuality',
  MODEL_QUALITY: 'modelQuality',
  MODEL_BIAS: 'bias',
  MODEL_EXPLAINABILITY: 'attribution',
};

/**
 * Reads the environment of the container. Rejects with RangeError for what it cannot do.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
 */
export async function askedOf(place: Place): Promise<Asked> {
  const { env } = place;
  const config = await analysisConfig(place);
  const analysis = env['analysis_type'] ?? (config ? clarifyAnalysis(config) : 'DATA_QUALITY');
  const monitor = BY_ANALYSIS[analysis];
  if (!monitor)
    throw new RangeError(`analysis_type is ${analysis}; this analyzer knows ${Object.keys(BY_ANALYSIS).join(', ')}.`);
  for (const script of ['record_preprocessor_script', 'post_analytics_processor_script'])
    if (env[script]) throw new RangeError(`${script} is a Python program, which this analyzer does not run.`);
  const captured = config ? capturedColumns(env, config) : {};
  const options = { ...AS_SAGEMAKER[monitor]?.(env), ...config, ...captured.options };
  const known = ['constraints', 'statistics'].flatMap((name) => {
    const file = env[`baseline_${name}`];
    return file === undefined ? [] : [[`${name}.json`, at(place, file)] as const];
  });
  return {
    ...{ monitor, options },
    reading: { ...readingOf(env, config), ...captured.names },
    mergedLabel: captured.mergedLabel ?? null,
    dataDir: at(place, env['dataset_source'] ?? '/opt/ml/processing/input/data'),
    outputDir: at(place, env['output_path'] ?? '/opt/ml/processing/output'),
    baseline: Object.fromEntries(known),
  };
}

/** The answer's column of captured records, where Clarify's configuration names none. */
const ANSWER = 'predicted_label';

/**
 * How Clarify's configuration meets captured records: the answer comes first, `headers` name what was asked, and labels are where a merge has put
 * them. Nothing of it for plain data.
 */
function capturedColumns(
  env: Environment,
  config: Readonly<Record<string, Json>>
): {
  readonly options?: Readonly<Record<string, Json>>;
  readonly names?: Pick<ReadOptions, 'names'>;
  readonly mergedLabel?: string;
} {
  const format = env['dataset_format'] ?? '';
  if (!/sagemaker(Capture|Merge)Json/.test(format)) return {};
  const { label, headers, predicted_label: told } = config;
  const attribute = env['inference_attribute'];
  // Of JSON the answer has a name of its own.
  const named = attribute === undefined || /^\d+$/.test(attribute) ? undefined : keyOf(attribute);
  const isTable = Array.isArray(headers);
  const answer = isTable || named === undefined ? (typeof told === 'string' ? told : ANSWER) : named;
  const isMerged = format.includes('sagemakerMergeJson') && typeof label === 'string';
  return {
    // Where the answer is called as the label is, it has to make room.
    options: { predicted_label: isMerged && answer === label ? ANSWER : answer },
    ...(isTable && {
      names: { names: [answer, ...headers.map(String).filter((name) => name !== label && name !== answer)] },
    }),
    ...(isMerged && { mergedLabel: label }),
  };
}

/** Clarify's `analysis_config.json`, where the environment, or Clarify's own place for it, has one. */
async function analysisConfig(place: Place): Promise<Readonly<Record<string, Json>> | undefined> {
  const file = place.env['analysis_config'] ?? '/opt/ml/processing/input/config/analysis_config.json';
  const value = await jsonFile(at(place, file));
  if (value === undefined) return undefined;
  if (!isRecord(value)) throw new RangeError(`${path.posix.basename(file)} must hold an object.`);
  return value as Readonly<Record<string, Json>>;
}

/** An analysis of Clarify without a monitor around it is one of bias, unless it asks for SHAP alone. */
function clarifyAnalysis(config: Readonly<Record<string, Json>>): string {
  const { methods } = config;
  const asksBias = isRecord(methods) && ('pre_training_bias' in methods || 'post_training_bias' in methods);
  return !asksBias && isRecord(methods) && 'shap' in methods ? 'MODEL_EXPLAINABILITY' : 'MODEL_BIAS';
}

function readingOf(env: Environment, config: Readonly<Record<string, Json>> | undefined): Asked['reading'] {
  const format: unknown = env['dataset_format'] === undefined ? undefined : JSON.parse(env['dataset_format']);
  const headers = config?.['headers'];
  const names = Array.isArray(headers) ? { names: headers.map(String) } : {};
  const kind = isRecord(format) ? Object.keys(format)[0] : clarifyFormat(config?.['dataset_type']);
  const how = isRecord(format) && kind !== undefined ? format[kind] : undefined;
  const position = isRecord(how) ? how['output_columns_position'] : undefined;
  const outputPosition: Pick<ReadOptions, 'outputPosition'> =
    position === 'END' || position === 'START' ? { outputPosition: position } : {};
  switch (kind) {
    case 'csv':
      // Clarify's CSV has headers where its configuration names none.
      return { format: 'csv', hasHeader: isRecord(how) ? how['header'] === true : headers === undefined, ...names };
    case 'json':
      return { format: 'jsonl', ...names };
    case 'parquet':
      return { format: 'parquet' };
    case undefined:
    case 'sagemakerCaptureJson':
    case 'sagemakerMergeJson':
      return { format: 'capture', ...names, ...outputPosition, ...windowOf(env) };
    default:
      throw new RangeError(`dataset_format is ${env['dataset_format']}, which this analyzer does not read.`);
  }
}

function clarifyFormat(type: Json | undefined): string | undefined {
  if (type === undefined) return undefined;
  if (type === 'text/csv') return 'csv';
  if (type === 'application/jsonlines') return 'json';
  if (type === 'application/x-parquet') return 'parquet';
  throw new RangeError(`dataset_type is ${JSON.stringify(type)}, which this analyzer does not read.`);
}

function windowOf(env: Environment): Pick<ReadOptions, 'window'> {
  const fromMs = Date.parse(env['start_time'] ?? '');
  const toMs = Date.parse(env['end_time'] ?? '');
  return Number.isNaN(fromMs) || Number.isNaN(toMs) ? {} : { window: { fromMs, toMs } };
}

/** A column by its number among the outputs, which come first, or by its name. */
function columnOption(option: string, attribute: string | undefined): Readonly<Record<string, Json>> {
  if (!attribute) return {};
  return { [option]: /^\d+$/.test(attribute) ? `_c${attribute}` : keyOf(attribute) };
}

/** The name at the end of a path into an answer: records are taken apart down to it. */
function keyOf(attribute: string): string {
  return /([^.[\]]+)(?:\[\d+\])*$/.exec(attribute)?.[1] ?? attribute;
}

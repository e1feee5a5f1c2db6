import { FailureError } from '../../sagemaker/faults';
import type { Json } from '../../monitors/types';
import { foreignKind } from './model-monitor-kinds';
import type { JobTask } from './types';

/** Where the images find what they read; the folders of AWS's own SDK. */
export const MODEL_MONITOR_PLACES = {
  captures: '/opt/ml/processing/input/endpoint',
  dataset: '/opt/ml/processing/input/data',
  groundTruth: '/opt/ml/processing/groundtruth',
  config: '/opt/ml/processing/input/config',
  output: '/opt/ml/processing/output',
  constraints: '/opt/ml/processing/baseline/constraints',
  statistics: '/opt/ml/processing/baseline/stats',
} as const;

export const CONFIG_FILE = 'analysis_config.json';

/** Where the container of a task finds its data. */
export function dataPlace({ data }: Pick<JobTask, 'data'>): string {
  return data.kind === 'captures' ? MODEL_MONITOR_PLACES.captures : MODEL_MONITOR_PLACES.dataset;
}

/**
 * What an image is told. Numbers go to CloudWatch from here, by window and with the same names, so that the job publishes none. Clarify is told of a
 * dataset by its configuration alone.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
 */
export function modelMonitorEnvironment(
  task: JobTask,
  { isMerged }: { readonly isMerged: boolean }
): Record<string, string> {
  const { data, window, baseline, jobs } = task;
  const { output, constraints, statistics, config } = MODEL_MONITOR_PLACES;
  const { analysis, constraints: file, image } = foreignKind(task);
  if (image === 'clarify' && data.kind === 'objects') return {};
  const exclude = excludedColumns(task);
  return {
    dataset_format: JSON.stringify(formatOf(task, isMerged)),
    dataset_source: dataPlace(task),
    output_path: output,
    publish_cloudwatch_metrics: 'Disabled',
    ...(analysis !== undefined && { analysis_type: analysis }),
    ...(image === 'clarify' && { analysis_config: `${config}/${CONFIG_FILE}` }),
    ...(data.kind === 'captures' && { sagemaker_endpoint_name: jobs.endpoint }),
    ...(window && { start_time: seconds(window.fromMs), end_time: seconds(window.toMs) }),
    ...(baseline !== null && { baseline_constraints: `${constraints}/${file}` }),
    ...(baseline !== null &&
      task.monitor === 'dataQuality' && { baseline_statistics: `${statistics}/statistics.json` }),
    ...(exclude.length > 0 && { exclude_features_attribute: exclude.join(',') }),
    ...qualityEnvironment(task),
    ...(image === 'clarify' && { inference_attribute: answerAttribute(task) }),
  };
}

/** What the job that joins labels is told: the same window of the same records. */
export function mergeEnvironment(task: JobTask): Record<string, string> {
  const { window, jobs } = task;
  return {
    dataset_format: JSON.stringify(captureFormat),
    dataset_source: MODEL_MONITOR_PLACES.captures,
    ground_truth_source: MODEL_MONITOR_PLACES.groundTruth,
    output_path: MODEL_MONITOR_PLACES.output,
    monitoring_input_type: 'ENDPOINT_INPUT',
    sagemaker_endpoint_name: jobs.endpoint,
    ...(window && { start_time: seconds(window.fromMs), end_time: seconds(window.toMs) }),
  };
}

function qualityEnvironment(task: JobTask): Record<string, string> {
  if (task.monitor !== 'modelQuality') return {};
  const { problem, prediction, probability, threshold } = qualityAttributes(task);
  const { label, positiveLabel } = task.options;
  return {
    ...(problem !== undefined && { problem_type: problem }),
    ...(prediction !== undefined && { inference_attribute: prediction }),
    ...(probability !== undefined && { probability_attribute: probability }),
    ...(threshold !== undefined && { probability_threshold_attribute: String(threshold) }),
    ...(typeof positiveLabel === 'string' && { positive_label: positiveLabel }),
    ...(task.data.kind === 'objects' && typeof label === 'string' && { ground_truth_attribute: label }),
  };
}

/** How SageMaker is told where a model's answers are. Of captured answers: a column of CSV, or a name. */
export function qualityAttributes(task: Pick<JobTask, 'options' | 'jobs' | 'data'>): {
  readonly problem?: string;
  readonly prediction?: string;
  readonly probability?: string;
  readonly threshold?: number;
} {
  const { problem, prediction, probability, probabilityThreshold } = task.options;
  const isCaptured = task.data.kind === 'captures';
  // Binary answers may be told by their probability alone.
  const isTold =
    typeof prediction === 'string' && (!isCaptured || probability === undefined || task.jobs.answer !== undefined);
  return {
    ...(typeof problem === 'string' && { problem }),
    ...(isTold && { prediction: isCaptured ? answerAttribute(task) : prediction }),
    ...((typeof probability === 'string' || typeof probability === 'number') && { probability: String(probability) }),
    ...(typeof probabilityThreshold === 'number' && { threshold: probabilityThreshold }),
  };
}

/** `$.label` is the attribute `label`, `$['label']` too; a column of CSV is its number, the first where nothing says which. */
export function answerAttribute({ jobs, options }: Pick<JobTask, 'jobs' | 'options'>): string {
  const { prediction } = options;
  if (typeof prediction === 'string' && /^\d+$/.test(prediction)) return prediction;
  const path = jobs.answer ?? '0';
  return path
    .replace(/^\$\.?/, '')
    .replaceAll(/\['([^']*)'\]/g, '.$1')
    .replace(/^\./, '');
}

const captureFormat = { sagemakerCaptureJson: { captureIndexNames: ['endpointInput', 'endpointOutput'] } };

function formatOf({ data, reading }: JobTask, isMerged: boolean): unknown {
  if (isMerged) return { sagemakerMergeJson: captureFormat.sagemakerCaptureJson };
  if (data.kind === 'captures') return captureFormat;
  switch (data.format) {
    case 'csv':
      return { csv: { header: reading.hasHeader !== false, output_columns_position: 'START' } };
    case 'jsonl':
      return { json: { lines: true } };
    case 'parquet':
      return { parquet: {} };
    case 'capture':
      return captureFormat;
  }
}

/** Without fractions of a second, as Model Monitor's own. */
function seconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** Columns that are not looked at. Throws `InvalidRequest`. */
export function excludedColumns({ options }: Pick<JobTask, 'options'>): readonly string[] {
  const { exclude = [] } = options;
  if (Array.isArray(exclude) && exclude.every((name): name is string => typeof name === 'string')) return exclude;
  throw new FailureError('InvalidRequest', '`exclude` must be a list of names of columns.');
}

const DATASET_TYPES = { csv: 'text/csv', jsonl: 'application/jsonlines', parquet: 'application/x-parquet' } as const;

/**
 * Clarify's `analysis_config.json`: the monitor's options, which are its words, and the model that it may start on an endpoint of its own.
 * Of captured CSV `headers` name the columns. Throws `InvalidRequest` where attributions have no model to ask.
 */
export function analysisConfig(task: JobTask): Readonly<Record<string, Json>> {
  const { data, options, monitor, jobs } = task;
  const { predictor, methods, headers, ...rest } = options;
  const isCaptured = data.kind === 'captures' || data.format === 'capture';
  const type = isCaptured ? (headers === undefined ? 'jsonl' : 'csv') : data.format;
  const common = {
    version: '1.0',
    dataset_type: DATASET_TYPES[type],
    ...(isCaptured && headers !== undefined && { headers }),
    ...rest,
  };
  if (monitor === 'bias')
    return {
      ...common,
      methods: methods ?? { pre_training_bias: { methods: 'all' }, post_training_bias: { methods: 'all' } },
    };
  if (jobs.model === undefined)
    throw new FailureError('InvalidRequest', 'Attributions need a model to ask, and none is known to serve.');
  const { name, instanceType } = jobs.model;
  const given = typeof predictor === 'object' && predictor !== null && !Array.isArray(predictor) ? predictor : {};
  return {
    ...common,
    methods: methods ?? { shap: { num_clusters: 1, agg_method: 'mean_abs' } },
    predictor: { model_name: name, instance_type: instanceType, initial_instance_count: 1, ...given },
  };
}

import { FailureError } from '../../sagemaker/faults';
import type { JobTask } from './types';

/** Where the image finds what it reads; the folders of AWS's own SDK. */
export const MODEL_MONITOR_PLACES = {
  data: '/opt/ml/processing/input/endpoint',
  output: '/opt/ml/processing/output',
  constraints: '/opt/ml/processing/baseline/constraints',
  statistics: '/opt/ml/processing/baseline/stats',
} as const;

/**
 * What Model Monitor's image is told. Numbers go to CloudWatch from here, by window and with the same names, so that the job publishes none.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
 */
export function modelMonitorEnvironment(task: JobTask): Record<string, string> {
  const { data, window, baseline, jobs } = task;
  const { data: dataset_source, output, constraints, statistics } = MODEL_MONITOR_PLACES;
  const exclude = excludedColumns(task);
  return {
    dataset_format: JSON.stringify(formatOf(task)),
    dataset_source,
    output_path: output,
    publish_cloudwatch_metrics: 'Disabled',
    ...(data.kind === 'captures' && { sagemaker_endpoint_name: jobs.endpoint }),
    ...(window && { start_time: seconds(window.fromMs), end_time: seconds(window.toMs) }),
    ...(baseline !== null && {
      baseline_constraints: `${constraints}/constraints.json`,
      baseline_statistics: `${statistics}/statistics.json`,
    }),
    ...(exclude.length > 0 && { exclude_features_attribute: exclude.join(',') }),
  };
}

function formatOf({ data, reading }: JobTask): unknown {
  if (data.kind === 'captures')
    return { sagemakerCaptureJson: { captureIndexNames: ['endpointInput', 'endpointOutput'] } };
  switch (data.format) {
    case 'csv':
      return { csv: { header: reading.hasHeader !== false, output_columns_position: 'START' } };
    case 'jsonl':
      return { json: { lines: true } };
    case 'parquet':
      return { parquet: {} };
    case 'capture':
      return { sagemakerCaptureJson: { captureIndexNames: ['endpointInput', 'endpointOutput'] } };
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

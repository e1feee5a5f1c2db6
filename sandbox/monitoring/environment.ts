import path from 'node:path';
import { kindOf } from './kinds';
import type { Run } from './launch';
import type { Definition } from './records';

/** Where a job finds what its definition names beside the data; the places are those of AWS's own SDK. */
export const BASELINE_DIRS = {
  constraints: '/opt/ml/processing/baseline/constraints',
  statistics: '/opt/ml/processing/baseline/stats',
  preprocessor: '/opt/ml/processing/code/preprocessing',
  postprocessor: '/opt/ml/processing/code/postprocessing',
  config: '/opt/ml/processing/input/config',
} as const;

/** Where a merge writes. */
export const MERGE_DIR = '/opt/ml/processing/output/merge';

/**
 * What the container of an execution is told: the documented contract of Model Monitor's containers, and the attributes of its input. (Developer
 * Guide, "Container Contract Inputs".)
 */
export function analysisEnvironment(run: Run): Readonly<Record<string, string>> {
  const { definition, schedule, window, context } = run;
  const { endpoint, batch, output, app, baseline } = definition;
  const input = endpoint ?? batch;
  const { analysisType } = kindOf(schedule.type);
  const hasBaseline = (uri: string | undefined) => uri !== undefined || baseline.jobName !== undefined;
  const capture = endpoint && context.tables.endpoints.get(endpoint.EndpointName)?.live.blueprint.capture;
  return defined({
    dataset_format: JSON.stringify(formatOf(definition)),
    dataset_source: input?.LocalPath,
    output_path: output.LocalPath,
    publish_cloudwatch_metrics: 'Enabled',
    start_time: seconds(window.startMs),
    end_time: seconds(window.endMs),
    sagemaker_monitoring_schedule_name: schedule.name,
    sagemaker_endpoint_name: endpoint?.EndpointName,
    sagemaker_endpoint_datacapture_prefix: capture?.destinationS3Uri,
    analysis_type: analysisType,
    problem_type: app.ProblemType,
    features_attribute: input?.FeaturesAttribute,
    inference_attribute: input?.InferenceAttribute,
    probability_attribute: input?.ProbabilityAttribute,
    probability_threshold_attribute: input?.ProbabilityThresholdAttribute?.toString(),
    exclude_features_attribute: input?.ExcludeFeaturesAttribute,
    baseline_constraints: hasBaseline(baseline.constraintsUri)
      ? fileIn(BASELINE_DIRS.constraints, baseline.constraintsUri ?? 'constraints.json')
      : undefined,
    baseline_statistics: hasBaseline(baseline.statisticsUri)
      ? fileIn(BASELINE_DIRS.statistics, baseline.statisticsUri ?? 'statistics.json')
      : undefined,
    record_preprocessor_script: app.RecordPreprocessorSourceUri
      ? fileIn(BASELINE_DIRS.preprocessor, app.RecordPreprocessorSourceUri)
      : undefined,
    post_analytics_processor_script: app.PostAnalyticsProcessorSourceUri
      ? fileIn(BASELINE_DIRS.postprocessor, app.PostAnalyticsProcessorSourceUri)
      : undefined,
    analysis_config: app.ConfigUri ? fileIn(BASELINE_DIRS.config, app.ConfigUri) : undefined,
  });
}

/** Data of endpoints, merged or not, are capture records; those of batch transform are in the format that the definition names. */
function formatOf({ batch, groundTruthUri }: Definition): unknown {
  const captureIndexNames = ['endpointInput', 'endpointOutput'];
  if (groundTruthUri !== undefined) return { sagemakerMergeJson: { captureIndexNames } };
  if (!batch) return { sagemakerCaptureJson: { captureIndexNames } };
  const { Csv: csv, Json: json, Parquet: parquet } = batch.DatasetFormat;
  if (csv) return { csv: { header: csv.Header ?? false } };
  return json ? { json: { line: json.Line ?? false } } : { parquet: parquet ?? {} };
}

/** Without fractions of a second, as AWS's own. */
function seconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

function fileIn(dir: string, uri: string): string {
  return path.posix.join(dir, path.posix.basename(uri));
}

function defined(values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') kept[name] = value;
  return kept;
}

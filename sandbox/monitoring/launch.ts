import { createHash } from 'node:crypto';
import { hourOfPath, hourPath } from '../jobs/processing/hours';
import { objectsBelow } from '../jobs/objects';
import type { ProcessingJobRecord } from '../jobs/records';
import type { SageMakerContext } from '../sagemaker/context';
import { inlineDefinitionOf, definitionOf } from './definition';
import { findDefinition } from './definitions';
import { analysisEnvironment, BASELINE_DIRS, MERGE_DIR } from './environment';
import { kindOf } from './kinds';
import type { Definition, ExecutionRecord, ScheduleRecord } from './records';
import { parseTiming, windowOf } from './windows';

/** A processing job that an execution begins. */
export type Launched = Pick<ProcessingJobRecord, 'input' | 'monitoring'>;
type ProcessingInput = NonNullable<Launched['input']['ProcessingInputs']>[number];

/** Why an execution ends before it has a job. */
export class NoLaunch extends Error {
  override readonly name = 'NoLaunch';
}

/** What one execution analyses. */
export interface Run {
  readonly context: SageMakerContext;
  readonly schedule: ScheduleRecord;
  readonly execution: ExecutionRecord;
  readonly definition: Definition;
  readonly window: { readonly startMs: number; readonly endMs: number };
}

const HOUR_MS = 3_600_000;
const MERGER = 'sagemaker-model-monitor-groundtruth-merger';
/** The registry that holds AWS's monitoring images in us-east-1; elsewhere only the number differs. */
const REGISTRY = '156813124566.dkr.ecr';
const GROUND_TRUTH_DIR = '/opt/ml/processing/groundtruth';
const DEFAULT_RUNTIME_SECONDS = 3_600;

export function runOf(context: SageMakerContext, schedule: ScheduleRecord, execution: ExecutionRecord): Run {
  const { config, type, createdMs } = schedule;
  const inline = config.MonitoringJobDefinition;
  const definition = inline
    ? inlineDefinitionOf(inline)
    : definitionOf(findDefinition(context, { type, name: config.MonitoringJobDefinitionName ?? '' }));
  const input = definition.endpoint ?? definition.batch;
  const {
    ScheduleExpression: expression = '',
    DataAnalysisStartTime,
    DataAnalysisEndTime,
  } = config.ScheduleConfig ?? {};
  const window = windowOf({
    ...{ timing: parseTiming(expression), scheduledMs: execution.scheduledMs, createdMs },
    offsets: {
      start: DataAnalysisStartTime ?? input?.StartTimeOffset,
      end: DataAnalysisEndTime ?? input?.EndTimeOffset,
    },
  });
  return { context, schedule, execution, definition, window };
}

/** The job that joins labels to what was captured; only for definitions that have labels. Rejects with NoLaunch. */
export async function mergeJob(run: Run): Promise<Launched | undefined> {
  const { definition, window, execution, context } = run;
  const { groundTruthUri: labels } = definition;
  if (labels === undefined) return undefined;
  const data = await dataInput(run);
  const untilMs = context.knobs.groundTruthHours === 'untilRun' ? execution.createdMs + HOUR_MS : window.endMs;
  const hours = { fromMs: floorHour(window.startMs), toMs: untilMs };
  const truth = s3Input('ground_truth_input_1', { uri: labels, localPath: GROUND_TRUTH_DIR });
  await assertData(run, { uri: labels, hours });
  return jobOf(run, {
    prefix: 'groundtruth-merge',
    app: { ImageUri: `${REGISTRY}.${context.region}.amazonaws.com/${MERGER}` },
    inputs: [data.input, truth],
    hours: { ...data.hours, [truth.InputName]: hours },
    environment: {
      ...analysisEnvironment(run),
      ground_truth_source: GROUND_TRUTH_DIR,
      output_path: MERGE_DIR,
    },
    output: { S3Uri: mergedUri(run), LocalPath: MERGE_DIR, S3UploadMode: 'EndOfJob' },
  });
}

/** The job that analyses what was captured, or what a merge has made of it. Rejects with NoLaunch. */
export async function analysisJob(run: Run): Promise<Launched> {
  const { definition, schedule, execution } = run;
  const { app, output, groundTruthUri } = definition;
  const localPath = (definition.endpoint ?? definition.batch)?.LocalPath ?? '';
  const data =
    groundTruthUri === undefined
      ? await dataInput(run)
      : { input: s3Input('merged_input_1', { uri: mergedUri(run), localPath }), hours: {} };
  const name = definition.endpoint?.EndpointName ?? 'batch';
  const at = `${name}/${schedule.name}/${hourPath(execution.scheduledMs)}`;
  const { ContainerEntrypoint, ContainerArguments, ImageUri } = app;
  return jobOf(run, {
    prefix: kindOf(schedule.type).jobName,
    app: {
      ImageUri,
      ...(ContainerEntrypoint ? { ContainerEntrypoint } : {}),
      ...(ContainerArguments ? { ContainerArguments } : {}),
    },
    inputs: [data.input, ...baselineInputs(run), ...codeInputs(definition)],
    hours: data.hours,
    ...(groundTruthUri === undefined && definition.batch ? { manifests: [data.input.InputName] } : {}),
    environment: { ...analysisEnvironment(run), ...app.Environment },
    output: {
      LocalPath: output.LocalPath,
      S3UploadMode: output.S3UploadMode ?? 'EndOfJob',
      S3Uri: `${output.S3Uri.replace(/\/+$/, '')}/${at}`,
    },
  });
}

interface Wish {
  readonly prefix: string;
  readonly app: Launched['input']['AppSpecification'];
  readonly inputs: readonly ProcessingInput[];
  readonly hours: NonNullable<Launched['monitoring']>['hours'];
  readonly manifests?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly output: {
    readonly S3Uri: string;
    readonly LocalPath: string;
    readonly S3UploadMode?: 'Continuous' | 'EndOfJob';
  };
}

function jobOf({ schedule, execution, definition }: Run, wish: Wish): Launched {
  const { network } = definition;
  const stamp = new Date(execution.scheduledMs).toISOString().slice(0, 16).replace(/[-T:]/g, '');
  // The same name for the same execution, so that one that was cut by a kill is found again.
  const id = createHash('sha256')
    .update(`${schedule.arn}/${schedule.createdMs}/${execution.scheduledMs}`)
    .digest('hex');
  const metricsHome = definition.endpoint ? 'Endpoints' : 'ModelMonitoring';
  const isPublished = wish.environment['publish_cloudwatch_metrics'] === 'Enabled';
  return {
    input: {
      ProcessingJobName: `${wish.prefix}-${stamp}-${id.slice(0, 63 - wish.prefix.length - stamp.length - 2).slice(0, 24)}`,
      AppSpecification: wish.app,
      ProcessingInputs: wish.inputs,
      ProcessingOutputConfig: {
        Outputs: [{ OutputName: 'monitoring_output', S3Output: { S3UploadMode: 'EndOfJob', ...wish.output } }],
      },
      Environment: wish.environment,
      ProcessingResources: { ClusterConfig: definition.cluster },
      RoleArn: definition.roleArn,
      StoppingCondition: { MaxRuntimeInSeconds: definition.maxRuntimeSeconds ?? DEFAULT_RUNTIME_SECONDS },
      ...(network ? { NetworkConfig: network } : {}),
    },
    monitoring: {
      scheduleArn: schedule.arn,
      hours: wish.hours,
      ...(wish.manifests ? { manifests: wish.manifests } : {}),
      ...(isPublished ? { metricNamespace: `aws/sagemaker/${metricsHome}/${kindOf(schedule.type).metrics}` } : {}),
    },
  };
}

/** What was captured in the window, by whole hours: the container looks closer. */
async function dataInput(run: Run) {
  const { context, definition, window } = run;
  const { endpoint, batch } = definition;
  const hours = { fromMs: floorHour(window.startMs), toMs: window.endMs };
  const uri = endpoint ? captureUri(context, endpoint.EndpointName) : (batch?.DataCapturedDestinationS3Uri ?? '');
  await assertData(run, { uri, hours });
  const localPath = endpoint ? `${endpoint.LocalPath}/${endpoint.EndpointName}` : (batch?.LocalPath ?? '');
  const distribution = (endpoint ?? batch)?.S3DataDistributionType;
  const input = s3Input(endpoint ? 'endpoint_input_1' : 'batch_transform_input_1', {
    ...{ uri, localPath },
    ...(distribution ? { distribution } : {}),
  });
  return { input, hours: { [input.InputName]: hours } };
}

/** `<destination>/<endpoint>/`. Throws NoLaunch where nothing is captured. */
function captureUri(context: SageMakerContext, endpointName: string): string {
  const capture = context.tables.endpoints.get(endpointName)?.live.blueprint.capture;
  if (!capture) throw new NoLaunch(`The endpoint ${endpointName} does not exist or has no DataCaptureConfig.`);
  return `${capture.destinationS3Uri.replace(/\/+$/, '')}/${endpointName}/`;
}

/** SageMaker's own sentence for a window in which nothing was captured. */
async function assertData(
  { context }: Run,
  of: { readonly uri: string; readonly hours: { readonly fromMs: number; readonly toMs: number } }
): Promise<void> {
  const isWithin = (atMs: number | undefined) => atMs !== undefined && atMs >= of.hours.fromMs && atMs < of.hours.toMs;
  const objects = await objectsBelow(context.objects, of.uri);
  if (!objects.some(({ key }) => isWithin(hourOfPath(key)))) throw new NoLaunch('Job inputs had no data');
}

function baselineInputs({ context, definition }: Run): readonly ProcessingInput[] {
  const { constraintsUri, statisticsUri, jobName } = definition.baseline;
  const job = jobName === undefined ? undefined : context.tables.processingJobs.get(jobName);
  const written = job?.input.ProcessingOutputConfig?.Outputs[0]?.S3Output?.S3Uri.replace(/\/+$/, '');
  const constraints = constraintsUri ?? (written && `${written}/constraints.json`);
  const statistics = statisticsUri ?? (written && `${written}/statistics.json`);
  return [
    ...(constraints ? [s3Input('constraints', { uri: constraints, localPath: BASELINE_DIRS.constraints })] : []),
    ...(statistics ? [s3Input('baseline', { uri: statistics, localPath: BASELINE_DIRS.statistics })] : []),
  ];
}

function codeInputs({ app }: Definition): readonly ProcessingInput[] {
  const { RecordPreprocessorSourceUri: before, PostAnalyticsProcessorSourceUri: after, ConfigUri: config } = app;
  return [
    ...(before ? [s3Input('pre_processor_script', { uri: before, localPath: BASELINE_DIRS.preprocessor })] : []),
    ...(after ? [s3Input('post_processor_script', { uri: after, localPath: BASELINE_DIRS.postprocessor })] : []),
    ...(config ? [s3Input('analysis_config', { uri: config, localPath: BASELINE_DIRS.config })] : []),
  ];
}

function mergedUri({ definition, schedule, execution }: Run): string {
  const base = definition.output.S3Uri.replace(/\/+$/, '');
  const name = definition.endpoint?.EndpointName ?? 'batch';
  return `${base}/merge/${name}/${schedule.name}/${hourPath(execution.scheduledMs)}`;
}

function s3Input(
  name: string,
  of: {
    readonly uri: string;
    readonly localPath: string;
    readonly distribution?: 'FullyReplicated' | 'ShardedByS3Key';
  }
): ProcessingInput {
  return {
    InputName: name,
    S3Input: {
      S3Uri: of.uri,
      LocalPath: of.localPath,
      S3DataType: 'S3Prefix',
      S3InputMode: 'File',
      S3DataDistributionType: of.distribution ?? 'FullyReplicated',
    },
  };
}

function floorHour(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) * HOUR_MS;
}

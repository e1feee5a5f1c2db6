import type {
  CreateProcessingJobCommandInput,
  ProcessingInput,
  ProcessingInstanceType,
} from '@aws-sdk/client-sagemaker';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseS3Location } from '../../gateway/s3-location';
import { FailureError } from '../../sagemaker/faults';
import { monitoringImage } from '../../sagemaker/monitor-images';
import { monitorJobName, tagList, TAGS } from '../../sagemaker/names';
import type { ActivityDeps } from '../deps';
import { writeJson } from './keep';
import {
  analysisConfig,
  CONFIG_FILE,
  dataPlace,
  mergeEnvironment,
  MODEL_MONITOR_PLACES as PLACES,
  modelMonitorEnvironment,
} from './model-monitor-contract';
import { foreignKind, labelsFor } from './model-monitor-kinds';
import { readModelMonitor } from './model-monitor-verdict';
import { listSide } from './list-side';
import { evidenceOf, listData, listUri } from './objects';
import type { ListedObject } from './listing';
import { jobFailure } from './named-job';
import type { EndedJob } from './named-job';
import { endOfJob, manifests, s3Input, s3Output } from './processing-job';
import type { JobDeps } from './processing-job';
import type { JobTask, MonitorOutcome } from './types';

const VOLUME_GB = 20;
/** A job that has not ended by then never will; SageMaker's own schedules give up within the hour. */
const MAX_RUNTIME_SECONDS = 43_200;

type Deps = JobDeps & Pick<ActivityDeps, 'now'>;

/**
 * A baseline, or the check of one window, by the images of SageMaker Model Monitor and Clarify in Processing jobs: no schedule of SageMaker's is
 * needed, so any cadence will do. Where labels belong to it, a job before joins them to what was captured. Rejects with `NoEvidence` where there is
 * nothing to read. A repetition on the same data finds the jobs.
 */
export async function runModelMonitor(deps: Deps, task: JobTask): Promise<MonitorOutcome> {
  const { s3 } = deps.aws;
  const { endpoint, monitor } = task.jobs;
  const captured = await listData(s3, task);
  if (captured.length === 0)
    throw new FailureError('NoEvidence', `There is nothing to read for ${monitor} of ${endpoint}.`);
  const labels = await labelsOf(deps, task);
  const evidence = evidenceOf([...captured, ...(labels ?? [])].map(({ key }) => key));
  const name = monitorJobName({ endpoint, monitor, output: task.output, sha256: evidence.sha256 });
  const home = `${task.output}/jobs/${name}`;
  const read = labels === null ? captured : await merged(deps, task, { name: `${name}-merge`, home, captured, labels });
  const ended = await endOfJob(deps, name, async () => ({
    ...common(task, task.output),
    AppSpecification: { ImageUri: task.jobs.image ?? (await imageFor(deps, foreignKind(task).image)) },
    Environment: modelMonitorEnvironment(task, { isMerged: labels !== null }),
    ProcessingInputs: await inputsOf(s3, task, { home, read, isMerged: labels !== null }),
  }));
  if (ended.status !== 'Completed') throw failureOf(ended);
  const told = await readModelMonitor(s3, task, { said: ended.said, read });
  const { objects, bytes, sha256 } = evidence;
  return { monitor: task.monitor, output: task.output, evidence: { objects, bytes, sha256 }, ...told };
}

/** Those that may belong to the window: collected since it began. Null where nothing is joined. */
async function labelsOf(deps: Deps, task: JobTask): Promise<readonly ListedObject[] | null> {
  const from = labelsFor(task);
  if (from === undefined) return null;
  const hours = task.window && { fromMs: task.window.fromMs, toMs: deps.now() + 1 };
  const found = await listSide(deps.aws.s3, { from, hours });
  if (found.length === 0) throw new FailureError('NoEvidence', `No label has come for this window below ${from}.`);
  return found;
}

/** Captured records with their labels, as a job of the ground-truth merger has joined them. */
async function merged(
  deps: Deps,
  task: JobTask,
  of: {
    readonly name: string;
    readonly home: string;
    readonly captured: readonly ListedObject[];
    readonly labels: readonly ListedObject[];
  }
): Promise<readonly ListedObject[]> {
  const { s3 } = deps.aws;
  const uri = `${of.home}/merged`;
  const ended = await endOfJob(deps, of.name, async () => ({
    ...common(task, uri),
    AppSpecification: { ImageUri: await imageFor(deps, 'merger') },
    Environment: mergeEnvironment(task),
    ProcessingInputs: [
      ...(await capturesInput(s3, task, { home: of.home, objects: of.captured })),
      ...(await manifests(s3, of.labels, {
        ...{ home: of.home, name: 'labels' },
        localPath: (bucket) => `${PLACES.groundTruth}/${bucket}`,
      })),
    ],
  }));
  if (ended.status !== 'Completed') throw failureOf(ended);
  const found = await listUri(s3, uri);
  if (found.every(({ key }) => key.bytes === 0))
    throw new FailureError('NoEvidence', 'No label that has come belongs to a record of this window.');
  return found;
}

function failureOf(ended: EndedJob): FailureError {
  // Objects are chosen by the hour, so that all their records may lie outside of the window.
  if (/no records in the window|inputs had no data/i.test(ended.said))
    return new FailureError('NoEvidence', `${ended.name} found no record in the window.`);
  return jobFailure(ended);
}

async function imageFor({ aws }: Deps, which: Parameters<typeof monitoringImage>[0]): Promise<string> {
  return monitoringImage(which, await aws.sagemaker.config.region());
}

function common(
  { jobs }: JobTask,
  output: string
): Pick<
  CreateProcessingJobCommandInput,
  'RoleArn' | 'ProcessingOutputConfig' | 'ProcessingResources' | 'StoppingCondition' | 'Tags'
> {
  return {
    RoleArn: jobs.roleArn,
    ProcessingOutputConfig: { Outputs: [s3Output('monitoring_output', { uri: output, localPath: PLACES.output })] },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: 1,
        InstanceType: jobs.instanceType as ProcessingInstanceType,
        VolumeSizeInGB: VOLUME_GB,
      },
    },
    StoppingCondition: { MaxRuntimeInSeconds: MAX_RUNTIME_SECONDS },
    Tags: tagList({ ...jobs.tags, [TAGS.endpoint]: jobs.endpoint }),
  };
}

async function inputsOf(
  s3: S3Client,
  task: JobTask,
  of: { readonly home: string; readonly read: readonly ListedObject[]; readonly isMerged: boolean }
): Promise<ProcessingInput[]> {
  const { baseline } = task;
  const { constraints, image } = foreignKind(task);
  const data = of.isMerged
    ? [s3Input('merged', { uri: `${of.home}/merged`, localPath: PLACES.captures })]
    : await capturesInput(s3, task, { home: of.home, objects: of.read });
  const config = `${of.home}/${CONFIG_FILE}`;
  if (image === 'clarify') await writeJson(s3, config, analysisConfig(task));
  return [
    ...data,
    ...(image === 'clarify' ? [s3Input('analysis_config', { uri: config, localPath: PLACES.config })] : []),
    ...(baseline !== null
      ? [s3Input('constraints', { uri: `${baseline}/${constraints}`, localPath: PLACES.constraints })]
      : []),
    ...(baseline !== null && task.monitor === 'dataQuality'
      ? [s3Input('baseline', { uri: `${baseline}/statistics.json`, localPath: PLACES.statistics })]
      : []),
  ];
}

function capturesInput(
  s3: S3Client,
  task: JobTask,
  { home, objects }: { readonly home: string; readonly objects: readonly ListedObject[] }
): Promise<ProcessingInput[]> {
  const { data } = task;
  // Below the data's folder stands the endpoint's, as the image expects it.
  const prefix = data.kind === 'captures' ? parseS3Location(data.to).prefix : '';
  return manifests(s3, objects, {
    ...{ home, name: 'data', below: prefix === '' ? '' : `${prefix}/` },
    localPath: () => dataPlace(task),
  });
}

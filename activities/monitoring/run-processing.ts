import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { CreateProcessingJobCommand, DescribeProcessingJobCommand } from '@aws-sdk/client-sagemaker';
import type { ProcessingInput, ProcessingInstanceType } from '@aws-sdk/client-sagemaker';
import { parseS3Location } from '../../gateway/s3-location';
import type { ContainerTask } from '../../monitors/container/task';
import { CARRY_FILE, OBJECTS_FILE, PLACES, TASK_FILE } from '../../monitors/container/task';
import { READING_FILE, REPORT_FILE } from '../../monitors/run/folder';
import type { ReadingFile } from '../../monitors/run/folder';
import { touches } from '../../monitors/sides/files';
import type { Json, MonitorReport } from '../../monitors/types';
import { FailureError, isNotFound } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';
import { listData, listUri } from './objects';
import type { ListedObject } from './objects';
import { about, judged, monitorFor, suggested } from './run-monitor';
import type { MonitorOutcome, ProcessingTask } from './types';

const POLL_MS = 5_000;

type Deps = Pick<ActivityDeps, 'aws' | 'now' | 'sleep' | 'heartbeat'>;

/** See `MonitoringActivities.runProcessing`. */
export async function runProcessing(deps: Deps, task: ProcessingTask): Promise<MonitorOutcome> {
  const monitor = monitorFor(task);
  const asOfMs = deps.now();
  const objects = await listData(deps.aws.s3, task);
  if (objects.length === 0)
    throw new FailureError('NoEvidence', `There is nothing to read for ${task.processing.jobName}.`);
  const sides = await listSides(
    deps,
    monitor.analyzer.sideInputs?.(monitor.options, { window: task.window, asOfMs }) ?? []
  );
  const { instanceCount, jobName } = task.processing;
  // More instances than objects would idle, and SageMaker starts none without an object.
  const count = Math.min(instanceCount, objects.length);
  const told: Told = { task, objects, sides, asOfMs: task.window === null ? null : asOfMs };
  if (count === 1) await runJob(deps, told, { name: jobName, phase: 'all', count: 1, output: task.output });
  else {
    await runJob(deps, told, { name: jobName, phase: 'digest', count, output: shardsOf(task) });
    await runJob(deps, told, { name: `${jobName}-join`, phase: 'join', count: 1, output: task.output });
  }
  return readOutcome(deps, told);
}

interface Told {
  readonly task: ProcessingTask;
  readonly objects: readonly ListedObject[];
  readonly sides: Readonly<Record<string, readonly ListedObject[]>>;
  readonly asOfMs: number | null;
}

interface Job {
  readonly name: string;
  readonly phase: ContainerTask['phase'];
  readonly count: number;
  readonly output: string;
}

async function listSides(
  { aws }: Deps,
  inputs: readonly {
    readonly name: string;
    readonly from: string;
    readonly hours: { readonly fromMs: number; readonly toMs: number } | null;
  }[]
): Promise<Told['sides']> {
  const found: Record<string, readonly ListedObject[]> = {};
  for (const { name, from, hours } of inputs) {
    const all = await listUri(aws.s3, from);
    found[name] = hours === null ? all : all.filter(({ objectKey }) => touches(objectKey, hours));
  }
  return found;
}

function shardsOf({ output }: ProcessingTask): string {
  return `${output.replace(/\/+$/, '')}/shards`;
}

/** Starts a job, or finds the one of that name, and waits until it has ended. Rejects with what SageMaker says of one that failed. */
async function runJob(deps: Deps, told: Told, job: Job): Promise<void> {
  const { sagemaker } = deps.aws;
  const describe = () => sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: job.name }));
  const known = await describe().catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (!known) await createJob(deps, told, job);
  for (;;) {
    const { ProcessingJobStatus: status, FailureReason, ExitMessage } = await describe();
    deps.heartbeat({ doing: job.name, status });
    if (status === 'Completed') return;
    if (status === 'Failed' || status === 'Stopped')
      throw new FailureError(
        'InvalidRequest',
        `The processing job ${job.name} is ${status}: ${ExitMessage ?? FailureReason ?? 'no reason given'}`
      );
    await deps.sleep(POLL_MS);
  }
}

async function createJob({ aws }: Deps, told: Told, job: Job): Promise<void> {
  const { task } = told;
  const { imageUri, roleArn, instanceType, volumeGb, maxRuntimeSeconds, tags } = task.processing;
  await aws.sagemaker.send(
    new CreateProcessingJobCommand({
      ProcessingJobName: job.name,
      RoleArn: roleArn,
      AppSpecification: { ImageUri: imageUri },
      ProcessingInputs: await inputsOf(aws.s3, told, job),
      ProcessingOutputConfig: {
        Outputs: [
          {
            OutputName: 'monitor',
            S3Output: { S3Uri: job.output, LocalPath: PLACES.output, S3UploadMode: 'EndOfJob' },
          },
        ],
      },
      ProcessingResources: {
        ClusterConfig: {
          InstanceCount: job.count,
          InstanceType: instanceType as ProcessingInstanceType,
          VolumeSizeInGB: volumeGb,
        },
      },
      StoppingCondition: { MaxRuntimeInSeconds: maxRuntimeSeconds },
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })
  );
}

/** Objects are named one by one in manifests: what comes while the job starts is in none. */
async function inputsOf(s3: S3Client, told: Told, { name, phase }: Job): Promise<ProcessingInput[]> {
  const { task, objects, sides, asOfMs } = told;
  const home = `${task.output.replace(/\/+$/, '')}/jobs/${name}`;
  const container: ContainerTask = {
    ...{ schema: 1, phase, monitor: task.monitor, options: task.options, asOfMs },
    reading: {
      ...task.reading,
      format: task.data.kind === 'captures' ? 'capture' : task.data.format,
      ...(task.window && { window: task.window }),
    },
    hasBaseline: task.baseline !== null,
    sides: Object.keys(sides),
    ...(task.carried !== undefined && { carried: task.carried }),
  };
  const all = [...objects, ...Object.values(sides).flat()];
  await putJson(s3, `${home}/task/${TASK_FILE}`, container);
  await putJson(
    s3,
    `${home}/task/${OBJECTS_FILE}`,
    Object.fromEntries(all.map(({ key, arrivedMs }) => [key.source, [key.etag, arrivedMs]]))
  );
  const inputs = [s3Input('task', { uri: `${home}/task/`, localPath: PLACES.task })];
  // A shard needs it for the names of captured columns.
  if (task.baseline !== null)
    inputs.push(s3Input('baseline', { uri: `${task.baseline.replace(/\/+$/, '')}/`, localPath: PLACES.baseline }));
  if (phase === 'join') return [...inputs, s3Input('shards', { uri: `${shardsOf(task)}/`, localPath: PLACES.shards })];
  inputs.push(
    ...(await manifests(s3, objects, { home, name: 'data', localPath: PLACES.data, isSharded: phase === 'digest' }))
  );
  for (const [side, list] of Object.entries(sides))
    inputs.push(
      ...(await manifests(s3, list, { home, name: side, localPath: `${PLACES.sides}/${side}`, isSharded: false }))
    );
  return inputs;
}

/** One input for each bucket. */
async function manifests(
  s3: S3Client,
  objects: readonly ListedObject[],
  to: { readonly home: string; readonly name: string; readonly localPath: string; readonly isSharded: boolean }
): Promise<ProcessingInput[]> {
  const buckets = new Map<string, ListedObject[]>();
  for (const object of objects) {
    const known = buckets.get(object.bucket);
    if (known) known.push(object);
    else buckets.set(object.bucket, [object]);
  }
  const inputs: ProcessingInput[] = [];
  for (const [bucket, list] of buckets) {
    const uri = `${to.home}/${to.name}-${inputs.length}.manifest`;
    await putJson(s3, uri, [{ prefix: `s3://${bucket}/` }, ...list.map(({ objectKey }) => objectKey)]);
    inputs.push(
      s3Input(`${to.name}-${inputs.length}`, {
        ...{ uri, localPath: `${to.localPath}/${bucket}`, isManifest: true, isSharded: to.isSharded },
      })
    );
  }
  return inputs;
}

function s3Input(
  InputName: string,
  of: { readonly uri: string; readonly localPath: string; readonly isManifest?: boolean; readonly isSharded?: boolean }
): ProcessingInput {
  return {
    InputName,
    S3Input: {
      S3Uri: of.uri,
      LocalPath: of.localPath,
      S3DataType: of.isManifest === true ? 'ManifestFile' : 'S3Prefix',
      S3InputMode: 'File',
      S3DataDistributionType: of.isSharded === true ? 'ShardedByS3Key' : 'FullyReplicated',
    },
  };
}

async function readOutcome({ aws }: Deps, { task, objects }: Told): Promise<MonitorOutcome> {
  const output = task.output.replace(/\/+$/, '');
  const report = await getJson<MonitorReport>(aws.s3, `${output}/${REPORT_FILE}`);
  const carry = await getJson<Json>(aws.s3, `${output}/${CARRY_FILE}`);
  if (report) return { ...judged({ report, ...(carry !== undefined && { carry }) }), ...about(task, objects) };
  const reading = await getJson<ReadingFile>(aws.s3, `${output}/${READING_FILE}`);
  if (!reading) throw new FailureError('NotFound', `${output} holds neither a report nor a state.`);
  return { ...suggested(reading), ...about(task, objects) };
}

async function putJson(s3: S3Client, uri: string, value: unknown): Promise<void> {
  const { bucket, prefix } = parseS3Location(uri);
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: prefix, Body: JSON.stringify(value), ContentType: 'application/json' })
  );
}

async function getJson<T>(s3: S3Client, uri: string): Promise<T | undefined> {
  const { bucket, prefix } = parseS3Location(uri);
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix }));
    return JSON.parse((await Body?.transformToString()) ?? '') as T;
  } catch (error) {
    if (isNotFound(error) || (error instanceof Error && error.name === 'NoSuchKey')) return undefined;
    throw error;
  }
}

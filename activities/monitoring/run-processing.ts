import type { S3Client } from '@aws-sdk/client-s3';
import type { ProcessingInput, ProcessingInstanceType } from '@aws-sdk/client-sagemaker';
import type { ContainerTask } from '../../monitors/container/task';
import { CARRY_FILE, OBJECTS_FILE, PLACES, REPEATED_FILE, TASK_FILE } from '../../monitors/container/task';
import { READING_FILE, REPORT_FILE } from '../../monitors/run/folder';
import type { ReadingFile } from '../../monitors/run/folder';
import type { Json, MonitorReport, SideInput } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';
import { monitorJobName, tagList, TAGS } from '../../sagemaker/names';
import type { ActivityDeps } from '../deps';
import type { CopiedModel } from './copied-model';
import { readJson, writeJson } from './keep';
import { listSide } from './list-side';
import { evidenceOf, listData, listUri } from './objects';
import type { ListedObject } from './listing';
import { jobFailure } from './named-job';
import { endOfJob, manifests, s3Input, s3Output } from './processing-job';
import { about, judged, monitorFor, suggested } from './run-monitor';
import type { JobTask, MonitorOutcome } from './types';

interface Deps extends Pick<ActivityDeps, 'aws' | 'now' | 'sleep' | 'heartbeat'> {
  /** Whom a container may ask, where a monitor asks the model. */
  readonly copied?: Pick<CopiedModel, 'endpoint' | 'open'>;
}

const VOLUME_GB = 30;
/** A job that has not ended by then never will. */
const MAX_RUNTIME_SECONDS = 43_200;

/** See `MonitoringActivities.runProcessing`. */
export async function runProcessing(deps: Deps, task: JobTask): Promise<MonitorOutcome> {
  const monitor = monitorFor(task);
  const asOfMs = deps.now();
  const objects = await listData(deps.aws.s3, task);
  const { endpoint, monitor: monitorName, instanceCount } = task.jobs;
  if (objects.length === 0)
    throw new FailureError('NoEvidence', `There is nothing to read for ${monitorName} of ${endpoint}.`);
  const sides = await listSides(
    deps,
    monitor.analyzer.sideInputs?.(monitor.options, { window: task.window, asOfMs }) ?? []
  );
  const { sha256 } = evidenceOf([...objects, ...Object.values(sides).flat()].map(({ key }) => key));
  const name = monitorJobName({ endpoint, monitor: monitorName, output: task.output, sha256 });
  // More instances than objects would idle, and SageMaker starts none without an object.
  const count = Math.min(instanceCount, objects.length);
  const home = `${task.output.replace(/\/+$/, '')}/jobs/${name}`;
  const told: Told = { task, home, objects, sides, asOfMs: task.window === null ? null : asOfMs };
  if (count === 1) await runJob(deps, told, { name, phase: 'all', count: 1, output: task.output });
  else {
    await runJob(deps, told, { name, phase: 'digest', count, output: shardsOf(told) });
    await runJob(deps, told, { name: `${name}-join`, phase: 'join', count: 1, output: task.output });
    // Objects that share events, such as one delivered twice, have fallen to several instances.
    if ((await listUri(deps.aws.s3, repeatedOf(told))).length > 0) {
      const again = { ...told, isWithoutRepeated: true as const };
      await runJob(deps, again, { name: `${name}-again`, phase: 'digest', count, output: shardsOf(told) });
      await runJob(deps, again, { name: `${name}-rejoin`, phase: 'join', count: 1, output: task.output });
    }
  }
  return readOutcome(deps, told);
}

interface Told {
  readonly task: JobTask;
  /** Prefix of what the jobs of this task are told, and tell each other. */
  readonly home: string;
  readonly objects: readonly ListedObject[];
  readonly sides: Readonly<Record<string, readonly ListedObject[]>>;
  readonly endpoint?: string;
  readonly asOfMs: number | null;
  readonly isWithoutRepeated?: true;
}

interface Job {
  readonly name: string;
  readonly phase: ContainerTask['phase'];
  readonly count: number;
  readonly output: string;
}

async function listSides({ aws }: Deps, inputs: readonly SideInput[]): Promise<Told['sides']> {
  const found: Record<string, readonly ListedObject[]> = {};
  for (const input of inputs) found[input.name] = await listSide(aws.s3, input);
  return found;
}

function shardsOf({ home }: Told): string {
  return `${home}/shards`;
}

function repeatedOf(told: Told): string {
  return `${told.home}/repeated/${REPEATED_FILE}`;
}

/** Rejects with what SageMaker says of a job that failed. */
async function runJob(deps: Deps, told: Told, job: Job): Promise<void> {
  const ended = await endOfJob(deps, job.name, () => jobInput(deps, told, job));
  if (ended.status !== 'Completed') throw jobFailure(ended);
}

async function jobInput({ aws, copied }: Deps, told: Told, job: Job): ReturnType<Parameters<typeof endOfJob>[2]> {
  // What is joined is explained, and not before.
  const asks = job.phase !== 'digest' && copied !== undefined;
  if (asks) await copied.open();
  const { task } = told;
  const { image = '', roleArn, instanceType, tags, endpoint } = task.jobs;
  return {
    RoleArn: roleArn,
    AppSpecification: { ImageUri: image },
    ProcessingInputs: await inputsOf(aws.s3, { ...told, ...(asks && { endpoint: copied.endpoint }) }, job),
    ProcessingOutputConfig: {
      Outputs: [
        s3Output('monitor', { uri: job.output, localPath: PLACES.output }),
        ...(job.phase === 'join'
          ? [s3Output('repeated', { uri: `${told.home}/repeated`, localPath: PLACES.repeated })]
          : []),
      ],
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: job.count,
        InstanceType: instanceType as ProcessingInstanceType,
        VolumeSizeInGB: VOLUME_GB,
      },
    },
    StoppingCondition: { MaxRuntimeInSeconds: MAX_RUNTIME_SECONDS },
    Tags: tagList({ ...tags, [TAGS.endpoint]: endpoint }),
  };
}

/** Objects are named one by one in manifests: what comes while the job starts is in none. */
async function inputsOf(s3: S3Client, told: Told, { name, phase }: Job): Promise<ProcessingInput[]> {
  const { task, objects, sides, asOfMs, isWithoutRepeated } = told;
  const home = `${told.home}/${name}`;
  const container: ContainerTask = {
    ...{ schema: 1, phase, monitor: task.monitor, options: task.options, asOfMs },
    reading: {
      ...task.reading,
      format: task.data.kind === 'captures' ? 'capture' : task.data.format,
      ...(task.window && { window: task.window }),
    },
    ...(told.endpoint !== undefined && { endpoint: told.endpoint }),
    hasBaseline: task.baseline !== null,
    sides: Object.keys(sides),
    ...(task.carried !== undefined && { carried: task.carried }),
    ...(isWithoutRepeated && { isWithoutRepeated }),
  };
  const all = [...objects, ...Object.values(sides).flat()];
  await writeJson(s3, `${home}/task/${TASK_FILE}`, container);
  await writeJson(
    s3,
    `${home}/task/${OBJECTS_FILE}`,
    Object.fromEntries(all.map(({ key, arrivedMs }) => [key.source, [key.etag, arrivedMs]]))
  );
  const inputs = [s3Input('task', { uri: `${home}/task/`, localPath: PLACES.task })];
  // A shard needs it for the names of captured columns.
  if (task.baseline !== null)
    inputs.push(s3Input('baseline', { uri: `${task.baseline.replace(/\/+$/, '')}/`, localPath: PLACES.baseline }));
  if (phase === 'join') return [...inputs, s3Input('shards', { uri: `${shardsOf(told)}/`, localPath: PLACES.shards })];
  if (isWithoutRepeated) inputs.push(s3Input('shards', { uri: repeatedOf(told), localPath: PLACES.shards }));
  inputs.push(
    ...(await manifests(s3, objects, {
      ...{ home, name: 'data', isSharded: phase === 'digest' },
      localPath: (bucket) => `${PLACES.data}/${bucket}`,
    }))
  );
  for (const [side, list] of Object.entries(sides))
    inputs.push(
      ...(await manifests(s3, list, { home, name: side, localPath: (bucket) => `${PLACES.sides}/${side}/${bucket}` }))
    );
  return inputs;
}

async function readOutcome({ aws }: Deps, { task, objects }: Told): Promise<MonitorOutcome> {
  const output = task.output.replace(/\/+$/, '');
  const report = await readJson<MonitorReport>(aws.s3, `${output}/${REPORT_FILE}`);
  const carry = await readJson<Json>(aws.s3, `${output}/${CARRY_FILE}`);
  if (report) return { ...judged({ report, ...(carry !== null && { carry }) }), ...about(task, objects) };
  const reading = await readJson<ReadingFile>(aws.s3, `${output}/${READING_FILE}`);
  if (!reading) throw new FailureError('NotFound', `${output} holds neither a report nor a state.`);
  return { ...suggested(reading), ...about(task, objects) };
}

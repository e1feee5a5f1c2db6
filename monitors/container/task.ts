import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { EVENTS_FILE, writeRepeated } from '../data/repeated';
import type { LocalObject } from '../data/sources';
import { openSession } from '../data/session';
import type { Session } from '../data/session';
import type { ReadOptions } from '../data/types';
import type { Baseline } from '../run/folder';
import { baselineNames, jsonBytes, readBaseline, writeArtefacts } from '../run/folder';
import { baseline, check, digest, merge, monitorOf, read } from '../run/run';
import type { Monitor, RunHooks } from '../run/run';
import type { Json, MonitorKind, SideObject } from '../types';
import { endpointModel } from './hosted-model';
import { exitMessage } from './monitor';
import type { Place } from './place';
import { at, bucketsIn, jsonFile } from './place';
import { isRecord } from '../../spec/is-record';

/** What Sluice asks of a Processing job of its own: `task.json` in the input `/opt/ml/processing/task`. */
export interface ContainerTask {
  readonly schema: 1;
  /** `all`: one instance does everything; `digest`: one of several, which leaves its state; `join`: of their states. */
  readonly phase: 'all' | 'digest' | 'join';
  readonly monitor: MonitorKind;
  readonly options: Readonly<Record<string, Json>>;
  readonly reading: Omit<ReadOptions, 'sources'>;
  readonly asOfMs: number | null;
  readonly hasBaseline: boolean;
  readonly sides: readonly string[];
  readonly carried?: Json;
  /** Endpoint that serves nobody and answers as the model does, where the monitor asks one. */
  readonly endpoint?: string;
  /** The second round, after shards have met events of each other: these are left out, as one instance would have left them out. */
  readonly isWithoutRepeated?: true;
}

export const PLACES = {
  task: '/opt/ml/processing/task',
  data: '/opt/ml/processing/input/data',
  sides: '/opt/ml/processing/input/sides',
  baseline: '/opt/ml/processing/baseline',
  shards: '/opt/ml/processing/shards',
  output: '/opt/ml/processing/output',
  repeated: '/opt/ml/processing/repeated',
} as const;

export const TASK_FILE = 'task.json';
/** ETags and times of arrival by the objects' URIs: what a file system does not keep. */
export const OBJECTS_FILE = 'objects.json';
export const CARRY_FILE = 'carry.json';
/** In `repeated`: events that stand in several of them. Where it is written, the joining instance has judged nothing. */
export const REPEATED_FILE = 'repeated.parquet';

type Objects = Readonly<Record<string, readonly [etag: string | null, arrivedMs: number | null]>>;

/** Whether Sluice has started this container; else SageMaker's contract holds. */
export async function hasTask(place: Place): Promise<boolean> {
  return (await jsonFile(path.join(at(place, PLACES.task), TASK_FILE))) !== undefined;
}

/** Does one phase of a task. Resolves to the exit message. */
export async function doTask(place: Place): Promise<string> {
  const task = await readTask(place);
  const monitor = monitorOf(task.monitor, task.options);
  const session = await openSession({ dir: await mkdtemp(path.join(os.tmpdir(), 'monitor-')) });
  try {
    const known = task.hasBaseline ? await readBaseline(at(place, PLACES.baseline)) : undefined;
    const listed = await objectsFile(place);
    const hooks = await hooksOf(place, task, listed);
    const out = at(place, PLACES.output);
    const dir = task.phase === 'digest' ? path.join(out, place.host) : out;
    if (task.phase !== 'join' && !(await digested(place, task, { session, monitor, hooks, known, dir, listed })))
      return 'Completed: this instance had no object to read.';
    if (task.phase === 'digest') return 'Completed: the state of a shard.';
    if (task.phase === 'join') {
      const repeated = task.isWithoutRepeated === true ? 0 : await findRepeated(place, session);
      if (repeated > 0) return `Completed: ${repeated} events stand in several shards, which must leave them out.`;
      await join(place, { session, monitor, hooks, dir });
    }
    const checked = known ? await check(session, monitor, { dir, baseline: known, hooks }) : undefined;
    const artefacts = checked?.artefacts ?? (await baseline(session, monitor, { dir, hooks }));
    await writeArtefacts(out, { ...checked, artefacts });
    if (checked?.carry !== undefined) await writeFile(path.join(out, CARRY_FILE), jsonBytes(checked.carry));
    return exitMessage(checked);
  } finally {
    await session.close();
  }
}

interface Doing {
  readonly session: Session;
  readonly monitor: Monitor;
  readonly hooks: RunHooks;
  readonly dir: string;
}

/** False where no object fell to this instance: it leaves no state. */
async function digested(
  place: Place,
  task: ContainerTask,
  doing: Doing & { readonly known: Baseline | undefined; readonly listed: Objects }
): Promise<boolean> {
  const { session, monitor, hooks, known, dir, listed } = doing;
  const sources = told(listed, await bucketsIn(at(place, PLACES.data)));
  if (sources.length === 0 && task.phase === 'digest') return false;
  const names = task.reading.names ?? (known && baselineNames(known));
  const events = path.join(session.dir, EVENTS_FILE);
  const isShard = task.phase === 'digest' && task.reading.format === 'capture';
  const reading = {
    ...{ ...task.reading, sources },
    ...(names && { names }),
    ...(isShard && { events }),
    ...(task.isWithoutRepeated && { repeated: path.join(at(place, PLACES.shards), REPEATED_FILE) }),
  };
  const dataset = await read(session, reading, hooks);
  await digest(session, monitor, { dataset, dir, hooks });
  if (isShard) await copyFile(events, path.join(dir, EVENTS_FILE));
  return true;
}

async function shardsIn(place: Place): Promise<readonly string[]> {
  const shards = at(place, PLACES.shards);
  const names = await readdir(shards, { withFileTypes: true });
  return names.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(shards, name));
}

async function findRepeated(place: Place, { db }: Session): Promise<number> {
  const files = (await shardsIn(place)).map((dir) => path.join(dir, EVENTS_FILE));
  const there = files.filter((file) => existsSync(file));
  const to = at(place, PLACES.repeated);
  await mkdir(to, { recursive: true });
  return there.length < 2 ? 0 : writeRepeated(db, there, path.join(to, REPEATED_FILE));
}

async function join(place: Place, { session, monitor, hooks, dir }: Doing): Promise<void> {
  await merge(session, monitor, { from: await shardsIn(place), to: dir, hooks });
}

async function hooksOf(place: Place, task: ContainerTask, listed: Objects): Promise<RunHooks> {
  const { sides, asOfMs, carried, endpoint, options } = task;
  const found: Record<string, readonly SideObject[]> = {};
  for (const name of sides) {
    const objects = await bucketsIn(path.join(at(place, PLACES.sides), name));
    found[name] = told(listed, objects).map((object) => ({
      ...object,
      arrivedMs: listed[object.key.source]?.[1] ?? null,
    }));
  }
  return {
    sides: found,
    ...(asOfMs !== null && { asOfMs }),
    ...(carried !== undefined && { carried }),
    ...(endpoint !== undefined && { model: await endpointModel(endpoint, options['predictor']) }),
  };
}

/** Objects with their ETags, as they were listed before the job began. Data lie below a folder for each bucket. */
function told(listed: Objects, objects: readonly LocalObject[]): readonly LocalObject[] {
  return objects.map(({ path: file, key }) => ({ path: file, key: { ...key, etag: listed[key.source]?.[0] ?? null } }));
}

async function objectsFile(place: Place): Promise<Objects> {
  const value = await jsonFile(path.join(at(place, PLACES.task), OBJECTS_FILE));
  return isRecord(value) ? (value as Objects) : {};
}

async function readTask(place: Place): Promise<ContainerTask> {
  const value = await jsonFile(path.join(at(place, PLACES.task), TASK_FILE));
  // Written by this program's own activity: the schema number says by which version.
  const task = value as ContainerTask;
  if (!isRecord(value) || task.schema !== 1)
    throw new RangeError('task.json is of another version of Sluice: use the image of the worker’s version.');
  return task;
}

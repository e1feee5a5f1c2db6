import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openSession } from '../../monitors/data/session';
import { baselineNames, readBaseline, violationsOf, writeArtefacts } from '../../monitors/run/folder';
import type { Baseline, ReadingFile } from '../../monitors/run/folder';
import { baseline, check, digest, monitorOf, read } from '../../monitors/run/run';
import type { Monitor, RunHooks } from '../../monitors/run/run';
import type { Checked, ModelCaller, MonitorReport, SideObject } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';
import { bringFolder, bringNear, putFolder } from './near';
import type { NearHooks } from './near';
import { listSide } from './list-side';
import { evidenceOf, listData, listUri } from './objects';
import type { ListedObject } from './listing';
import type { MonitorOutcome, MonitorTask } from './types';

const LISTED_VIOLATIONS = 20;
const SCRATCH = 'sluice-monitor-';
const KEPT_MS = 86_400_000;

export interface RunMonitorDeps extends Pick<ActivityDeps, 'aws' | 'now' | 'heartbeat'> {
  readonly signal?: AbortSignal;
  /** Where work may lie meanwhile; default the machine's folder for that. */
  readonly scratchDir?: string;
  /** Who answers as the model would, where a monitor asks for it. */
  readonly model?: ModelCaller;
}

/** See `MonitoringActivities.runMonitor`. */
export async function runMonitor(deps: RunMonitorDeps, task: MonitorTask): Promise<MonitorOutcome> {
  const monitor = monitorFor(task);
  const asOfMs = deps.now();
  // The same task meets the same folder, so that a second attempt on this machine finds what the first has fetched.
  const home = deps.scratchDir ?? os.tmpdir();
  await sweep(home, asOfMs);
  const dir = path.join(home, `${SCRATCH}${taskId(task)}`);
  await mkdir(dir, { recursive: true });
  // Not shared with an attempt that was given up and does not know it yet.
  const own = await mkdtemp(path.join(dir, 'attempt-'));
  const hooks: NearHooks = {
    s3: deps.aws.s3,
    ...(deps.signal && { signal: deps.signal }),
    progress: (done, total) => deps.heartbeat({ doing: 'fetch', done, total }),
  };
  const [objects, known] = await Promise.all([
    listData(deps.aws.s3, task),
    task.baseline === null ? null : fetchBaseline(task.baseline, path.join(own, 'baseline'), hooks),
  ]);
  deps.heartbeat({ doing: 'fetch', done: 0, total: objects.length });
  const run: RunHooks = {
    ...(deps.signal && { signal: deps.signal }),
    ...(deps.model && { model: deps.model }),
    resumeDir: dir,
    ...(task.carried !== undefined && { carried: task.carried }),
    ...(task.window !== null && { asOfMs }),
    sides: await fetchSides(monitor, { task, asOfMs, dir: path.join(dir, 'sides'), hooks }),
    progress: (done, total, unit) => deps.heartbeat({ doing: 'analyse', done, total, unit }),
  };
  const near = await bringNear(objects, path.join(dir, 'data'), hooks);
  const out = path.join(own, 'out');
  const session = await openSession({ dir: path.join(own, 'session') });
  try {
    const names = task.reading.names ?? (known ? baselineNames(known) : undefined);
    const dataset = await read(
      session,
      {
        ...task.reading,
        ...(names && { names }),
        sources: near,
        format: task.data.kind === 'captures' ? 'capture' : task.data.format,
        ...(task.window && { window: task.window }),
      },
      run
    );
    const reading = await digest(session, monitor, { dataset, dir: out, hooks: run });
    const checked = known ? await check(session, monitor, { dir: out, baseline: known, hooks: run }) : null;
    const artefacts = checked?.artefacts ?? (await baseline(session, monitor, { dir: out, hooks: run }));
    await writeArtefacts(out, { ...checked, artefacts });
    await putFolder(out, task.output, hooks);
    await rm(dir, { recursive: true, force: true });
    return { ...(checked ? judged(checked) : suggested(reading)), ...about(task, objects) };
  } catch (error) {
    throw asFailure(error);
  } finally {
    await session.close();
    // What was fetched stays for the next attempt if this one has failed.
    await rm(own, { recursive: true, force: true });
  }
}

/** Removes what attempts have left that nobody has followed up for a day. */
async function sweep(home: string, nowMs: number): Promise<void> {
  for (const name of (await readdir(home).catch(() => [])).filter((entry) => entry.startsWith(SCRATCH))) {
    const left = await stat(path.join(home, name)).catch(() => undefined);
    if (left && nowMs - left.mtimeMs > KEPT_MS) await rm(path.join(home, name), { recursive: true, force: true });
  }
}

/** Options that are wrong are an InvalidRequest with all mistakes at once. */
export function monitorFor({ monitor, options }: Pick<MonitorTask, 'monitor' | 'options'>): Monitor {
  try {
    return monitorOf(monitor, options);
  } catch (error) {
    throw asFailure(error);
  }
}

/** What the monitors reject with as RangeError somebody can put right: options, or data without the columns that they name. */
function asFailure(error: unknown): unknown {
  return error instanceof RangeError ? new FailureError('InvalidRequest', error.message, { cause: error }) : error;
}

async function fetchBaseline(from: string, dir: string, hooks: NearHooks): Promise<Baseline> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const objects = await listUri(hooks.s3, from);
  if (objects.length === 0) throw new FailureError('NotFound', `There is no baseline below ${from}.`);
  await bringFolder(objects, from, { dir, hooks });
  return readBaseline(dir);
}

async function fetchSides(
  monitor: Monitor,
  of: { readonly task: MonitorTask; readonly asOfMs: number; readonly dir: string; readonly hooks: NearHooks }
): Promise<Readonly<Record<string, readonly SideObject[]>>> {
  const { task, asOfMs, dir, hooks } = of;
  const inputs = monitor.analyzer.sideInputs?.(monitor.options, { window: task.window, asOfMs }) ?? [];
  const sides: Record<string, readonly SideObject[]> = {};
  for (const input of inputs)
    sides[input.name] = await bringNear(await listSide(hooks.s3, input), path.join(dir, input.name), hooks);
  return sides;
}

/** A folder's name for a task: the same for every attempt. */
export function taskId(task: MonitorTask): string {
  const { monitor, data, window, output } = task;
  return createHash('sha256').update(JSON.stringify({ monitor, data, window, output })).digest('hex').slice(0, 24);
}

type Told = Omit<MonitorOutcome, 'monitor' | 'output' | 'evidence'>;

/** What a workflow keeps of a check. */
export function judged({ report, carry }: Pick<Checked, 'report' | 'carry'>): Told {
  const violations = violationsOf(report);
  return {
    ...{ verdict: report.verdict, reason: report.reason, rows: report.rows, carry: carry ?? null },
    violations: violations
      .slice(0, LISTED_VIOLATIONS)
      .map(({ subject, check: kind, reason }) => ({ subject, check: kind, reason })),
    violationCount: violations.length,
    issueCounts: countsOf(report.issues),
  };
}

/** What a workflow keeps of a baseline: it is one if there was anything to make it of. */
export function suggested({ rows, issues }: Pick<ReadingFile, 'rows' | 'issues'>): Told {
  return {
    verdict: rows.used > 0 ? 'pass' : 'inconclusive',
    reason: rows.used > 0 ? `a baseline of ${rows.used} rows` : `none of ${rows.read} rows can be used`,
    ...{ rows, violations: [], violationCount: 0, issueCounts: countsOf(issues), carry: null },
  };
}

export function about(
  task: MonitorTask,
  objects: readonly ListedObject[]
): Pick<MonitorOutcome, 'monitor' | 'output' | 'evidence'> {
  return { monitor: task.monitor, output: task.output, evidence: evidenceOf(objects.map(({ key }) => key)) };
}

function countsOf(issues: MonitorReport['issues']): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  // One kind can stand twice: once of the data, once of labels or events beside them.
  for (const { kind, count } of issues) counts[kind] = (counts[kind] ?? 0) + count;
  return counts;
}

import path from 'node:path';
import { addIssues, compareText } from '../data/issues';
import { readDataset } from '../data/read-dataset';
import type { Session } from '../data/session';
import type { Dataset, ReadOptions } from '../data/types';
import { analyzerOf } from '../registry';
import type {
  Analyzer,
  Artefacts,
  Checked,
  Json,
  ModelCaller,
  MonitorKind,
  OptionProblem,
  SideObject,
  Work,
} from '../types';
import type { Baseline, ReadingFile } from './folder';
import { emptyDir, readReading, STATE_DIR, stateOf, writeReading } from './folder';

/** Mistakes in the options of a monitor, all at once. */
export class BadMonitorOptions extends RangeError {
  override readonly name = 'BadMonitorOptions';

  constructor(
    readonly monitor: MonitorKind,
    readonly problems: readonly OptionProblem[]
  ) {
    super(problems.map(({ option, what, remedy }) => `${monitor}: ${option}: ${what}. ${remedy}`).join('\n'));
  }
}

/** A monitor with its options read. */
export interface Monitor {
  readonly analyzer: Analyzer;
  readonly raw: Readonly<Record<string, Json>>;
  readonly options: unknown;
}

/** Throws BadMonitorOptions, or RangeError for a kind that has no analyzer. */
export function monitorOf(kind: MonitorKind, raw: Readonly<Record<string, Json>>): Monitor {
  const analyzer = analyzerOf(kind);
  const parsed = analyzer.parseOptions(raw);
  if ('problems' in parsed) throw new BadMonitorOptions(kind, parsed.problems);
  return { analyzer, raw, options: parsed.options };
}

/** What a run may have beside the data. */
export interface RunHooks {
  readonly progress?: (done: number, total: number | null, unit: string) => void;
  readonly signal?: AbortSignal;
  readonly sides?: Readonly<Record<string, readonly SideObject[]>>;
  readonly asOfMs?: number;
  readonly model?: ModelCaller;
  readonly resumeDir?: string;
  readonly carried?: Json;
}

/** Reads data once, for every monitor that looks at it; rejects as `readDataset` does. */
export function read(session: Session, options: ReadOptions, hooks: RunHooks): Promise<Dataset> {
  const { progress, signal } = hooks;
  return readDataset(session, options, {
    ...(progress && { progress: (done, total) => progress(done, total, 'bytes') }),
    ...(signal && { signal }),
  });
}

/** Digests one shard into a folder, which is emptied first. */
export async function digest(
  session: Session,
  monitor: Monitor,
  from: { readonly dataset: Dataset; readonly dir: string; readonly hooks: RunHooks }
): Promise<ReadingFile> {
  const { dataset, dir, hooks } = from;
  const { rows, columns, window, issues, evidence } = dataset;
  await emptyDir(dir);
  const state = await emptyDir(path.join(dir, STATE_DIR));
  await monitor.analyzer.digest(workOf(session, hooks), dataset, { options: monitor.options, dir: state });
  const unused = issues.reduce((sum, issue) => sum + issue.unused, 0);
  const reading: ReadingFile = {
    ...{ schema: 1, monitor: monitor.analyzer.kind, options: monitor.raw, columns },
    rows: { read: rows + unused, used: rows },
    ...{ window, issues, evidence },
  };
  await writeReading(dir, reading);
  return reading;
}

/** Joins digested shards: the same folder comes of any number of shards of the same objects. Rejects for none. */
export async function merge(
  session: Session,
  monitor: Monitor,
  shards: { readonly from: readonly string[]; readonly to: string; readonly hooks: RunHooks }
): Promise<ReadingFile> {
  const { from, to, hooks } = shards;
  const readings = await Promise.all(from.map(async (dir) => ({ dir, reading: await readReading(dir) })));
  // By the first key of each: shards come in any order.
  readings.sort((a, b) => compareText(firstKey(a.reading), firstKey(b.reading)));
  const [first] = readings;
  if (!first) throw new RangeError('There is no state to join.');
  await emptyDir(to);
  const state = await emptyDir(path.join(to, STATE_DIR));
  await monitor.analyzer.merge(
    workOf(session, hooks),
    readings.map(({ dir }) => path.join(dir, STATE_DIR)),
    state
  );
  const all = readings.map(({ reading }) => reading);
  const windows = all.flatMap(({ window }) => window ?? []);
  const sum = (of: (reading: ReadingFile) => number) => all.reduce((total, reading) => total + of(reading), 0);
  const reading: ReadingFile = {
    ...first.reading,
    columns: [...new Set(all.flatMap(({ columns }) => columns))],
    rows: { read: sum(({ rows }) => rows.read), used: sum(({ rows }) => rows.used) },
    window:
      windows.length === 0
        ? null
        : { fromMs: Math.min(...windows.map((w) => w.fromMs)), toMs: Math.max(...windows.map((w) => w.toMs)) },
    issues: addIssues(all.map(({ issues }) => issues)),
    evidence: all.flatMap(({ evidence }) => evidence).sort((a, b) => compareText(a.source, b.source)),
  };
  await writeReading(to, reading);
  return reading;
}

/** Files of a baseline of what was digested into a folder. */
export async function baseline(
  session: Session,
  monitor: Monitor,
  from: { readonly dir: string; readonly hooks: RunHooks }
): Promise<Artefacts> {
  const state = stateOf(from.dir, await readReading(from.dir));
  return monitor.analyzer.baseline(workOf(session, from.hooks), state, monitor.options);
}

/** Judges what was digested into a folder. */
export async function check(
  session: Session,
  monitor: Monitor,
  from: { readonly dir: string; readonly baseline: Baseline; readonly hooks: RunHooks }
): Promise<Checked> {
  const state = stateOf(from.dir, await readReading(from.dir));
  return monitor.analyzer.check(workOf(session, from.hooks), state, {
    options: monitor.options,
    baseline: from.baseline,
  });
}

function workOf({ db }: Session, { progress, ...rest }: RunHooks): Work {
  return { db, progress: progress ?? (() => undefined), ...rest };
}

function firstKey({ evidence }: ReadingFile): string {
  return evidence[0]?.source ?? '';
}

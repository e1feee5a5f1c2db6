import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DataIssue, SourceKey } from '../data/types';
import type { Artefacts, BaselineFiles, Checked, Json, MonitorKind, MonitorReport, State } from '../types';
import { MONITOR_KINDS } from '../types';

/**
 * How a state, and a baseline, lie in a folder: `reading.json` says what was read, `state/` holds the tallies, and beside them lie the
 * files of SageMaker's shapes. A folder with SageMaker's files alone is a baseline too.
 */
export const READING_FILE = 'reading.json';
export const STATE_DIR = 'state';
export const REPORT_FILE = 'report.json';

/** What was read, and how it has to be read again. */
export interface ReadingFile {
  readonly schema: 1;
  readonly monitor: MonitorKind;
  readonly options: Readonly<Record<string, Json>>;
  /** Of the data, in their order: names by position for captures that have none. */
  readonly columns: readonly string[];
  readonly rows: State['rows'];
  readonly window: State['window'];
  readonly issues: readonly DataIssue[];
  readonly evidence: readonly SourceKey[];
}

/** The bytes of a JSON file: the same value, the same bytes. What is no finite number is a text, `"Infinity"` or `"NaN"`, as in SageMaker's files. */
export function jsonBytes(value: unknown): string {
  return `${JSON.stringify(value, (_, one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one), 2)}\n`;
}

export async function writeReading(dir: string, reading: ReadingFile): Promise<void> {
  await writeFile(path.join(dir, READING_FILE), jsonBytes(reading));
}

/** Rejects where there is none, or none of ours. */
export async function readReading(dir: string): Promise<ReadingFile> {
  const found = await readingIn(dir);
  if (!found) throw new RangeError(`${path.join(dir, READING_FILE)} is not there: ${dir} holds no state of a monitor.`);
  return found;
}

async function readingIn(dir: string): Promise<ReadingFile | undefined> {
  const value = await jsonIn(path.join(dir, READING_FILE));
  // Our own file: whoever has written it was this program, which the schema number says.
  const reading = value as ReadingFile | undefined;
  if (reading !== undefined && (reading.schema !== 1 || !MONITOR_KINDS.includes(reading.monitor)))
    throw new RangeError(`${path.join(dir, READING_FILE)} is of another version of Sluice; make it again.`);
  return reading;
}

/** The state in a folder, as analyzers take it. */
export function stateOf(dir: string, { rows, window, issues, evidence }: ReadingFile): State {
  return { dir: path.join(dir, STATE_DIR), rows, window, issues, evidence };
}

export interface Baseline extends BaselineFiles {
  /** Null where the baseline is SageMaker's. */
  readonly reading: ReadingFile | null;
}

/** Rejects with RangeError for a folder without a baseline. */
export async function readBaseline(dir: string): Promise<Baseline> {
  const names = await readdir(dir).catch(() => []);
  const artefacts: Record<string, Json> = {};
  for (const name of names.filter((file) => file.endsWith('.json') && file !== READING_FILE && file !== REPORT_FILE)) {
    const value = await jsonIn(path.join(dir, name));
    if (value !== undefined) artefacts[name] = value;
  }
  if (Object.keys(artefacts).length === 0)
    throw new RangeError(`${dir} holds no baseline: no constraints.json, statistics.json or analysis.json.`);
  const state = path.join(dir, STATE_DIR);
  const hasState = await stat(state).then(
    (entry) => entry.isDirectory(),
    () => false
  );
  return { artefacts, stateDir: hasState ? state : null, reading: (await readingIn(dir)) ?? null };
}

/** Names of the baseline's columns in their order: captured CSV has names from nowhere else. */
export function baselineNames({ artefacts, reading }: Baseline): readonly string[] | undefined {
  if (reading) return reading.columns;
  for (const file of ['statistics.json', 'constraints.json']) {
    const value = artefacts[file];
    const features = isObject(value) ? value['features'] : undefined;
    if (!Array.isArray(features)) continue;
    return features.map((feature: unknown) =>
      isObject(feature) && typeof feature['name'] === 'string' ? feature['name'] : ''
    );
  }
  return undefined;
}

/** Writes files by their names, texts as they are and all else as JSON, and the report where there is one. */
export async function writeArtefacts(
  dir: string,
  { artefacts, report }: Partial<Checked> & { readonly artefacts: Artefacts }
): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, value] of Object.entries(artefacts)) {
    const file = path.join(dir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, typeof value === 'string' ? value : jsonBytes(value));
  }
  if (report) await writeFile(path.join(dir, REPORT_FILE), jsonBytes(report));
}

/** An empty folder, whatever was there. */
export async function emptyDir(dir: string): Promise<string> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  return dir;
}

/** Violations in the shape that a list of them is printed in. */
export function violationsOf({ checks }: MonitorReport): MonitorReport['checks'] {
  return checks.filter(({ verdict }) => verdict === 'fail');
}

async function jsonIn(file: string): Promise<Json | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new RangeError(`${file} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

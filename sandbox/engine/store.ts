import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from './error-code';

/** Durable records by table and key. A record is plain JSON and is replaced whole, never changed in place. */
export interface Store {
  get(table: string, key: string): unknown;
  entries(table: string): readonly (readonly [string, unknown])[];
  /** Returns after the change is with the operating system: it survives the death of this process, not of the machine. */
  put(table: string, key: string, record: unknown): void;
  remove(table: string, key: string): void;
  close(): void;
}

type Change = { readonly n: number; readonly t: string; readonly k: string; readonly v?: unknown };
interface Snapshot {
  readonly n: number;
  readonly tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** After so many changes the log is folded into a snapshot, so that starting stays fast. */
const CHANGES_PER_SNAPSHOT = 2_000;

/**
 * Opens the store in a directory: `snapshot.json` plus `log.jsonl` of the changes since. A last line that was torn by a kill is
 * dropped: its operation was never acknowledged.
 */
export function openStore(dir: string): Store {
  mkdirSync(dir, { recursive: true });
  const files = { snapshot: path.join(dir, 'snapshot.json'), log: path.join(dir, 'log.jsonl') };
  const tables = new Map<string, Map<string, unknown>>();
  const table = (name: string): Map<string, unknown> => {
    const known = tables.get(name) ?? new Map<string, unknown>();
    tables.set(name, known);
    return known;
  };
  let sequence = readSnapshot();
  const { applied, intactBytes } = replay();
  let sinceSnapshot = applied;
  const log = openSync(files.log, 'a');
  ftruncateSync(log, intactBytes);

  function readSnapshot(): number {
    const text = readIfThere(files.snapshot);
    if (text === undefined) return 0;
    const snapshot = JSON.parse(text.toString('utf8')) as Snapshot;
    for (const [name, records] of Object.entries(snapshot.tables)) tables.set(name, new Map(Object.entries(records)));
    return snapshot.n;
  }

  function replay(): { readonly applied: number; readonly intactBytes: number } {
    const bytes = readIfThere(files.log) ?? Buffer.alloc(0);
    const intact = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
    const lines = intact.toString('utf8').split('\n').slice(0, -1);
    for (const line of lines) {
      const change = JSON.parse(line) as Change;
      if (change.n > sequence) apply(change);
    }
    return { applied: lines.length, intactBytes: intact.length };
  }

  function apply(change: Change): void {
    sequence = change.n;
    if (change.v === undefined) table(change.t).delete(change.k);
    else table(change.t).set(change.k, change.v);
  }

  function commit(t: string, k: string, v: unknown): void {
    const change: Change = v === undefined ? { n: sequence + 1, t, k } : { n: sequence + 1, t, k, v };
    writeAll(log, `${JSON.stringify(change)}\n`);
    apply(change);
    sinceSnapshot += 1;
    if (sinceSnapshot >= CHANGES_PER_SNAPSHOT) fold();
  }

  /** The snapshot is in place before the log is cut; a kill between the two replays changes that the snapshot's number skips. */
  function fold(): void {
    const content: Snapshot = {
      n: sequence,
      tables: Object.fromEntries([...tables].map(([name, records]) => [name, Object.fromEntries(records)])),
    };
    writeFileSync(`${files.snapshot}.new`, JSON.stringify(content));
    renameSync(`${files.snapshot}.new`, files.snapshot);
    ftruncateSync(log, 0);
    sinceSnapshot = 0;
  }

  return {
    get: (name, key) => tables.get(name)?.get(key),
    entries: (name) => [...(tables.get(name) ?? [])],
    put: (name, key, record) => commit(name, key, record),
    remove: (name, key) => commit(name, key, undefined),
    close: () => closeSync(log),
  };
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

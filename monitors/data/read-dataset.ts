import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { IssueLog } from './issues';
import { logNotFinite } from './not-finite';
import type { Made, Reader } from './read-captures';
import { readCaptures } from './read-captures';
import { readCsv } from './read-csv';
import { readJsonl } from './read-jsonl';
import { readParquet } from './read-parquet';
import type { Session } from './session';
import { objectsOf } from './sources';
import { rowsOf } from './sql';
import type { DataFormat, Dataset, ReadOptions } from './types';

export interface ReadHooks {
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

const READERS: Readonly<Record<DataFormat, (reader: Reader) => Promise<Made>>> = {
  capture: readCaptures,
  csv: readCsv,
  jsonl: readJsonl,
  parquet: readParquet,
};

let made = 0;

/**
 * Reads files into a table of the session, in bounded memory. Whatever is wrong with them is counted in `issues`; nothing that a file
 * holds makes this reject. Rejects for files that are not there, for paths that are none (RangeError), and when aborted.
 */
export async function readDataset(session: Session, options: ReadOptions, hooks: ReadHooks = {}): Promise<Dataset> {
  const { db } = session;
  const objects = await objectsOf(options.sources);
  const evidence = objects.map(({ key }) => key);
  made += 1;
  const table = `dataset_${made}`;
  const copyDir = path.join(session.dir, `${table}-copies`);
  await mkdir(copyDir, { recursive: true });
  const issues = new IssueLog();
  try {
    const { columns, rows } = await READERS[options.format]({
      ...{ session, objects, options, table },
      hooks: { copyDir, issues, signal: hooks.signal, progress: hooks.progress },
    });
    await logNotFinite(db, { table, columns }, issues);
    return {
      ...{ db, table, columns, rows, evidence },
      window: options.window ?? (await windowOf(session, table)),
      issues: issues.list(evidence),
    };
  } finally {
    await rm(copyDir, { recursive: true, force: true });
  }
}

async function windowOf({ db }: Session, table: string): Promise<Dataset['window']> {
  const [range] = await rowsOf(db, `SELECT min(_at), max(_at) + 1 FROM ${table}`);
  const [fromMs, toMs] = range ?? [];
  return fromMs === null || fromMs === undefined ? null : { fromMs: Number(fromMs), toMs: Number(toMs) };
}

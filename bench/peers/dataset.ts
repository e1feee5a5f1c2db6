import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { named } from '../../monitors/data/sql';
import type { Dataset } from '../../monitors/data/types';
import type { State, Work } from '../../monitors/types';

/** Columns of values, and what is known of each row; as a reader of captures would leave them. */
export interface Columns {
  readonly cells: Readonly<Record<string, readonly (string | number | null)[]>>;
  readonly ids?: readonly string[];
  readonly atMs?: readonly number[];
  readonly variants?: readonly string[];
}

/** Does something with a dataset in a database and a folder of its own, which are gone afterwards. */
export async function withDataset<T>(
  columns: Columns,
  use: (made: {
    readonly work: Work;
    readonly dataset: Dataset;
    readonly dir: string;
    readonly state: (dir: string) => State;
  }) => Promise<T>
): Promise<T> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'sluice-dataset-'));
  const instance = await DuckDBInstance.create(':memory:');
  const db = await instance.connect();
  try {
    const names = Object.keys(columns.cells);
    const rows = columns.cells[names[0] ?? '']?.length ?? 0;
    await db.run(
      `CREATE TABLE data (_object INTEGER, _line BIGINT, _row INTEGER, _id VARCHAR, _at BIGINT, _variant VARCHAR, _label VARCHAR, ${names.map((name) => `${named(name)} VARCHAR`).join(', ')})`
    );
    const appender = await db.createAppender('data');
    const text = (cell: string | number | null | undefined) =>
      cell === null || cell === undefined ? appender.appendNull() : appender.appendVarchar(String(cell));
    for (let i = 0; i < rows; i++) {
      appender.appendInteger(0);
      appender.appendBigInt(BigInt(i + 1));
      appender.appendInteger(1);
      text(columns.ids?.[i]);
      const at = columns.atMs?.[i];
      if (at === undefined) appender.appendNull();
      else appender.appendBigInt(BigInt(at));
      text(columns.variants?.[i]);
      appender.appendNull();
      for (const name of names) text(columns.cells[name]?.[i]);
      appender.endRow();
    }
    appender.closeSync();
    const times = columns.atMs ?? [];
    const window =
      times.length === 0
        ? null
        : {
            fromMs: times.reduce((a, b) => Math.min(a, b), Infinity),
            toMs: times.reduce((a, b) => Math.max(a, b), 0) + 1,
          };
    const evidence = [{ source: 'data.csv', etag: null, bytes: 0 }];
    const dataset: Dataset = { db, table: 'data', columns: names, rows, window, issues: [], evidence };
    const state = (of: string): State => ({ dir: of, rows: { read: rows, used: rows }, window, issues: [], evidence });
    return await use({ work: { db, progress: () => undefined }, dataset, dir, state });
  } finally {
    db.closeSync();
    instance.closeSync();
    await rm(dir, { recursive: true, force: true });
  }
}

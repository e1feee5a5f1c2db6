import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';

/** Enough to stream one Parquet file. */
const SETTINGS = { threads: '1', memory_limit: '100MB', autoinstall_known_extensions: 'false' };

/**
 * Lends a second database for as long as `use` runs, to who asks for it: a connection that streams an answer cannot be asked anything else. Opening
 * and closing it takes as long as judging ten columns, so it is only opened when it is asked for.
 */
export async function withSecondDatabase<T>(use: (open: () => Promise<DuckDBConnection>) => Promise<T>): Promise<T> {
  let opened: Promise<Opened> | undefined;
  try {
    return await use(async () => (await (opened ??= open())).db);
  } finally {
    const { instance, db } = (await opened) ?? {};
    db?.closeSync();
    instance?.closeSync();
  }
}

interface Opened {
  readonly instance: DuckDBInstance;
  readonly db: DuckDBConnection;
}

async function open(): Promise<Opened> {
  const instance = await DuckDBInstance.create(':memory:', SETTINGS);
  return { instance, db: await instance.connect() };
}

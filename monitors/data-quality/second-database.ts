import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';

/** Enough to stream one Parquet file. */
const SETTINGS = { threads: '1', memory_limit: '100MB', autoinstall_known_extensions: 'false' };

/** Lends a second database for as long as `use` runs: a connection that streams an answer cannot be asked anything else. */
export async function withSecondDatabase<T>(use: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', SETTINGS);
  const db = await instance.connect();
  try {
    return await use(db);
  } finally {
    db.closeSync();
    instance.closeSync();
  }
}

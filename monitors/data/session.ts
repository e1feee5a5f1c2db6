import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** A DuckDB that is there for one piece of work. What it cannot hold within its memory lies in its folder meanwhile. */
export interface Session {
  readonly db: DuckDBConnection;
  /** One more connection to the same tables: one that streams an answer can do nothing else. Closed with the session. */
  connect(): Promise<DuckDBConnection>;
  /** For whatever the work wants to put down; removed with the session. */
  readonly dir: string;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Made when it is not there, and removed at the end: nothing else may be in it. */
  readonly dir: string;
  /** What DuckDB may hold. The process takes about 200 MB more. Default 300. */
  readonly memoryMb?: number;
  /** Default 2: what a worker can spare beside its other activities. */
  readonly threads?: number;
}

/** 1 MB as DuckDB counts. */
export const DEFAULT_MEMORY_MB = 300;
const DEFAULT_THREADS = 2;

/** Opens an empty database. The same input comes to the same rows in the same order whatever the memory and the threads are. */
export async function openSession({
  dir,
  memoryMb = DEFAULT_MEMORY_MB,
  threads = DEFAULT_THREADS,
}: SessionOptions): Promise<Session> {
  await mkdir(dir, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    threads: String(threads),
    temp_directory: path.join(dir, 'duckdb'),
    preserve_insertion_order: 'true',
    // Nothing that a file says may fetch code from elsewhere.
    autoinstall_known_extensions: 'false',
  });
  const db = await instance.connect();
  const further: DuckDBConnection[] = [];
  return {
    db,
    dir,
    async connect() {
      const connection = await instance.connect();
      further.push(connection);
      return connection;
    },
    async close() {
      for (const connection of [...further, db]) connection.closeSync();
      instance.closeSync();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

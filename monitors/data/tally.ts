import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { listOf, named, quoted } from './sql';

/**
 * A tally: distinct tuples with how often each occurred, in a Parquet file, sorted by the tuple (ADR 8). Its last column is `n`, BIGINT;
 * the others are the tuple. Text sorts by its UTF-8 bytes, numbers by their value, nulls first.
 */

/** How often the tuple occurred. */
export const COUNT = 'n';

const PARQUET = '(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)';

/**
 * Writes the tally of what a query answers, or adds to what it answers if it has a column `n` of its own.
 * @param sql a query whose columns, but for `n`, are the tuple.
 */
export async function writeTally(db: DuckDBConnection, sql: string, file: string): Promise<void> {
  const columns = await columnsOf(db, sql);
  const tuple = columns.filter((column) => column !== COUNT).map(named);
  const count = columns.includes(COUNT) ? `sum(${COUNT})::BIGINT` : 'count(*)';
  const order = tuple.map((column) => `${column} NULLS FIRST`).join(', ');
  const grouped = tuple.length === 0 ? '' : `GROUP BY ${tuple.join(', ')} ORDER BY ${order}`;
  await db.run(
    `COPY (SELECT ${[...tuple, `${count} AS ${COUNT}`].join(', ')} FROM (${sql}) ${grouped}) TO ${quoted(file)} ${PARQUET}`
  );
}

/** Adds tallies of shards: the same bytes come of any order of `files`, and of one shard as of many. */
export async function addTallies(db: DuckDBConnection, files: readonly string[], to: string): Promise<void> {
  await writeTally(db, `SELECT * FROM ${tallyTable(files)}`, to);
}

/** What stands after FROM in a query over tallies; of several files, tuples are not yet added. */
export function tallyTable(files: string | readonly string[]): string {
  const list = typeof files === 'string' ? [files] : files;
  return `read_parquet(${listOf(list)}, union_by_name = true)`;
}

/** The tuples of one tally in its order, in chunks of some thousand; the count is the last cell of each. */
export async function* streamTally(db: DuckDBConnection, file: string): AsyncGenerator<readonly DuckDBValue[][]> {
  yield* streamRows(db, `SELECT * FROM ${tallyTable(file)}`);
}

/** The rows of a query, in its order, in chunks: never more in memory than one. */
export async function* streamRows(db: DuckDBConnection, sql: string): AsyncGenerator<readonly DuckDBValue[][]> {
  const answer = await db.stream(sql);
  for (;;) {
    const chunk = await answer.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows();
  }
}

async function columnsOf(db: DuckDBConnection, sql: string): Promise<readonly string[]> {
  const prepared = await db.prepare(`SELECT * FROM (${sql}) LIMIT 0`);
  return (await prepared.run()).columnNames();
}

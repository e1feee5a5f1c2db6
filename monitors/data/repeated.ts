import type { DuckDBConnection } from '@duckdb/node-api';
import { listOf, quoted, rowsOf } from './sql';

/** File of a shard's state with the events that it has read: their hash, object and line. */
export const EVENTS_FILE = 'events.parquet';

/**
 * Events that several shards have read: each stands once, in order of objects and lines. Writes where the others are, for `ReadOptions.repeated` to leave
 * out; resolves to how many there are, and writes nothing where there is none. Events are told apart by 64 bits: among a million, the chance that two
 * are taken for one is 3 in 10⁸.
 */
export async function writeRepeated(db: DuckDBConnection, events: readonly string[], to: string): Promise<number> {
  const all = `read_parquet(${listOf(events)})`;
  const rows = `SELECT source, line FROM (
      SELECT *, row_number() OVER (PARTITION BY h ORDER BY source, line) AS k FROM ${all}
      WHERE h IN (SELECT h FROM ${all} GROUP BY h HAVING count(*) > 1))
    WHERE k > 1`;
  const [[count] = []] = await rowsOf(db, `SELECT count(*) FROM (${rows})`);
  if (Number(count) === 0) return 0;
  await db.run(`COPY (${rows}) TO ${quoted(to)} (FORMAT parquet, COMPRESSION zstd)`);
  return Number(count);
}

import type { DuckDBConnection } from '@duckdb/node-api';
import { named, quoted } from '../../data/sql';
import { taggedSql } from './kinds';
import type { Pack } from './layout';

const PARQUET = '(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)';

/**
 * Writes the tallies of a pack in one query. Kinds and numbers are found once for each distinct value.
 * @param counted a query of (position, value, n), each value of a position once.
 */
async function writePack(db: DuckDBConnection, counted: string, pack: Pack): Promise<void> {
  // A column of its own is not sorted by what never changes.
  const order = [...(pack.to - pack.from > 1 ? ['position'] : []), 'number NULLS FIRST', 'value NULLS FIRST'];
  await db.run(`COPY (${taggedSql(counted)} ORDER BY ${order.join(', ')}) TO ${quoted(pack.file)} ${PARQUET}`);
}

/** Tallies columns of a table. */
export async function tallyColumns(
  db: DuckDBConnection,
  from: { readonly table: string; readonly columns: readonly string[] },
  pack: Pack
): Promise<void> {
  const columns = from.columns.slice(pack.from, pack.to).map(named);
  const positions = columns.map((_, at) => pack.from + at);
  const cells =
    columns.length === 1
      ? `SELECT ${columns[0] ?? ''} AS value FROM ${named(from.table)}`
      : `SELECT unnest([${positions.join(', ')}]) AS position, unnest([${columns.join(', ')}]) AS value FROM ${named(from.table)}`;
  const counted =
    columns.length === 1
      ? `SELECT ${pack.from}::INTEGER AS position, value, count(*) AS n FROM (${cells}) GROUP BY value`
      : `SELECT position::INTEGER AS position, value, count(*) AS n FROM (${cells}) GROUP BY position, value`;
  await writePack(db, counted, pack);
}

/** Adds tallies: each of `parts` is a query of (position, value, n). */
export async function mergeTallies(db: DuckDBConnection, parts: readonly string[], pack: Pack): Promise<void> {
  const all = parts.join(' UNION ALL ');
  await writePack(
    db,
    `SELECT position::INTEGER AS position, value, sum(n)::BIGINT AS n FROM (${all}) GROUP BY position, value`,
    pack
  );
}

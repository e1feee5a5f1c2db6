import type { DuckDBConnection } from '@duckdb/node-api';
import { named, quoted } from '../../data/sql';
import { tallyTable } from '../../data/tally';
import { kindSql, numberSql } from './kinds';

const PARQUET = '(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)';

/** The tally of a query of (value, n): kinds and numbers are found once for each distinct value. */
async function writeValues(db: DuckDBConnection, sql: string, file: string): Promise<void> {
  await db.run(
    `COPY (
       SELECT CASE WHEN kind IN ('Integral', 'Fractional') THEN ${numberSql('value')} END AS number, value, kind, n
       FROM (SELECT value, n, ${kindSql('value')} AS kind FROM (SELECT value, sum(n)::BIGINT AS n FROM (${sql}) GROUP BY value))
       ORDER BY number NULLS FIRST, value NULLS FIRST
     ) TO ${quoted(file)} ${PARQUET}`
  );
}

export async function tallyColumn(
  db: DuckDBConnection,
  from: { readonly table: string; readonly column: string },
  file: string
): Promise<void> {
  await writeValues(
    db,
    `SELECT ${named(from.column)} AS value, count(*) AS n FROM ${named(from.table)} GROUP BY 1`,
    file
  );
}

/** Adds tallies; rows of shards that did not have the column miss it. */
export async function mergeColumn(
  db: DuckDBConnection,
  from: { readonly files: readonly string[]; readonly missing: number },
  to: string
): Promise<void> {
  const lacking = from.missing > 0 ? `UNION ALL SELECT NULL::VARCHAR, ${from.missing}::BIGINT` : '';
  await writeValues(db, `SELECT value, n FROM ${tallyTable(from.files)} ${lacking}`, to);
}

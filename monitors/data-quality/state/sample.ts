import type { DuckDBConnection } from '@duckdb/node-api';
import type { Dataset } from '../../data/types';
import { listOf, named, quoted } from '../../data/sql';
import { tallyTable } from '../../data/tally';

/** Whole rows that a state keeps: enough for means of a row's error to a hundredth of its spread. */
export const SAMPLE_ROWS = 10_000;
/** Columns and characters of a sampled row: what is wider is no table of features. */
export const SAMPLE_COLUMNS = 200;
const SAMPLE_CHARACTERS = 64;

const PARQUET = '(FORMAT parquet, COMPRESSION zstd)';

/**
 * The rows with the smallest hashes of where they stand (object, line, row): a sample without replacement that does not depend on how the
 * objects were sharded, nor on what is in them.
 */
export async function sampleRows(dataset: Dataset, file: string): Promise<void> {
  const sources = listOf(dataset.evidence.map(({ source }) => source));
  const columns = dataset.columns
    .slice(0, SAMPLE_COLUMNS)
    .map((column) => `, left(${named(column)}, ${SAMPLE_CHARACTERS}) AS ${named(column)}`);
  // `_object` is an index from 0, lists count from 1.
  const key = `md5(concat_ws(':', list_extract(${sources}::VARCHAR[], _object + 1), _line, _row)) AS _key`;
  const all = `SELECT ${key}, _object AS o, _line AS l, _row AS r FROM ${named(dataset.table)}`;
  // Whole rows are only looked at once it is known which.
  const keyed = `SELECT _key, rows.* FROM (${all} ORDER BY _key LIMIT ${SAMPLE_ROWS}) JOIN ${named(dataset.table)} AS rows
    ON _object = o AND _line = l AND _row = r`;
  const from = dataset.rows > SAMPLE_ROWS ? keyed : `SELECT ${key}, * FROM ${named(dataset.table)}`;
  await dataset.db.run(
    `COPY (SELECT _key ${columns.join('')} FROM (${from}) ORDER BY _key) TO ${quoted(file)} ${PARQUET}`
  );
}

export async function mergeSamples(db: DuckDBConnection, files: readonly string[], to: string): Promise<void> {
  await db.run(
    `COPY (SELECT * FROM ${tallyTable(files)} ORDER BY _key LIMIT ${SAMPLE_ROWS}) TO ${quoted(to)} ${PARQUET}`
  );
}

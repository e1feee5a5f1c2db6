import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Dataset } from '../../data/types';
import { rowsOf } from '../../data/sql';
import { tallyTable } from '../../data/tally';
import type { Work } from '../../types';
import { readColumns, sampleFile, sketchesDir, tallyFile, writeColumns } from './layout';
import { mergeSamples, sampleRows } from './sample';
import { sketchObjects } from './sketch';
import { mergeColumn, tallyColumn } from './values';
import { cp, readdir } from 'node:fs/promises';

/** Reads a shard: tallies of all columns, sketches of those that are numbers so far, a sample of rows. */
export async function digestDataset(
  work: Work,
  dataset: Dataset,
  { dir, exclude }: { readonly dir: string; readonly exclude: readonly string[] }
): Promise<void> {
  const columns = dataset.columns.filter((column) => !exclude.includes(column));
  const numeric: string[] = [];
  for (const [position, column] of columns.entries()) {
    work.signal?.throwIfAborted();
    const file = tallyFile(dir, position);
    await tallyColumn(dataset.db, { table: dataset.table, column }, file);
    if (await holdsNumbersOnly(dataset.db, file)) numeric.push(column);
    work.progress(position + 1, columns.length, 'columns');
  }
  await sketchObjects(dataset, numeric, sketchesDir(dir));
  await sampleRows({ ...dataset, columns }, sampleFile(dir));
  await writeColumns(dir, { version: 1, rows: dataset.rows, columns });
}

/** A column that has a text anywhere is text in the end, and needs no sketch. */
async function holdsNumbersOnly(db: DuckDBConnection, file: string): Promise<boolean> {
  const [row] = await rowsOf(
    db,
    `SELECT count(*) FILTER (kind IN ('String', 'Boolean')), count(number) FROM ${tallyTable(file)}`
  );
  return Number(row?.[0]) === 0 && Number(row?.[1]) > 0;
}

/** Joins states: columns in the order in which they are first met. */
export async function mergeStates(work: Work, from: readonly string[], to: string): Promise<void> {
  const parts = await Promise.all(from.map(async (dir) => ({ dir, ...(await readColumns(dir)) })));
  const columns = [...new Set(parts.flatMap((part) => part.columns))];
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  for (const [position, column] of columns.entries()) {
    work.signal?.throwIfAborted();
    const having = parts.filter((part) => part.columns.includes(column));
    const files = having.map((part) => tallyFile(part.dir, part.columns.indexOf(column)));
    const missing = rows - having.reduce((sum, part) => sum + part.rows, 0);
    await mergeColumn(work.db, { files, missing }, tallyFile(to, position));
    work.progress(position + 1, columns.length, 'columns');
  }
  await mergeSamples(
    work.db,
    parts.map(({ dir }) => sampleFile(dir)),
    sampleFile(to)
  );
  for (const { dir } of parts)
    for (const name of await readdir(sketchesDir(dir)).catch(() => []))
      await cp(path.join(sketchesDir(dir), name), path.join(sketchesDir(to), name));
  await writeColumns(to, { version: 1, rows, columns });
}

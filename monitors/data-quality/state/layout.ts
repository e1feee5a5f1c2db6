import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A state of data quality: `columns.json`; for each column a tally `c<position>.parquet` of (number, value, kind, n), sorted by number, then
 * by value; `sample.parquet`, some whole rows; `sketches/`, Deequ's sketches of each object.
 */
export interface StateColumns {
  readonly version: 1;
  readonly rows: number;
  readonly columns: readonly string[];
}

export async function writeColumns(dir: string, columns: StateColumns): Promise<void> {
  await writeFile(path.join(dir, 'columns.json'), `${JSON.stringify(columns)}\n`);
}

/** Throws where there is no state. */
export async function readColumns(dir: string): Promise<StateColumns> {
  return JSON.parse(await readFile(path.join(dir, 'columns.json'), 'utf8')) as StateColumns;
}

export const tallyFile = (dir: string, position: number): string =>
  path.join(dir, `c${String(position).padStart(6, '0')}.parquet`);

export const sampleFile = (dir: string): string => path.join(dir, 'sample.parquet');

export const sketchesDir = (dir: string): string => path.join(dir, 'sketches');

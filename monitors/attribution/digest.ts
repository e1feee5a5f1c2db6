import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { named, quoted, rowsOf } from '../data/sql';
import { tallyTable } from '../data/tally';
import type { Dataset } from '../data/types';
import type { Work } from '../types';
import type { AttributionOptions } from './options';

/** Rows to explain: those with the smallest digests of their place, which any sharding finds the same. Explaining comes after joining. */
export const rowsFile = (dir: string): string => path.join(dir, 'rows.parquet');
const madeFile = (dir: string): string => path.join(dir, 'attribution.json');

interface Made {
  readonly rows: number;
  /** In the order of the data. */
  readonly features: readonly string[];
}

export async function digestRows(
  { db, progress }: Work,
  dataset: Dataset,
  { options, dir }: { readonly options: AttributionOptions; readonly dir: string }
): Promise<void> {
  const excluded = new Set(options.excluded);
  const features = dataset.columns.filter((column) =>
    options.text === null ? !excluded.has(column) : column === options.text.column
  );
  const sources = `([${dataset.evidence.map(({ source }) => quoted(source)).join(', ')}]::VARCHAR[])`;
  const place = `md5(concat_ws('|', ${sources}[_object + 1], _line, _row))`;
  const cells = features.map((column, f) => `${named(column)} AS c${f}`);
  await db.run(
    `COPY (SELECT ${[`${place} AS place`, ...cells].join(', ')} FROM ${dataset.table}
       ORDER BY place LIMIT ${options.rows}) TO ${quoted(rowsFile(dir))} (FORMAT parquet)`
  );
  const made: Made = { rows: options.rows, features };
  await writeFile(madeFile(dir), `${JSON.stringify(made)}\n`);
  progress(dataset.rows, dataset.rows, 'rows');
}

export async function mergeRows({ db }: Work, from: readonly string[], to: string): Promise<void> {
  const [first] = from;
  if (first === undefined) throw new RangeError('There is no state to merge.');
  const text = await readFile(madeFile(first), 'utf8');
  const made = JSON.parse(text) as Made;
  const all = tallyTable(from.map(rowsFile));
  await db.run(
    `COPY (SELECT * FROM ${all} ORDER BY place LIMIT ${made.rows}) TO ${quoted(rowsFile(to))} (FORMAT parquet)`
  );
  await writeFile(madeFile(to), text);
}

/** The rows of a state, in the order of their digests; a missing cell is empty text. */
export async function readRows(
  { db }: Work,
  dir: string
): Promise<{ readonly features: readonly string[]; readonly rows: readonly (readonly string[])[] }> {
  const { features } = JSON.parse(await readFile(madeFile(dir), 'utf8')) as Made;
  const cells = features.map((_, f) => `c${f}`);
  const found = await rowsOf(
    db,
    `SELECT ${['place', ...cells].join(', ')} FROM ${tallyTable(rowsFile(dir))} ORDER BY place`
  );
  return { features, rows: found.map(([, ...row]) => row.map((cell) => (typeof cell === 'string' ? cell : ''))) };
}

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { named, quoted } from '../data/sql';
import { addTallies, tallyTable, writeTally } from '../data/tally';
import type { Dataset } from '../data/types';
import type { Work } from '../types';
import type { BiasOptions } from './options';

/**
 * Tally of one facet: `value`, `grp`, `label`, `predicted` and their number, as text. Rows without a facet, or without a label or prediction that
 * a metric needs, are of no side and are left out; the report counts them.
 */
export const facetFile = (dir: string, facet: number): string => path.join(dir, `facet-${facet}.parquet`);
/** Rows for the flip test: those with the smallest digests, which any sharding finds the same. */
export const rowsFile = (dir: string): string => path.join(dir, 'rows.parquet');

/** What a column of ours stands for a column of the data, null where the data have none. */
export function needsOf(options: BiasOptions): readonly string[] {
  const { label, predicted, probability, postTraining, preTraining } = options;
  const needs = [...(preTraining.length > 0 ? [label] : [])];
  if (postTraining.length > 0) needs.push(label, probability?.column ?? predicted);
  return [...new Set(needs)].filter((one): one is string => one !== null);
}

/** Reads one shard. Columns that the data lack are an error of the caller's, named before anything is read. */
export async function digestBias(
  { db, progress }: Work,
  dataset: Dataset,
  { options, dir }: { readonly options: BiasOptions; readonly dir: string }
): Promise<void> {
  const has = (column: string | null): column is string => column !== null && dataset.columns.includes(column);
  const cell = (column: string | null): string => (has(column) ? named(column) : 'NULL::VARCHAR');
  const { probability } = options;
  const predicted = has(probability?.column ?? null)
    ? `CASE WHEN try_cast(${cell(probability?.column ?? null)} AS DOUBLE) > ${probability?.threshold ?? 0.5} THEN 'true'
         WHEN try_cast(${cell(probability?.column ?? null)} AS DOUBLE) IS NOT NULL THEN 'false' END`
    : cell(options.predicted);
  const present = needsOf(options).filter(has);
  for (const [i, { column }] of options.facets.entries()) {
    const needed = [column, ...present].map((one) => `${cell(one)} IS NOT NULL`).join(' AND ');
    await writeTally(
      db,
      `SELECT ${cell(column)} AS value, ${cell(options.group)} AS grp, ${cell(options.label)} AS label,
         ${predicted} AS predicted FROM ${dataset.table} WHERE ${needed}`,
      facetFile(dir, i)
    );
    progress(i + 1, options.facets.length, 'facets');
  }
  const keepsRows = options.postTraining.includes('FT');
  if (keepsRows) await digestRows(db, dataset, { options, dir, predicted });
  const made: Made = { facets: options.facets.length, flipRows: keepsRows ? options.flipRows : null };
  await writeFile(madeFile(dir), `${JSON.stringify(made)}\n`);
}

/** One row of text for each of the chosen rows, with the columns that the flip test may look at. */
async function digestRows(
  db: Work['db'],
  dataset: Dataset,
  p: { readonly options: BiasOptions; readonly dir: string; readonly predicted: string }
): Promise<void> {
  const { options, dir, predicted } = p;
  const features = flipColumns(dataset.columns, options);
  const facets = options.facets.map(({ column }, i) => `${has(dataset, column)} AS f${i}`);
  const sources = `([${dataset.evidence.map(({ source }) => quoted(source)).join(', ')}]::VARCHAR[])`;
  const place = `md5(concat_ws('|', ${sources}[_object + 1], _line, _row))`;
  await db.run(
    `COPY (SELECT ${place} AS place, ${[...facets, `${predicted} AS predicted`].join(', ')},
       ${features.map((column) => `${named(column)} AS ${named(`x_${column}`)}`).join(', ') || 'NULL AS x'}
     FROM ${dataset.table} ORDER BY place LIMIT ${options.flipRows}) TO ${quoted(rowsFile(dir))} (FORMAT parquet)`
  );
}

const has = ({ columns }: Dataset, column: string): string =>
  columns.includes(column) ? named(column) : 'NULL::VARCHAR';

/** Columns that stay when labels and what was excluded are taken away; as in Clarify, group and other facets are features. */
function flipColumns(columns: readonly string[], options: BiasOptions): readonly string[] {
  const { label, predicted, probability, excluded } = options;
  const away = new Set([label, predicted, probability?.column, ...excluded]);
  return columns.filter((column) => !away.has(column));
}

/** What a merge must know of the digests that it joins. */
interface Made {
  readonly facets: number;
  /** Null: no rows were kept. */
  readonly flipRows: number | null;
}

const madeFile = (dir: string): string => path.join(dir, 'bias.json');

/** Joins shards: tallies by adding, rows by keeping the smallest digests. */
export async function mergeBias({ db }: Work, from: readonly string[], to: string): Promise<void> {
  const [first] = from;
  if (first === undefined) throw new RangeError('There is no state to merge.');
  const text = await readFile(madeFile(first), 'utf8');
  const made = JSON.parse(text) as Made;
  for (let i = 0; i < made.facets; i++)
    await addTallies(
      db,
      from.map((dir) => facetFile(dir, i)),
      facetFile(to, i)
    );
  await writeFile(madeFile(to), text);
  if (made.flipRows === null) return;
  const all = tallyTable(from.map((dir) => rowsFile(dir)));
  await db.run(
    `COPY (SELECT * FROM ${all} ORDER BY place LIMIT ${made.flipRows}) TO ${quoted(rowsFile(to))} (FORMAT parquet)`
  );
}

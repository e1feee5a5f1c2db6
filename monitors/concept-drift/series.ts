import path from 'node:path';
import { listOf, named, quoted, rowsOf } from '../data/sql';
import { addTallies, streamRows, tallyTable, writeTally } from '../data/tally';
import type { DataIssue, Dataset } from '../data/types';
import { JOINED, joinLabels } from '../model-quality/join';
import type { JoinOptions } from '../model-quality/join-options';
import { canonicalClass } from '../model-quality/measure';
import { mergeIssues, writeIssues } from '../sides/issues';
import { textOf, textOrNull } from '../sides/cells';
import type { Work } from '../types';
import type { DriftOptions } from './options';

/**
 * The values that are watched, in the order of time. Order matters here, so a tuple holds its place, and each is counted once:
 * `at, source, line, row, variant, subject, value`.
 */
const SERIES = 'series.parquet';

/** Name of the subject that is wrong predictions, or the absolute errors of a regression. */
export const ERRORS = 'error';

export async function digestSeries(
  work: Work,
  dataset: Dataset,
  { options, dir }: { readonly options: DriftOptions; readonly dir: string }
): Promise<void> {
  const { db } = work;
  const missing = options.values.filter((name) => !dataset.columns.includes(name));
  if (missing.length > 0)
    throw new RangeError(
      `the data have no column ${missing.join(', ')}; their columns are ${dataset.columns.join(', ')}`
    );
  const sources = listOf(dataset.evidence.map(({ source }) => source));
  const source = (object: string): string => `coalesce(${sources}[${object} + 1], '')`;
  const parts = options.values.map(
    (
      name
    ) => `SELECT _at AS at_ms, ${source('_object')} AS source, _line AS line, _row AS row_number, _variant AS variant,
      ${quoted(name)} AS subject, TRY_CAST(${named(name)} AS DOUBLE) AS value FROM ${named(dataset.table)}`
  );
  let labelIssues: readonly DataIssue[] = [];
  if (options.errors !== null) {
    labelIssues = await joinLabels(work, dataset, options.errors);
    const error = errorOf(options.errors);
    parts.push(`SELECT at_ms, ${source('object')} AS source, line, row_number, variant, ${quoted(ERRORS)} AS subject,
      ${error} AS value FROM ${JOINED} WHERE label IS NOT NULL AND prediction IS NOT NULL`);
  }
  const all = parts.join(' UNION ALL ');
  await writeTally(db, `SELECT * FROM (${all}) WHERE isfinite(value)`, path.join(dir, SERIES));
  const unusable = await rowsOf(
    db,
    `SELECT count(*), arg_min(source, (source, line)), arg_min(line, (source, line)) FROM (${all}) WHERE value IS NULL OR NOT isfinite(value)`
  );
  const [count, first, line] = unusable[0] ?? [];
  const issues: readonly DataIssue[] =
    Number(count) === 0
      ? []
      : [
          {
            kind: 'noOutput',
            count: Number(count),
            unused: 0,
            first: { source: textOf(first), line: line === null ? null : Number(line), note: 'no number to watch' },
          },
        ];
  await writeIssues(dir, { own: issues, sides: labelIssues });
}

/** SQL. What a binary classifier says is positive or not, however the other class is called. */
function errorOf({ problem, positiveLabel }: JoinOptions): string {
  const positive = quoted(canonicalClass(positiveLabel));
  switch (problem) {
    case 'Regression':
      return 'abs(prediction - label)';
    case 'MulticlassClassification':
      return '(prediction <> label)::INTEGER::DOUBLE';
    case 'BinaryClassification':
      return `((prediction = ${positive}) <> (label = ${positive}))::INTEGER::DOUBLE`;
  }
}

export async function mergeSeries(work: Work, from: readonly string[], to: string): Promise<void> {
  await addTallies(
    work.db,
    from.map((dir) => path.join(dir, SERIES)),
    path.join(to, SERIES)
  );
  await mergeIssues(from, to);
}

export interface StreamName {
  readonly variant: string | null;
  readonly subject: string;
}

/** The streams of a state, by name. */
export async function streamsOf({ db }: Work, dir: string): Promise<readonly StreamName[]> {
  const rows = await rowsOf(
    db,
    `SELECT DISTINCT variant, subject FROM ${tallyTable(path.join(dir, SERIES))} ORDER BY 1 NULLS FIRST, 2`
  );
  return rows.map(([variant, subject]) => ({ variant: textOrNull(variant), subject: textOf(subject) }));
}

/** Distinct values of one subject over all variants, ascending, with their counts, and how many there are altogether. */
export async function valuesOf(
  { db }: Work,
  dir: string,
  subject: string
): Promise<{ readonly n: number; readonly each: AsyncIterable<readonly (readonly [number, number])[]> }> {
  const from = `${tallyTable(path.join(dir, SERIES))} WHERE subject = ${quoted(subject)}`;
  const [counted] = await rowsOf(db, `SELECT coalesce(sum(n), 0) FROM ${from}`);
  async function* each() {
    for await (const chunk of streamRows(db, `SELECT value, sum(n)::BIGINT FROM ${from} GROUP BY 1 ORDER BY 1`))
      yield chunk.map(([value, n]) => [Number(value), Number(n)] as const);
  }
  return { n: Number(counted?.[0] ?? 0), each: each() };
}

/** One stream in its order, in chunks, with the time of each value (null for data without times). */
export async function* readStream(
  { db }: Work,
  dir: string,
  { variant, subject }: StreamName
): AsyncGenerator<readonly { readonly atMs: number | null; readonly value: number }[]> {
  const own = variant === null ? 'variant IS NULL' : `variant = ${quoted(variant)}`;
  const sql = `SELECT at_ms, value, n FROM ${tallyTable(path.join(dir, SERIES))} WHERE subject = ${quoted(subject)} AND ${own}
    ORDER BY at_ms NULLS FIRST, source, line, row_number`;
  for await (const chunk of streamRows(db, sql))
    yield chunk.flatMap(([at, value, n]) => {
      const one = { atMs: at === null ? null : Number(at), value: Number(value) };
      return Array.from({ length: Number(n) }, () => one);
    });
}

import type { DuckDBConnection } from '@duckdb/node-api';
import { named, rowsOf } from '../../data/sql';
import { tallyTable } from '../../data/tally';
import { textOf } from '../cell';
import { fileCategories } from '../drift/samples';
import type { BaselineFeature } from '../files/read-baseline';
import { numberSql } from '../state/kinds';

/** How a column becomes a number. */
export type Encoding =
  | { readonly kind: 'number'; readonly name: string; readonly missing: number }
  /** A category is as much as its share in the baseline; one that is new there is 0. */
  | {
      readonly kind: 'frequency';
      readonly name: string;
      readonly shares: Readonly<Record<string, number>>;
      readonly missing: number;
    };

const MOST_COLUMNS = 60;

/** Numbers as they are, the missing one as the mean; categories by their share, the missing one as the most frequent. */
export function encodingsOf(baseline: readonly BaselineFeature[], excluded: ReadonlySet<string>): readonly Encoding[] {
  return baseline
    .filter(({ name }) => !excluded.has(name))
    .flatMap((feature): Encoding[] => {
      const { name, statistics } = feature;
      const numbers = statistics?.numerical_statistics;
      if (numbers) return numbers.std_dev > 0 ? [{ kind: 'number', name, missing: numbers.mean }] : [];
      const categories = fileCategories(feature) ?? [];
      const present = categories.reduce((sum, { count }) => sum + count, 0);
      if (categories.length < 2) return [];
      const shares = Object.fromEntries(categories.map(({ value, count }) => [value, count / present]));
      return [{ kind: 'frequency', name, shares, missing: Math.max(...Object.values(shares)) }];
    })
    .slice(0, MOST_COLUMNS);
}

/** The sampled rows of a state, encoded, in the order of their keys. A column that is not there is missing throughout. */
export async function encodedRows(
  db: DuckDBConnection,
  file: string,
  encodings: readonly Encoding[]
): Promise<readonly (readonly number[])[]> {
  const known = new Set((await rowsOf(db, `DESCRIBE SELECT * FROM ${tallyTable(file)}`)).map(([name]) => textOf(name)));
  const cells = encodings.map((one) => {
    if (!known.has(one.name)) return 'NULL';
    if (one.kind === 'frequency') return named(one.name);
    const number = numberSql(named(one.name));
    return `CASE WHEN isfinite(${number}) THEN ${number} END`;
  });
  // In the order of their keys, as they lie in the file.
  const answer = await db.run(`SELECT ${cells.join(', ')} FROM ${tallyTable(file)}`);
  const rows: number[][] = [];
  for (;;) {
    const chunk = await answer.fetchChunk();
    const count = chunk?.rowCount ?? 0;
    if (chunk === null || count === 0) return rows;
    const vectors = encodings.map((_, i) => chunk.getColumnVector(i));
    for (let at = 0; at < count; at++)
      rows.push(vectors.map((vector, i) => (encodings[i] ? encode(vector.getItem(at), encodings[i]) : 0)));
  }
}

function encode(cell: unknown, one: Encoding): number {
  if (cell === null || cell === undefined) return one.missing;
  if (one.kind === 'number') return Number(cell);
  const value = textOf(cell);
  return Object.hasOwn(one.shares, value) ? (one.shares[value] ?? 0) : 0;
}

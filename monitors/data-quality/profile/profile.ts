import type { DuckDBConnection } from '@duckdb/node-api';
import { rowsOf } from '../../data/sql';
import { tallyTable } from '../../data/tally';
import { textOf } from '../cell';
import { inferType, isNumeric, VALUE_KINDS } from '../state/kinds';
import type { InferredType, ValueKind } from '../state/kinds';
import { tallyFile } from '../state/layout';
import type { StateColumns } from '../state/layout';
import { momentsOf } from './moments';
import type { Moments } from './moments';
import { streamNumbers, walk } from './numbers';

/** Above this many distinct values a text column has no histogram and no domain (Deequ's limit, which it holds against an estimate). */
export const MOST_CATEGORIES = 120;

export interface Category {
  readonly value: string;
  readonly count: number;
}

/** What a tally says of one column. */
export interface ColumnProfile {
  readonly name: string;
  /** The column's tally. */
  readonly file: string;
  readonly rows: number;
  readonly present: number;
  readonly missing: number;
  readonly kinds: Readonly<Record<ValueKind, number>>;
  readonly inferred: InferredType;
  /** Different values, exact. */
  readonly distinct: number;
  /** Null for text. */
  readonly moments: Moments | null;
  /** Most frequent first, then by name; null for numbers and where there are more than 120. */
  readonly categories: readonly Category[] | null;
}

/** Profiles of all columns of a state, in their order. */
export async function profileState(
  db: DuckDBConnection,
  state: { readonly dir: string; readonly columns: StateColumns },
  visit: (done: number, total: number) => void
): Promise<readonly ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  const { columns, rows } = state.columns;
  for (const [position, name] of columns.entries()) {
    profiles.push(await profileColumn(db, { name, rows, file: tallyFile(state.dir, position) }));
    visit(position + 1, columns.length);
  }
  return profiles;
}

async function profileColumn(
  db: DuckDBConnection,
  column: { readonly name: string; readonly rows: number; readonly file: string }
): Promise<ColumnProfile> {
  const table = tallyTable(column.file);
  const found = await rowsOf(db, `SELECT kind, sum(n)::DOUBLE, count(value)::DOUBLE FROM ${table} GROUP BY kind`);
  const of = (kind: ValueKind) => found.find(([name]) => name === kind);
  const kinds = Object.fromEntries(VALUE_KINDS.map((kind) => [kind, Number(of(kind)?.[1] ?? 0)]));
  const counts = kinds as Record<ValueKind, number>;
  const inferred = inferType(counts);
  const missing = counts.Unknown;
  const distinct = found.reduce((sum, [, , values]) => sum + Number(values), 0);
  return {
    ...column,
    present: column.rows - missing,
    missing,
    kinds: counts,
    inferred,
    distinct,
    moments: isNumeric(inferred) ? await momentsOfColumn(db, column.file) : null,
    categories: inferred === 'String' && distinct <= MOST_CATEGORIES ? await categoriesOf(db, table) : null,
  };
}

async function momentsOfColumn(db: DuckDBConnection, file: string): Promise<Moments> {
  const moments = momentsOf();
  await walk(streamNumbers(db, file), moments.add);
  return moments.done();
}

async function categoriesOf(db: DuckDBConnection, table: string): Promise<readonly Category[]> {
  const rows = await rowsOf(db, `SELECT value, n::DOUBLE FROM ${table} WHERE value IS NOT NULL ORDER BY n DESC, value`);
  return rows.map(([value, count]) => ({ value: textOf(value), count: Number(count) }));
}

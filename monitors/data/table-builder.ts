import type { DuckDBConnection } from '@duckdb/node-api';
import { uniqueNames } from './column-names';
import { named, rowsOf } from './sql';

/** Rows that go into the table, in their order. */
export interface Part {
  /** A query with `o`, `n`, `r`, `id`, `ms`, `variant`, `label`, and whatever `columns` refer to. */
  readonly sql: string;
  /** Names of columns with the expression that each is. */
  readonly columns: ReadonlyMap<string, string>;
}

/** Makes the table of a dataset of its parts. Rows end up by object, line and row. */
export async function buildTable(
  db: DuckDBConnection,
  {
    table,
    parts,
    order,
  }: { readonly table: string; readonly parts: readonly Part[]; readonly order: readonly string[] }
): Promise<{ readonly columns: readonly string[]; readonly rows: number }> {
  const columns = uniqueNames(order);
  const declared = columns.map((column) => `${named(column)} VARCHAR`);
  const own = '_object INTEGER, _line BIGINT, _row INTEGER, _id VARCHAR, _at BIGINT, _variant VARCHAR, _label VARCHAR';
  await db.run(`CREATE TABLE ${table} (${[own, ...declared].join(', ')})`);
  let filled = 0;
  for (const part of parts) {
    const cells = order
      .map((name) => part.columns.get(name))
      .map((cell) => (cell === undefined ? 'NULL' : `nullif(${cell}, '')`));
    const before = await countOf(db, table);
    await db.run(
      `INSERT INTO ${table} SELECT ${['o', 'n', 'r', 'id', 'ms', 'variant', 'label', ...cells].join(', ')} FROM (${part.sql})`
    );
    if ((await countOf(db, table)) > before) filled += 1;
  }
  if (filled > 1) {
    await db.run(`CREATE TABLE ${table}_ordered AS SELECT * FROM ${table} ORDER BY _object, _line, _row`);
    await db.run(`DROP TABLE ${table}`);
    await db.run(`ALTER TABLE ${table}_ordered RENAME TO ${table}`);
  }
  return { columns, rows: await countOf(db, table) };
}

/** Cells of a list by their position. */
export function listCells(names: readonly string[], list = 'c'): ReadonlyMap<string, string> {
  return new Map(names.map((name, at) => [name, `${list}[${at + 1}]`]));
}

async function countOf(db: DuckDBConnection, table: string): Promise<number> {
  const [row] = await rowsOf(db, `SELECT count(*)::INTEGER FROM ${table}`);
  return Number(row?.[0] ?? 0);
}

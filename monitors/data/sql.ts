import type { DuckDBConnection } from '@duckdb/node-api';

/** Text as a literal of SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name of a column or table as SQL takes any name. */
export function named(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A list of literals. */
export function listOf(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}

/** A cell of an answer: 64-bit integers are text, lists and structs their JSON. */
export type Cell = string | number | boolean | null;

/** All rows of an answer that is known to be small. */
export async function rowsOf(db: DuckDBConnection, sql: string): Promise<readonly Cell[][]> {
  const reader = await db.runAndReadAll(sql);
  return reader
    .getRowsJson()
    .map((row) => row.map((cell) => (typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell)));
}

/** Lines of one object, at most: what is beyond shares its place with the next. */
const LINES = 1_000_000_000_000n;

/** An aggregate in SQL that finds the first place by `o` and `n`; `placeOf` reads it. A struct would say the same, ten times slower. */
export const PLACE = `(o * ${LINES} + n)`;
export const FIRST_PLACE = `min(${PLACE})`;

export function placeOf(first: unknown): { readonly object: number; readonly line: number } {
  const place = BigInt(typeof first === 'string' || typeof first === 'number' ? first : 0);
  return { object: Number(place / LINES), line: Number(place % LINES) };
}

import type { DuckDBConnection, Json } from '@duckdb/node-api';

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

/** All rows of an answer that is known to be small. 64-bit integers come as text. */
export async function rowsOf(db: DuckDBConnection, sql: string): Promise<readonly Json[][]> {
  const reader = await db.runAndReadAll(sql);
  return reader.getRowsJson();
}

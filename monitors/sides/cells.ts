import type { Json } from '@duckdb/node-api';

/** A cell of a query's answer as text. */
export function textOf(cell: Json | undefined): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell ?? null);
}

/** The same, with null for null. */
export const textOrNull = (cell: Json | undefined): string | null =>
  cell === null || cell === undefined ? null : textOf(cell);

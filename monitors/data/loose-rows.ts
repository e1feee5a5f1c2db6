import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { MAX_COLUMNS, NameBook } from './column-names';
import type { BodyRow } from './bodies';
import { named } from './sql';
import type { Part } from './table-builder';
import { listCells } from './table-builder';

/** Where a row comes from. */
export interface RowOrigin {
  readonly object: number;
  readonly line: number;
  readonly row: number;
  readonly id: string | null;
  readonly atMs: bigint | null;
  readonly label: string | null;
}

/** Rows that were taken apart here rather than by DuckDB: quoted CSV, JSON, and whatever is unusual. */
export class LooseRows {
  readonly book = new NameBook();
  #named = 0;

  private constructor(
    private readonly table: string,
    private readonly appender: DuckDBAppender
  ) {}

  /** `db` must not be one that streams an answer meanwhile. */
  static async open(db: DuckDBConnection, table: string): Promise<LooseRows> {
    await db.run(
      `CREATE TABLE ${table} (o INTEGER, n BIGINT, r INTEGER, id VARCHAR, ms BIGINT, label VARCHAR, w INTEGER, whole BOOLEAN, s VARCHAR, c VARCHAR)`
    );
    return new LooseRows(table, await db.createAppender(table));
  }

  get hasNamed(): boolean {
    return this.#named > 0;
  }

  /**
   * Returns false for a row of too many columns. `set` tells apart rows by position whose columns are not the same; `whole` is false where
   * a side of the record is missing.
   */
  add(
    origin: RowOrigin,
    row: BodyRow,
    { set = '', whole = true }: { readonly set?: string; readonly whole?: boolean } = {}
  ): boolean {
    const isNamed = row instanceof Map;
    const cells = isNamed
      ? this.book.cells(row as ReadonlyMap<string, string | null>)
      : (row as readonly (string | null)[]);
    if (cells === undefined || cells.length > MAX_COLUMNS) return false;
    const { appender } = this;
    appender.appendInteger(origin.object);
    appender.appendBigInt(BigInt(origin.line));
    appender.appendInteger(origin.row);
    appendText(appender, origin.id);
    if (origin.atMs === null) appender.appendNull();
    else appender.appendBigInt(origin.atMs);
    appendText(appender, origin.label);
    if (isNamed) appender.appendNull();
    else appender.appendInteger(cells.length);
    appender.appendBoolean(whole);
    appender.appendVarchar(set);
    appender.appendVarchar(JSON.stringify(cells));
    appender.endRow();
    if (isNamed) this.#named += 1;
    return true;
  }

  /** No more rows come. */
  close(): void {
    this.appender.closeSync();
  }

  /** Rows by position that have these columns. `variants` is a list in SQL, by object. */
  positional(names: readonly string[], of: { readonly variants: string; readonly where: string }): Part {
    return { sql: `${this.#select(of.variants)} WHERE w IS NOT NULL AND ${of.where}`, columns: listCells(names) };
  }

  named(variants: string): Part {
    return { sql: `${this.#select(variants)} WHERE w IS NULL`, columns: listCells(this.book.names) };
  }

  #select(variants: string): string {
    return `SELECT o, n, r, id, ms, ${variants}[o + 1] AS variant, label, from_json(c, '["VARCHAR"]') AS c FROM ${named(this.table)}`;
  }
}

function appendText(appender: DuckDBAppender, text: string | null): void {
  if (text === null) appender.appendNull();
  else appender.appendVarchar(text);
}

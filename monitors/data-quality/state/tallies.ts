import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBDoubleVector, DuckDBIntegerVector } from '@duckdb/node-api';
import { listOf, quoted, rowsOf } from '../../data/sql';
import { textOf } from '../cell';
import { streamNumbers, streamOf } from '../profile/numbers';
import type { NumberChunk, NumberStream } from '../profile/numbers';
import { VALUE_KINDS } from './kinds';
import type { ValueKind } from './kinds';
import { packsOf, readColumns } from './layout';
import type { Pack, StateColumns } from './layout';

/** What is counted of one column. */
export interface ColumnFacts {
  readonly kinds: Readonly<Record<ValueKind, number>>;
  /** Different values, exact. */
  readonly distinct: number;
  /** Values that are numbers, and how many of them are below zero. */
  readonly numbers: number;
  readonly negative: number;
}

export interface Category {
  readonly value: string;
  readonly count: number;
}

/** Above this many distinct values a text column has no histogram and no domain (Deequ's limit, which it holds against an estimate). */
export const MOST_CATEGORIES = 120;

/**
 * The tallies of a state, asked about all columns at once where that fits into memory: a question costs a millisecond or two, whatever it is
 * about, and a window has one for each of its columns many times over.
 */
export class Tallies {
  readonly #packs: readonly Pack[];
  #beside: (() => Promise<DuckDBConnection>) | undefined;
  #facts: Promise<readonly ColumnFacts[]> | undefined;
  #few: Promise<ReadonlyMap<number, readonly Category[]>> | undefined;
  /** Numbers of the pack that was asked for last, by position. */
  #near: { readonly pack: Pack; readonly numbers: ReadonlyMap<number, NumberChunk> } | undefined;

  private constructor(
    private readonly db: DuckDBConnection,
    dir: string,
    readonly state: StateColumns
  ) {
    this.#packs = packsOf(dir, state);
  }

  /** Throws where there is no state. */
  static async open(db: DuckDBConnection, dir: string): Promise<Tallies> {
    return new Tallies(db, dir, await readColumns(dir));
  }

  /** Streams on another connection from now on: until its end nothing else can be asked where an answer is streamed. */
  streamOn(beside: () => Promise<DuckDBConnection>): this {
    this.#beside = beside;
    return this;
  }

  /** -1 where there is no such column. */
  positionOf(name: string): number {
    return this.state.columns.indexOf(name);
  }

  /** What stands after FROM for the (number, value, kind, n) of one column. */
  table(position: number): string {
    const { file, from, to } = this.#packOf(position);
    const only = to - from > 1 ? ` WHERE position = ${position}` : '';
    return `(SELECT number, value, kind, n FROM read_parquet(${quoted(file)})${only})`;
  }

  /** Of all columns, by position. */
  facts(): Promise<readonly ColumnFacts[]> {
    this.#facts ??= this.#countFacts();
    return this.#facts;
  }

  /** The values of a column, most frequent first, then by name; no more than `most`, which is at least 120. */
  async categories(position: number, most = MOST_CATEGORIES): Promise<readonly Category[]> {
    const facts = await this.facts();
    if ((facts[position]?.distinct ?? 0) <= MOST_CATEGORIES) {
      this.#few ??= this.#allOf(facts.flatMap(({ distinct }, at) => (distinct <= MOST_CATEGORIES ? [at] : [])));
      return (await this.#few).get(position) ?? [];
    }
    const rows = await rowsOf(
      this.db,
      `SELECT value, n::DOUBLE FROM ${this.table(position)} WHERE value IS NOT NULL ORDER BY n DESC, value LIMIT ${most}`
    );
    return rows.map(([value, count]) => ({ value: textOf(value), count: Number(count) }));
  }

  /** The numbers of a column; the stream may be asked for anew. */
  async numbers(position: number): Promise<() => NumberStream> {
    const pack = this.#packOf(position);
    if (pack.to - pack.from > 1) {
      if (this.#near?.pack !== pack) this.#near = { pack, numbers: await this.#fetchNumbers(pack) };
      const chunk = this.#near.numbers.get(position);
      return () => streamOf(chunk);
    }
    const db = (await this.#beside?.()) ?? this.db;
    return () => streamNumbers(db, `SELECT number, n::DOUBLE FROM ${this.table(position)} WHERE number IS NOT NULL`);
  }

  #packOf(position: number): Pack {
    const pack = this.#packs.find(({ from, to }) => position >= from && position < to);
    if (!pack) throw new RangeError(`There is no column ${position}.`);
    return pack;
  }

  async #countFacts(): Promise<readonly ColumnFacts[]> {
    const facts = this.state.columns.map(() => ({
      kinds: Object.fromEntries(VALUE_KINDS.map((kind) => [kind, 0])) as Record<ValueKind, number>,
      ...{ distinct: 0, numbers: 0, negative: 0 },
    }));
    const rows =
      this.#packs.length === 0
        ? []
        : await rowsOf(
            this.db,
            `SELECT position, kind, sum(n)::DOUBLE, count(value)::DOUBLE, coalesce(sum(n) FILTER (number IS NOT NULL), 0)::DOUBLE,
               coalesce(sum(n) FILTER (number < 0), 0)::DOUBLE FROM ${tableOf(this.#packs)} GROUP BY position, kind`
          );
    for (const [position, kind, count, distinct, numbers, negative] of rows) {
      const one = facts[Number(position)];
      const known = VALUE_KINDS.find((name) => name === kind);
      if (!one || known === undefined) continue;
      one.kinds[known] = Number(count);
      one.distinct += Number(distinct);
      one.numbers += Number(numbers);
      one.negative += Number(negative);
    }
    return facts;
  }

  /** The values of columns that have few. */
  async #allOf(positions: readonly number[]): Promise<ReadonlyMap<number, readonly Category[]>> {
    const found = new Map(positions.map((position): [number, Category[]] => [position, []]));
    const packs = this.#packs.filter(({ from, to }) => positions.some((at) => at >= from && at < to));
    if (packs.length === 0) return found;
    const rows = await rowsOf(
      this.db,
      `SELECT position, value, n::DOUBLE FROM ${tableOf(packs)}
       WHERE value IS NOT NULL AND position IN (${positions.join(', ')}) ORDER BY position, n DESC, value`
    );
    for (const [position, value, count] of rows)
      found.get(Number(position))?.push({ value: textOf(value), count: Number(count) });
    return found;
  }

  /** Numbers lie in the file as they are wanted: by position, ascending. */
  async #fetchNumbers({ file }: Pack): Promise<ReadonlyMap<number, NumberChunk>> {
    const found = new Map<number, { readonly xs: number[]; readonly weights: number[] }>();
    const rows = await this.db.run(
      `SELECT position, number, n::DOUBLE FROM read_parquet(${quoted(file)}) WHERE number IS NOT NULL`
    );
    for (;;) {
      const chunk = await rows.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return found;
      const [positions, numbers, counts] = [0, 1, 2].map((at) => chunk.getColumnVector(at));
      if (!(positions instanceof DuckDBIntegerVector)) return found;
      if (!(numbers instanceof DuckDBDoubleVector) || !(counts instanceof DuckDBDoubleVector)) return found;
      const count = chunk.rowCount;
      for (let row = 0; row < count; row++) {
        const position = positions.getItem(row) ?? -1;
        let column = found.get(position);
        if (!column) found.set(position, (column = { xs: [], weights: [] }));
        column.xs.push(numbers.getItem(row) ?? 0);
        column.weights.push(counts.getItem(row) ?? 0);
      }
    }
  }
}

/** What stands after FROM for packs as one. */
export function tableOf(packs: readonly Pack[]): string {
  return `read_parquet(${listOf(packs.map(({ file }) => file))})`;
}

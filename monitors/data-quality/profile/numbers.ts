import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBDoubleVector } from '@duckdb/node-api';

/** Numbers in ascending order, with how often each occurred. */
export interface NumberChunk {
  readonly xs: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/** A sample in ascending order; equal numbers may come more than once, side by side. */
export type NumberStream = AsyncIterable<NumberChunk, void>;

/** Numbers of a query of (number, weight), in chunks of some thousand. */
export async function* streamNumbers(db: DuckDBConnection, sql: string): AsyncGenerator<NumberChunk> {
  const rows = await db.stream(sql);
  for (;;) {
    const chunk = await rows.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const [numbers, counts] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    if (!(numbers instanceof DuckDBDoubleVector) || !(counts instanceof DuckDBDoubleVector)) return;
    const count = chunk.rowCount;
    const [xs, weights] = [new Float64Array(count), new Float64Array(count)];
    for (let row = 0; row < count; row++) {
      xs[row] = numbers.getItem(row) ?? 0;
      weights[row] = counts.getItem(row) ?? 0;
    }
    yield { xs, weights };
  }
}

/** A sample that is in memory; none is empty. */
export async function* streamOf(chunk: NumberChunk | undefined): AsyncGenerator<NumberChunk> {
  if (chunk) yield chunk;
}

/** Numbers with their weights as a stream has them. */
export function chunkOf(items: readonly { readonly x: number; readonly weight: number }[]): NumberChunk {
  return { xs: items.map(({ x }) => x), weights: items.map(({ weight }) => weight) };
}

/** Where one stream is. */
class Cursor {
  private chunk: NumberChunk | undefined;
  private at = 0;
  private readonly chunks: AsyncIterator<NumberChunk, void>;

  constructor(stream: NumberStream) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  /** The next number of the chunk in hand; undefined at its end, infinite at the end of the stream. */
  peek(): number | undefined {
    return this.chunk === undefined ? Infinity : this.chunk.xs[this.at];
  }

  /** Weight of all of this number in the chunk. */
  take(x: number): number {
    let weight = 0;
    while (this.chunk !== undefined && this.chunk.xs[this.at] === x) weight += this.chunk.weights[this.at++] ?? 0;
    return weight;
  }

  async refill(): Promise<void> {
    do {
      const next = await this.chunks.next();
      this.chunk = next.done === true ? undefined : next.value;
      this.at = 0;
    } while (this.chunk !== undefined && this.chunk.xs.length === 0);
  }
}

/** Walks two samples as one, in ascending order: every number once, with its weight in each. Constant memory. */
export async function walkBoth(
  a: NumberStream,
  b: NumberStream,
  visit: (x: number, ofA: number, ofB: number) => void
): Promise<void> {
  const [left, right] = [new Cursor(a), new Cursor(b)];
  await left.refill();
  await right.refill();
  let [x, ofA, ofB] = [NaN, 0, 0];
  for (;;) {
    // Nothing is awaited as long as neither chunk ends: a promise for each of ten million numbers would cost seconds.
    const [p, q] = [left.peek(), right.peek()];
    if (p === undefined) await left.refill();
    else if (q === undefined) await right.refill();
    else {
      const least = Math.min(p, q);
      if (least !== x) {
        if (ofA + ofB > 0) visit(x, ofA, ofB);
        if (least === Infinity) return;
        [x, ofA, ofB] = [least, 0, 0];
      }
      ofA += left.take(least);
      ofB += right.take(least);
    }
  }
}

/** Walks one sample in ascending order, every number once. */
export async function walk(stream: NumberStream, visit: (x: number, weight: number) => void): Promise<void> {
  await walkBoth(stream, streamOf(undefined), (x, weight) => visit(x, weight));
}

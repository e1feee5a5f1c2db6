import { DuckDBDoubleVector, DuckDBIntegerVector } from '@duckdb/node-api';
import type { Dataset } from '../../data/types';
import { named } from '../../data/sql';
import { KllSketch } from '../kll/sketch';
import { writeSketches } from '../kll/files';
import { numberSql } from './kinds';

/** Columns that are sketched in one pass over the rows: what is in memory is one object's sketches of them. */
const COLUMNS_AT_ONCE = 256;

/** Sketches each object's numbers in the order of its lines. `columns` hold nothing but numbers. */
export async function sketchObjects(dataset: Dataset, columns: readonly string[], dir: string): Promise<void> {
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE)
    await writeSketches({ dir, part: at / COLUMNS_AT_ONCE }, (add) =>
      sketchColumns(dataset, columns.slice(at, at + COLUMNS_AT_ONCE), add)
    );
}

async function sketchColumns(
  dataset: Dataset,
  columns: readonly string[],
  add: (source: string, sketches: readonly (readonly [string, KllSketch])[]) => Promise<void>
): Promise<void> {
  const numbers = columns.map((column) => numberSql(named(column)));
  const rows = await dataset.db.stream(`SELECT _object, ${numbers.join(', ')} FROM ${named(dataset.table)}`);
  let object = -1;
  let sketches: KllSketch[] = [];
  const finish = async (): Promise<void> => {
    const source = dataset.evidence[object]?.source;
    if (source === undefined) return;
    await add(
      source,
      sketches.map((sketch, i) => [columns[i] ?? '', sketch])
    );
  };
  for (;;) {
    const chunk = await rows.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    const objects = chunk.getColumnVector(0);
    const vectors = columns.map((_, i) => chunk.getColumnVector(i + 1));
    const count = chunk.rowCount;
    for (let from = 0; from < count;) {
      const now = objects instanceof DuckDBIntegerVector ? (objects.getItem(from) ?? -1) : -1;
      let end = from + 1;
      while (end < count && objects.getItem(end) === now) end++;
      if (now !== object) {
        await finish();
        object = now;
        sketches = columns.map(() => new KllSketch());
      }
      vectors.forEach((vector, i) => {
        const sketch = sketches[i];
        if (sketch && vector instanceof DuckDBDoubleVector) update(sketch, vector, { from, end });
      });
      from = end;
    }
  }
  await finish();
}

function update(
  sketch: KllSketch,
  vector: DuckDBDoubleVector,
  { from, end }: { readonly from: number; readonly end: number }
): void {
  for (let row = from; row < end; row++) {
    const value = vector.getItem(row);
    if (value !== null) sketch.update(value);
  }
}

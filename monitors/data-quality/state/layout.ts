import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A state of data quality: `columns.json`; the columns' tallies in packs, `values-<n>.parquet`, of (position, number, value, kind, n), sorted by
 * position, number and value; `sample.parquet`, some whole rows; `sketches-<n>.kll`, Deequ's sketches of each object.
 */
export interface StateColumns {
  readonly version: 2;
  readonly rows: number;
  readonly columns: readonly string[];
}

export async function writeColumns(dir: string, columns: StateColumns): Promise<void> {
  await writeFile(path.join(dir, 'columns.json'), `${JSON.stringify(columns)}\n`);
}

/** Throws where there is no state, or one of another version. */
export async function readColumns(dir: string): Promise<StateColumns> {
  const columns = JSON.parse(await readFile(path.join(dir, 'columns.json'), 'utf8')) as StateColumns;
  // Whoever has written it was this program, of some version.
  if (Number(columns.version) !== 2)
    throw new RangeError(
      `The state in ${dir} is of another version of Sluice; make it again with \`sluice baseline\`.`
    );
  return columns;
}

/** Columns whose tallies share a file: positions from `from` up to `to`. */
export interface Pack {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** Cells of a pack, at most, if it has more than one column: what of it is asked for fits into memory at once. */
const PACK_CELLS = 250_000;

/** The packs of a state. They follow from its size, so that the same rows lie in the same files however they were sharded. */
export function packsOf(dir: string, { rows, columns }: Pick<StateColumns, 'rows' | 'columns'>): readonly Pack[] {
  const size = Math.max(1, Math.floor(PACK_CELLS / Math.max(1, rows)));
  return Array.from({ length: Math.ceil(columns.length / size) }, (_, n) => ({
    file: path.join(dir, `values-${n}.parquet`),
    from: n * size,
    to: Math.min(columns.length, (n + 1) * size),
  }));
}

export const sampleFile = (dir: string): string => path.join(dir, 'sample.parquet');

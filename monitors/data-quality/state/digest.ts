import type { Dataset } from '../../data/types';
import { quoted } from '../../data/sql';
import { mergeSketches } from '../kll/files';
import type { Work } from '../../types';
import { packsOf, readColumns, sampleFile, writeColumns } from './layout';
import type { Pack, StateColumns } from './layout';
import { mergeSamples, sampleRows } from './sample';
import { sketchObjects } from './sketch';
import { Tallies } from './tallies';
import { mergeTallies, tallyColumns } from './values';

/** Reads a shard: tallies of all columns, sketches of those that are numbers so far, a sample of rows. */
export async function digestDataset(
  work: Work,
  dataset: Dataset,
  { dir, exclude }: { readonly dir: string; readonly exclude: readonly string[] }
): Promise<void> {
  const columns = dataset.columns.filter((column) => !exclude.includes(column));
  const state: StateColumns = { version: 2, rows: dataset.rows, columns };
  for (const pack of packsOf(dir, state)) {
    work.signal?.throwIfAborted();
    await tallyColumns(dataset.db, { table: dataset.table, columns }, pack);
    work.progress(pack.to, columns.length, 'columns');
  }
  await writeColumns(dir, state);
  await sketchObjects(dataset, await numberColumns(dataset, dir), dir);
  await sampleRows({ ...dataset, columns }, sampleFile(dir));
}

/** A column that has a text anywhere is text in the end, and needs no sketch. */
async function numberColumns({ db }: Dataset, dir: string): Promise<readonly string[]> {
  const tallies = await Tallies.open(db, dir);
  const facts = await tallies.facts();
  return tallies.state.columns.filter((_, position) => {
    const { kinds, numbers } = facts[position] ?? {};
    return kinds?.String === 0 && kinds.Boolean === 0 && (numbers ?? 0) > 0;
  });
}

interface Shard extends StateColumns {
  readonly dir: string;
}

/** Joins states: columns in the order in which they are first met. */
export async function mergeStates(work: Work, from: readonly string[], to: string): Promise<void> {
  const shards = await Promise.all(from.map(async (dir): Promise<Shard> => ({ dir, ...(await readColumns(dir)) })));
  const columns = [...new Set(shards.flatMap((shard) => shard.columns))];
  const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
  const state: StateColumns = { version: 2, rows, columns };
  for (const pack of packsOf(to, state)) {
    work.signal?.throwIfAborted();
    await mergeTallies(work.db, partsOf(pack, { shards, state }), pack);
    work.progress(pack.to, columns.length, 'columns');
  }
  await mergeSamples(
    work.db,
    shards.map(({ dir }) => sampleFile(dir)),
    sampleFile(to)
  );
  await mergeSketches(from, to);
  await writeColumns(to, state);
}

/** Queries of what the shards have of a pack's columns, at the positions that they have in the end. */
function partsOf(
  { from, to }: Pack,
  { shards, state }: { readonly shards: readonly Shard[]; readonly state: StateColumns }
): readonly string[] {
  const wanted = new Map(state.columns.slice(from, to).map((name, at) => [name, from + at]));
  const lacking = [...wanted].flatMap(([name, position]) => {
    const having = shards.filter(({ columns }) => columns.includes(name));
    const missing = state.rows - having.reduce((sum, { rows }) => sum + rows, 0);
    return missing > 0
      ? [`SELECT ${position}::INTEGER AS position, NULL::VARCHAR AS value, ${missing}::BIGINT AS n`]
      : [];
  });
  const counted = shards.flatMap((shard) =>
    packsOf(shard.dir, shard).flatMap((pack) => {
      const places = shard.columns.slice(pack.from, pack.to).map((name) => wanted.get(name) ?? null);
      if (places.every((place) => place === null)) return [];
      const list = `[${places.map((place) => place ?? 'NULL').join(', ')}]::INTEGER[]`;
      return [
        `SELECT * FROM (SELECT (${list})[position - ${pack.from} + 1] AS position, value, n FROM read_parquet(${quoted(pack.file)})) WHERE position IS NOT NULL`,
      ];
    })
  );
  return [...counted, ...lacking];
}

import { existsSync } from 'node:fs';
import { named, rowsOf } from '../data/sql';
import { tallyTable } from '../data/tally';
import type { State, Work } from '../types';
import type { FacetRows } from './analyse';
import type { Tuple } from './counts';
import { facetFile, rowsFile } from './digest';
import type { FlipRow } from './flip-test';
import type { BiasOptions, Facet } from './options';
import { matcherOf, selectorFor, selectorName, selectorNamed } from './selector';
import type { Selector } from './selector';

type Cell = string | null;
interface TallyRow {
  readonly value: string;
  readonly group: Cell;
  readonly label: Cell;
  readonly predicted: Cell;
  readonly count: number;
}

/** How a baseline told sides and labels apart: the live window must do the same, whatever its own distinct values are. */
export interface Told {
  readonly label: string | null;
  /** Of each facet, by its column: the names of its disadvantaged values. */
  readonly facets: Readonly<Record<string, readonly string[]>>;
}

export interface BiasRows {
  readonly labelName: string;
  readonly facets: readonly FacetRows[];
}

/** The tuples of every facet, with sides and labels told apart as the baseline did, or by what the cells look like. */
export async function readBiasRows(
  { db }: Work,
  state: State,
  { options, told }: { readonly options: BiasOptions; readonly told: Told | null }
): Promise<BiasRows> {
  const tallies: TallyRow[][] = [];
  for (const i of options.facets.keys()) {
    const rows = await rowsOf(
      db,
      `SELECT value, grp, label, predicted, n::DOUBLE FROM ${tallyTable(facetFile(state.dir, i))}`
    );
    tallies.push(
      rows.map(([value, group, label, predicted, count]) => ({
        value: cellOf(value) ?? '',
        ...{ group: cellOf(group), label: cellOf(label), predicted: cellOf(predicted) },
        count: Number(count),
      }))
    );
  }
  const { positive } = options;
  const selector =
    (told?.label ?? null) === null
      ? selectorFor(
          cellsOf(tallies[0] ?? [], ({ label, predicted }) => label ?? predicted),
          positive
        )
      : selectorNamed(told?.label ?? '', positive);
  const isPositive = matcherOf(selector);
  const isPredicted = options.probability === null ? isPositive : (cell: string) => cell === 'true';
  const flips = await readFlipRows(db, state, { options, isPredicted });
  const facets = options.facets.flatMap((facet, i) => {
    const rows = tallies[i] ?? [];
    return selectorsOf(facet, rows, told).map((own): FacetRows => {
      const isDisadvantaged = matcherOf(own);
      const tuples = rows.map((row): Tuple => ({
        isDisadvantaged: isDisadvantaged(row.value),
        group: row.group,
        isPositive: row.label === null ? null : isPositive(row.label),
        isPredicted: row.predicted === null ? null : isPredicted(row.predicted),
        count: row.count,
      }));
      return {
        column: facet.column,
        valueOrThreshold: selectorName(own),
        tuples,
        flip: typeof flips === 'function' ? flips(i, isDisadvantaged) : flips,
      };
    });
  });
  const labelName =
    options.positive.length === 0 ? `> ${options.probability?.threshold ?? 0.5}` : selectorName(selector);
  return { labelName, facets };
}

const cellOf = (found: unknown): Cell => (typeof found === 'string' ? found : null);

function cellsOf(rows: readonly TallyRow[], of: (row: TallyRow) => Cell): ReadonlyMap<string, number> {
  const cells = new Map<string, number>();
  for (const row of rows) {
    const cell = of(row);
    if (cell !== null) cells.set(cell, (cells.get(cell) ?? 0) + row.count);
  }
  return cells;
}

/** A facet without values is taken value by value, each against all others. */
function selectorsOf({ column, values }: Facet, rows: readonly TallyRow[], told: Told | null): readonly Selector[] {
  const names = told?.facets[column];
  if (names !== undefined) return names.map((name) => selectorNamed(name, values ?? [name]));
  const cells = cellsOf(rows, ({ value }) => value);
  if (values !== null) return [selectorFor(cells, values)];
  return [...cells.keys()].sort().map((value) => ({ kind: 'values', values: [value] }));
}

/** Null: not asked for; a text: why not; else the rows of a facet. */
async function readFlipRows(
  db: Work['db'],
  state: State,
  { options, isPredicted }: { readonly options: BiasOptions; readonly isPredicted: (cell: string) => boolean }
): Promise<
  null | string | ((facet: number, isDisadvantaged: (cell: string) => boolean) => readonly FlipRow[] | string)
> {
  const file = rowsFile(state.dir);
  if (!options.postTraining.includes('FT') || !existsSync(file)) return null;
  const table = tallyTable(file);
  const described = await rowsOf(db, `DESCRIBE SELECT * FROM ${table}`);
  const columns = described.map(([name]) => cellOf(name) ?? '').filter((name) => name.startsWith('x_'));
  const facetCells = options.facets.map((_, i) => `f${i}`);
  const numbers = columns.map((name) => `try_cast(${named(name)} AS DOUBLE)`);
  const texts = columns.map((name) => `count(${named(name)}) > count(try_cast(${named(name)} AS DOUBLE))`);
  const [words = []] = columns.length === 0 ? [] : await rowsOf(db, `SELECT ${texts.join(', ')} FROM ${table}`);
  const rows = await rowsOf(
    db,
    `SELECT ${[...facetCells, 'predicted', ...numbers].join(', ')} FROM ${table} ORDER BY place`
  );
  const nFacets = facetCells.length;
  return (facet, isDisadvantaged) => {
    const own = `x_${options.facets[facet]?.column ?? ''}`;
    const text = columns.find((name, i) => name !== own && words[i] === true);
    if (text !== undefined) return `FlipTest does not support the non-numeric column ${text.slice(2)}; exclude it`;
    return rows.flatMap((row): readonly FlipRow[] => {
      const [value, predicted] = [cellOf(row[facet]), cellOf(row[nFacets])];
      const features = columns.flatMap((name, i) => (name === own ? [] : [row[nFacets + 1 + i]]));
      if (value === null || predicted === null || features.some((one) => typeof one !== 'number')) return [];
      return [
        {
          features: features.map(Number),
          isDisadvantaged: isDisadvantaged(value),
          isPredicted: isPredicted(predicted),
        },
      ];
    });
  };
}

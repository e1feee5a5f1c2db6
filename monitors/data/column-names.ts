import type { ReadOptions } from './types';

/** More columns than this are counted, and the row left out: a table that is wider is one that was split wrongly. */
export const MAX_COLUMNS = 2_000;

/** Names by position; those that nobody has named are `_c0`, `_c1`, … as in Spark and SageMaker. */
export function positionalNames(width: number, names: readonly string[] = []): readonly string[] {
  return uniqueNames(Array.from({ length: width }, (_, at) => names[at] ?? `_c${at}`));
}

/** Names whose order somebody has said. */
export function knownNames({ names, paths }: Pick<ReadOptions, 'names' | 'paths'>): readonly string[] {
  return names ?? paths?.map(({ name }) => name) ?? [];
}

/** Ours; a column of the data that has one of these gets a `_` behind it. */
const OWN = ['_object', '_line', '_row', '_id', '_at', '_variant', '_label'];

/** Names that a table can hold, where upper and lower case are the same and each stands once: the second `Age` beside `age` is `Age_2`. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set(OWN);
  return names.map((name) => {
    const base = OWN.includes(name.toLowerCase()) ? `${name}_` : name === '' ? '_c' : name;
    let unique = base;
    for (let n = 2; taken.has(unique.toLowerCase()); n += 1) unique = `${base}_${n}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

/** Names of columns that come by name, and their places in the order they were met. */
export class NameBook {
  readonly #places = new Map<string, number>();

  get names(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** The cells of a row by the places of their names; undefined where that would be too many columns. */
  cells(row: ReadonlyMap<string, string | null>): readonly (string | null)[] | undefined {
    const fresh = [...row.keys()].filter((name) => !this.#places.has(name));
    if (this.#places.size + fresh.length > MAX_COLUMNS) return undefined;
    for (const name of fresh) this.#places.set(name, this.#places.size);
    const cells: (string | null)[] = new Array<string | null>(this.#places.size).fill(null);
    for (const [name, cell] of row) cells[this.#places.get(name) ?? 0] = cell;
    return cells;
  }

  /** As the known names stand, then the others by code units: the same whatever was met first. */
  ordered(known: readonly string[]): readonly string[] {
    const rest = this.names.filter((name) => !known.includes(name)).sort();
    return [...known.filter((name) => this.#places.has(name)), ...rest];
  }
}

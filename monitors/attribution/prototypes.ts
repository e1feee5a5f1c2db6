import { seededUniform } from '../../guards/random';
import type { Background } from './explain';

const ROUNDS = 25;

/**
 * Centres of rows by k-prototypes (Huang 1998): numbers by their means and on one scale, words by the most frequent, a word that differs as far as
 * half a deviation of a number. Where all columns are numbers this is k-means. Seeded; each centre weighs as much as its part of the rows.
 */
export function prototypesOf(
  rows: readonly (readonly string[])[],
  { clusters, seed }: { readonly clusters: number; readonly seed: number }
): Background {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, f) => columnOf(rows.map((row) => row[f] ?? '')));
  const k = Math.min(clusters, rows.length);
  const uniform = seededUniform(seed);
  const distance = (row: number, centre: Centre): number =>
    columns.reduce((sum, column, f) => sum + column.distance(row, centre[f]), 0);
  let centres = firstCentres(rows.length, k, { distance, centreOf: (members) => centreOf(columns, members), uniform });
  let assigned: readonly number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const next = rows.map((_, row) => nearest(row, centres, distance));
    if (next.every((centre, row) => centre === assigned[row])) break;
    assigned = next;
    centres = centres.map((centre, c) => {
      const members = next.flatMap((own, row) => (own === c ? [row] : []));
      return members.length === 0 ? centre : centreOf(columns, members);
    });
  }
  const sizes = centres.map((_, c) => assigned.filter((own) => own === c).length);
  const kept = centres.flatMap((centre, c) => ((sizes[c] ?? 0) > 0 ? [{ centre, size: sizes[c] ?? 0 }] : []));
  return {
    rows: kept.map(({ centre }) => columns.map((column, f) => column.cell(centre[f]))),
    weights: kept.map(({ size }) => size / rows.length),
  };
}

/** A number on the column's scale, or a word. */
type Coordinate = number | string | undefined;
type Centre = readonly Coordinate[];

interface Column {
  distance(row: number, centre: Coordinate): number;
  middle(rows: readonly number[]): Coordinate;
  cell(centre: Coordinate): string;
}

const WORD_WEIGHT = 0.5;

function columnOf(cells: readonly string[]): Column {
  const numbers = cells.map((cell) => (cell.trim() === '' ? NaN : Number(cell)));
  const isNumeric = numbers.every((one) => Number.isFinite(one));
  if (!isNumeric)
    return {
      distance: (row, centre) => (cells[row] === centre ? 0 : WORD_WEIGHT),
      middle: (rows) => mostFrequent(rows.map((row) => cells[row] ?? '')),
      cell: (centre) => String(centre ?? ''),
    };
  const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const deviation = Math.sqrt(numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0) / numbers.length) || 1;
  const scaled = numbers.map((one) => (one - mean) / deviation);
  return {
    distance: (row, centre) => ((scaled[row] ?? 0) - Number(centre ?? 0)) ** 2,
    middle: (rows) => rows.reduce((sum, row) => sum + (scaled[row] ?? 0), 0) / rows.length,
    cell: (centre) => String(Number((mean + Number(centre ?? 0) * deviation).toPrecision(12))),
  };
}

/** The most frequent word; of equals the first by the alphabet. */
export function mostFrequent(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0] ?? '';
}

const centreOf = (columns: readonly Column[], rows: readonly number[]): Centre =>
  columns.map((column) => column.middle(rows));

/** k-means++: each further centre is a row drawn in proportion to its distance from those there are. */
function firstCentres(
  rows: number,
  k: number,
  p: {
    readonly distance: (row: number, centre: Centre) => number;
    readonly centreOf: (members: readonly number[]) => Centre;
    readonly uniform: () => number;
  }
): readonly Centre[] {
  if (k <= 1) return [p.centreOf(Array.from({ length: rows }, (_, row) => row))];
  const centres: Centre[] = [p.centreOf([Math.floor(p.uniform() * rows)])];
  while (centres.length < k) {
    const far = Array.from({ length: rows }, (_, row) => Math.min(...centres.map((centre) => p.distance(row, centre))));
    let left = p.uniform() * far.reduce((sum, one) => sum + one, 0);
    const drawn = far.findIndex((one) => (left -= one) < 0);
    if (drawn === -1) break;
    centres.push(p.centreOf([drawn]));
  }
  return centres;
}

function nearest(row: number, centres: readonly Centre[], distance: (row: number, centre: Centre) => number): number {
  const far = centres.map((centre) => distance(row, centre));
  return far.indexOf(Math.min(...far));
}

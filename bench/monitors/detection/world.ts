import { seededUniform } from '../../../guards/random';

/** One feature of the simulated traffic: how a row's value comes of two uniform numbers, and what drift does to it. */
export interface Feature {
  readonly name: string;
  readonly draw: (u: number, v: number) => number;
}

export interface Shift {
  readonly name: string;
  readonly feature: number;
  readonly change: (x: number) => number;
}

const normal = (u: number, v: number): number => Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
const few = (u: number): number => Math.floor(-Math.log(1 - u) * 2);

/** Four bell curves, two long tails, two small counts with many ties. */
export const FEATURES: readonly Feature[] = [
  ...[1, 2, 3, 4].map((i) => ({ name: `normal ${i}`, draw: normal })),
  ...[1, 2].map((i) => ({ name: `skewed ${i}`, draw: (u: number, v: number) => Math.exp(1.2 * normal(u, v)) })),
  ...[1, 2].map((i) => ({ name: `count ${i}`, draw: few })),
];

/** Each in one feature of eight. */
export const SHIFTS: readonly Shift[] = [
  { name: 'mean by ¼ of a deviation', feature: 0, change: (x) => x + 0.25 },
  { name: 'mean by ½ of a deviation', feature: 0, change: (x) => x + 0.5 },
  { name: 'mean by a whole deviation', feature: 0, change: (x) => x + 1 },
  { name: 'spread by one and a half', feature: 0, change: (x) => 1.5 * x },
  { name: 'long tail longer by a half', feature: 4, change: (x) => 1.5 * x },
  { name: 'counts: zeros become ones', feature: 6, change: (x) => Math.max(1, x) },
];

export const BASELINE_ROWS = 5000;
export const ROWS_A_MINUTE = 10;
export const HOURS = 24;
/** Where a stream drifts, it begins here. */
export const ONSET_HOUR = 6;

/** Each part of the traffic has a seed of its own, so that windows of any length see the same rows. */
const PART_MINUTES = 5;

/** Columns of so many rows. */
export type Rows = readonly Float64Array[];

export interface Stream {
  readonly baseline: Rows;
  /** The next minutes of traffic; `minute` is the first of them. */
  readonly next: (minute: number, minutes: number) => Rows;
}

/** The same seed gives the same traffic, whoever looks at it and how often. */
export function streamOf(seed: number, shift: Shift | null): Stream {
  const draw = (uniform: () => number, rows: number): Float64Array[] =>
    FEATURES.map((feature) => Float64Array.from({ length: rows }, () => feature.draw(uniform(), uniform())));
  const parts = new Map<number, Rows>();
  const partAt = (from: number): Rows => {
    const made = parts.get(from);
    if (made) return made;
    const columns = draw(seededUniform(seed * 7919 + from + 1), PART_MINUTES * ROWS_A_MINUTE);
    const isShifted = shift !== null && from >= ONSET_HOUR * 60;
    const part = isShifted
      ? columns.map((column, c) => (c === shift.feature ? column.map(shift.change) : column))
      : columns;
    parts.set(from, part);
    return part;
  };
  return {
    baseline: draw(seededUniform(seed), BASELINE_ROWS),
    next(minute, minutes) {
      const wanted = Array.from({ length: minutes / PART_MINUTES }, (_, i) => partAt(minute + PART_MINUTES * i));
      return FEATURES.map((_, c) => {
        const column = new Float64Array(minutes * ROWS_A_MINUTE);
        wanted.forEach((part, i) => column.set(part[c] ?? [], i * PART_MINUTES * ROWS_A_MINUTE));
        return column;
      });
    },
  };
}

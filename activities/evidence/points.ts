import { createHash } from 'node:crypto';
import { roundToPoint } from '../../guards';

/**
 * Counts of values at a guard's points. A value between two points goes to one of them by a draw that its id fixes, so that a look that is
 * repeated counts the same.
 */
export function histogram(
  points: readonly number[],
  values: readonly { readonly id: string; readonly value: number }[]
): readonly number[] {
  const counts = points.map(() => 0);
  for (const { id, value } of values) {
    const at = roundToPoint(points, value, uniformOf(id));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

/** A number in [0, 1) that looks drawn, from an id. */
function uniformOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;
}

export function momentsOf(values: readonly number[]): {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
} {
  return {
    n: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    squares: values.reduce((sum, value) => sum + value * value, 0),
  };
}

/** The end of the points that is worst for users: what an answer without a readable value counts as. */
export function worstOf(points: readonly number[], higherIs: 'better' | 'worse'): number {
  return (higherIs === 'better' ? points[0] : points.at(-1)) ?? 0;
}

/** A number out of an answer's text; null when there is none. */
export function numberOf(text: string | undefined): number | null {
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

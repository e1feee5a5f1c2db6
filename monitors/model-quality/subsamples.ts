import { seededUniform } from '../../guards/random';

/** SageMaker's rule: five random samples of 80 % of the rows, from 200 rows on. */
export const SAMPLES = 5;
export const LEAST_ROWS = 200;
const SHARE = 0.8;

/**
 * Draws the samples without replacement, all in one pass over tuples in a fixed order: of each tuple's copies so many go into each
 * sample. Rows are told apart by nothing but their tuple, so this is the law of drawing rows.
 */
export function drawSamples(rows: number, seed: number): (count: number) => readonly number[] {
  const uniform = seededUniform(seed);
  const needed = Array.from({ length: SAMPLES }, () => Math.floor(SHARE * rows));
  let left = rows;
  return (count) => {
    const taken = needed.map(() => 0);
    for (let copy = 0; copy < count; copy++) {
      for (let s = 0; s < SAMPLES; s++) {
        const wants = needed[s] ?? 0;
        if (uniform() * left >= wants) continue;
        needed[s] = wants - 1;
        taken[s] = (taken[s] ?? 0) + 1;
      }
      left -= 1;
    }
    return taken;
  };
}

/** Sample standard deviation. */
export function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

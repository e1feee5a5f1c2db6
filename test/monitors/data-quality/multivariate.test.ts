import { describe, expect, test } from '@jest/globals';
import { sampleMaker } from '../../../bench/peers/random-data';
import { errorBand, spreadOf } from '../../../monitors/data-quality/multivariate/band';
import { fitComponents, reconstructionError } from '../../../monitors/data-quality/multivariate/pca';

type Rows = readonly (readonly number[])[];

/** Columns in pairs that go together, every third skewed. */
function rowsOf(seed: number, n: number, columns: number): Rows {
  const make = sampleMaker(seed);
  const sides = Array.from({ length: columns }, (_, c) => (c % 3 === 2 ? make.skewed(n) : make.normals(n)));
  return Array.from({ length: n }, (_, i) =>
    sides.map((side, c) => (side[i] ?? 0) + (c % 2 === 1 ? (sides[c - 1]?.[i] ?? 0) : 0))
  );
}

/** As `checkTogether` does it: components of one half of the baseline, the band by the other. */
function play(baseline: Rows, live: Rows) {
  const fitting = baseline.filter((_, i) => i % 2 === 0);
  const fitted = fitComponents(fitting, 0.65);
  const errors = (of: Rows) => of.map((row) => reconstructionError(row, fitted));
  const unseen = errors(baseline.filter((_, i) => i % 2 === 1));
  const { low, high } = errorBand({ unseen, fitted: errors(fitting), live: errors(live), width: 3 });
  const { mean } = spreadOf(errors(live));
  return mean < low ? 'below' : mean > high ? 'above' : 'within';
}

describe('the error of rows put together again', () => {
  test.each([
    { baseline: 200, live: 100, columns: 3 },
    { baseline: 400, live: 800, columns: 6 },
    { baseline: 1000, live: 200, columns: 10 },
  ])(
    'of $live fresh rows against $baseline of $columns columns is outside as rarely as three standard errors say',
    ({ baseline, live, columns }) => {
      const trials = 200;
      const alarms = Array.from({ length: trials }, (_, i) =>
        play(rowsOf(2 * i + 1, baseline, columns), rowsOf(2 * i + 2, live, columns))
      ).filter((side) => side !== 'within').length;
      // 0.27 % of 200 is half an alarm; six would come by chance once in 20,000 runs.
      expect(alarms).toBeLessThan(6);
    }
  );

  test.each([400, 6000])(
    'of the %i rows that the baseline was made of is within, also of those that the components were fitted to alone',
    (n) => {
      const rows = rowsOf(1, n, 20);
      expect(play(rows, rows)).toBe('within');
      expect(
        play(
          rows,
          rows.filter((_, i) => i % 2 === 0)
        )
      ).toBe('within');
    }
  );

  test('is outside on the one side for rows that fall apart, on the other for rows that all look alike', () => {
    const baseline = rowsOf(1, 2000, 6);
    const live = rowsOf(2, 1000, 6);
    const torn = live.map((row, i) => row.map((x, c) => (c % 2 === 1 ? (live[999 - i]?.[c] ?? 0) : x)));
    expect(play(baseline, torn)).toBe('above');
    expect(
      play(
        baseline,
        live.map((row) => row.map((x) => x / 2))
      )
    ).toBe('below');
  });
});

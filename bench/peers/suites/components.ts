import { fitComponents, reconstructionError } from '../../../monitors/data-quality/multivariate/pca';
import { sampleMaker } from '../random-data';
import type { PeerCase, PeerSuite } from '../types';
import { SCIENTIFIC } from './scientific';

type Rows = readonly (readonly number[])[];

/** Columns that hang together in different ways. */
function cases(): readonly PeerCase[] {
  const make = sampleMaker(41);
  const rowsOf = (n: number, mix: (z: readonly number[]) => readonly number[], factors: number): Rows =>
    Array.from({ length: n }, () => mix(make.normals(factors)));
  const inputs: Record<string, Rows> = {
    'two factors, five columns': rowsOf(
      400,
      ([a = 0, b = 0, c = 0, d = 0, e = 0]) => [a, 10 * a + c, b - a + 0.2 * d, b, 0.5 * e + a],
      5
    ),
    'nothing in common': rowsOf(300, (z) => z, 6),
    'one column never changes': rowsOf(200, ([a = 0, b = 0]) => [a, 7, a + 0.1 * b], 2),
  };
  return Object.entries(inputs).map(([name, rows]) => ({ name, input: rows }));
}

/** Principal components of standardised rows, and errors of putting rows together again. */
export const componentsSuite: PeerSuite = {
  name: 'components',
  peer: SCIENTIFIC,
  script: 'components.py',
  cases,
  ours: (input) => {
    const rows = input as unknown as Rows;
    const fitting = rows.filter((_, i) => i % 2 === 0);
    const fitted = fitComponents(fitting, 0.65);
    const errors = rows.filter((_, i) => i % 2 === 1).map((row) => reconstructionError(row, fitted));
    return {
      components: fitted.components.length,
      explained: fitted.explained,
      errors: errors.slice(0, 20),
      meanError: errors.reduce((sum, x) => sum + x, 0) / errors.length,
    };
  },
  tolerance: { default: 1e-10 },
};

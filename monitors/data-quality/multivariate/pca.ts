import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Directions that carry most of what rows have in common. */
export interface PrincipalComponents {
  readonly means: readonly number[];
  /** Population standard deviations; 1 where a column never changes. */
  readonly scales: readonly number[];
  /** Unit vectors, the one with the largest variance first. */
  readonly components: readonly (readonly number[])[];
  /** Share of the variance that they carry. */
  readonly explained: number;
}

/**
 * Principal components of standardised rows: as many as carry at least `share` of the variance (scikit-learn's `n_components` as a
 * fraction; NannyML's default is 0.65).
 */
export function fitComponents(rows: readonly (readonly number[])[], share: number): PrincipalComponents {
  const width = rows[0]?.length ?? 0;
  const means = columnMeans(rows, width);
  const squares = columnMeans(rows, width, means);
  const scales = squares.map((square) => (square > 0 ? Math.sqrt(square) : 1));
  const covariance = covarianceOf(rows, { means, scales });
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const order = realEigenvalues.map((value, i) => ({ value: Math.max(0, value), i })).sort((a, b) => b.value - a.value);
  const total = order.reduce((sum, { value }) => sum + value, 0);
  const components: number[][] = [];
  let carried = 0;
  for (const { value, i } of order) {
    if (carried > share * total || total === 0) break;
    components.push(eigenvectorMatrix.getColumn(i));
    carried += value;
  }
  return { means, scales, components, explained: total > 0 ? carried / total : 0 };
}

/** Means of the columns; of the squared distances from `around` where that is given. */
function columnMeans(
  rows: readonly (readonly number[])[],
  width: number,
  around?: readonly number[]
): readonly number[] {
  const sums = new Array<number>(width).fill(0);
  for (const row of rows)
    for (let i = 0; i < width; i++) {
      const x = row[i] ?? 0;
      sums[i] = (sums[i] ?? 0) + (around === undefined ? x : (x - (around[i] ?? 0)) ** 2);
    }
  return sums.map((sum) => sum / Math.max(1, rows.length));
}

// Plain loops from here on: a window's ten thousand rows pass through them, and a closure for each cell takes most of a check.
function covarianceOf(
  rows: readonly (readonly number[])[],
  { means, scales }: Pick<PrincipalComponents, 'means' | 'scales'>
): Matrix {
  const width = means.length;
  const sums = new Float64Array(width * width);
  const z = new Float64Array(width);
  for (const row of rows) {
    for (let i = 0; i < width; i++) z[i] = ((row[i] ?? 0) - (means[i] ?? 0)) / (scales[i] ?? 1);
    for (let i = 0; i < width; i++)
      for (let j = 0; j <= i; j++) {
        const at = i * width + j;
        sums[at] = (sums[at] ?? 0) + (z[i] ?? 0) * (z[j] ?? 0);
      }
  }
  const covariance = Matrix.zeros(width, width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      const value = (sums[i * width + j] ?? 0) / Math.max(1, rows.length - 1);
      covariance.set(i, j, value).set(j, i, value);
    }
  return covariance;
}

/** Distance of a row from its picture in the components, in standard deviations of its columns. */
export function reconstructionError(row: readonly number[], fitted: PrincipalComponents): number {
  const { means, scales, components } = fitted;
  const width = means.length;
  const z = new Float64Array(width);
  let left = 0;
  for (let i = 0; i < width; i++) {
    const x = ((row[i] ?? 0) - (means[i] ?? 0)) / (scales[i] ?? 1);
    z[i] = x;
    left += x * x;
  }
  for (const component of components) {
    let dot = 0;
    for (let i = 0; i < width; i++) dot += (component[i] ?? 0) * (z[i] ?? 0);
    left -= dot * dot;
  }
  return Math.sqrt(Math.max(0, left));
}

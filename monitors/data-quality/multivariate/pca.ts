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
  const squares = columnMeans(
    rows.map((row) => row.map((x, i) => (x - (means[i] ?? 0)) ** 2)),
    width
  );
  const scales = squares.map((square) => (square > 0 ? Math.sqrt(square) : 1));
  const standard = new Matrix(rows.map((row) => standardise(row, { means, scales })));
  const covariance = standard
    .transpose()
    .mmul(standard)
    .div(Math.max(1, rows.length - 1));
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

function columnMeans(rows: readonly (readonly number[])[], width: number): readonly number[] {
  const sums = new Array<number>(width).fill(0);
  for (const row of rows) row.forEach((x, i) => (sums[i] = (sums[i] ?? 0) + x));
  return sums.map((sum) => sum / Math.max(1, rows.length));
}

const standardise = (
  row: readonly number[],
  { means, scales }: Pick<PrincipalComponents, 'means' | 'scales'>
): number[] => row.map((x, i) => (x - (means[i] ?? 0)) / (scales[i] ?? 1));

/** Distance of a row from its picture in the components, in standard deviations of its columns. */
export function reconstructionError(row: readonly number[], fitted: PrincipalComponents): number {
  const z = standardise(row, fitted);
  const length = z.reduce((sum, x) => sum + x * x, 0);
  const kept = fitted.components.reduce(
    (sum, component) => sum + component.reduce((dot, c, i) => dot + c * (z[i] ?? 0), 0) ** 2,
    0
  );
  return Math.sqrt(Math.max(0, length - kept));
}

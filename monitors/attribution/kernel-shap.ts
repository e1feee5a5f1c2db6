import { Matrix, pseudoInverse } from 'ml-matrix';
import type { Coalition } from './coalitions';

/** What is known of one row of one output. */
export interface CoalitionValues {
  /** The model's mean answer on the baseline alone. */
  readonly empty: number;
  /** Its answer to the row. */
  readonly full: number;
  /** Its mean answer to each coalition. */
  readonly values: readonly number[];
}

/**
 * Attributions of one row: weighted least squares on coalitions under the constraint that they sum to `full − empty` (efficiency), which is put
 * in by solving for all features but the last.
 */
export function attributionsOf(
  coalitions: readonly Coalition[],
  { empty, full, values }: CoalitionValues
): readonly number[] {
  const features = coalitions[0]?.mask.length ?? 1;
  const total = full - empty;
  if (features === 1) return [total];
  const free = features - 1;
  const normal = new Float64Array(free * free);
  const right = new Float64Array(free);
  for (const [c, { mask, weight }] of coalitions.entries()) {
    const last = mask[free] ?? 0;
    const target = (values[c] ?? empty) - empty - last * total;
    for (let i = 0; i < free; i++) {
      const own = ((mask[i] ?? 0) - last) * weight;
      if (own === 0) continue;
      right[i] = (right[i] ?? 0) + own * target;
      for (let j = 0; j <= i; j++) normal[i * free + j] = (normal[i * free + j] ?? 0) + own * ((mask[j] ?? 0) - last);
    }
  }
  const solved = cholesky(normal, right, free) ?? byPseudoInverse(normal, right, free);
  return [...solved, total - solved.reduce((sum, one) => sum + one, 0)];
}

/** Solves the lower half of a symmetric system; null where it is (nearly) singular, as with fewer coalitions than features. */
function cholesky(lower: Float64Array, right: Float64Array, n: number): readonly number[] | null {
  const l = Float64Array.from(lower);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0);
      if (i === j) {
        if (!(sum > 1e-12 * (lower[i * n + i] ?? 0))) return null;
        l[i * n + i] = Math.sqrt(sum);
      } else l[i * n + j] = sum / (l[j * n + j] ?? 1);
    }
  }
  const y = Array.from(right);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) y[i] = (y[i] ?? 0) - (l[i * n + k] ?? 0) * (y[k] ?? 0);
    y[i] = (y[i] ?? 0) / (l[i * n + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) y[i] = (y[i] ?? 0) - (l[k * n + i] ?? 0) * (y[k] ?? 0);
    y[i] = (y[i] ?? 0) / (l[i * n + i] ?? 1);
  }
  return y;
}

function byPseudoInverse(lower: Float64Array, right: Float64Array, n: number): readonly number[] {
  const matrix = new Matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      matrix.set(i, j, lower[i * n + j] ?? 0);
      matrix.set(j, i, lower[i * n + j] ?? 0);
    }
  return pseudoInverse(matrix)
    .mmul(Matrix.columnVector([...right]))
    .to1DArray();
}

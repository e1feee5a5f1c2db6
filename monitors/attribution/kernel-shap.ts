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

/** Attributions of one row after another, over the same coalitions. */
export type Attributions = (row: CoalitionValues) => readonly number[];

/**
 * Attributions of one row: weighted least squares on coalitions under the constraint that they sum to `full − empty` (efficiency), which is put
 * in by solving for all features but the last. What depends on the coalitions alone is computed once.
 */
export function attributionsOver(coalitions: readonly Coalition[]): Attributions {
  const features = coalitions[0]?.mask.length ?? 1;
  if (features === 1) return ({ empty, full }) => [full - empty];
  const free = features - 1;
  const unlike = coalitions.map(({ mask }) => unlikeLast(mask));
  const normal = normalOf(coalitions, unlike, free);
  const factor = cholesky(normal, free);
  return ({ empty, full, values }) => {
    const total = full - empty;
    const right = new Float64Array(free);
    for (const [c, { mask, weight }] of coalitions.entries()) {
      const last = mask[free] ?? 0;
      const own = (last === 1 ? -weight : weight) * ((values[c] ?? empty) - empty - last * total);
      for (const i of unlike[c] ?? []) right[i] = (right[i] ?? 0) + own;
    }
    const solved = factor === null ? byPseudoInverse(normal, right, free) : solvedBy(factor, right, free);
    return [...solved, total - solved.reduce((sum, one) => sum + one, 0)];
  };
}

/** The features that a coalition treats otherwise than the last one: only they have a part in the equations. */
function unlikeLast(mask: Uint8Array): Uint16Array {
  const last = mask[mask.length - 1] ?? 0;
  const found: number[] = [];
  for (let f = 0; f < mask.length - 1; f++) if (mask[f] !== last) found.push(f);
  return Uint16Array.from(found);
}

function normalOf(coalitions: readonly Coalition[], unlike: readonly Uint16Array[], free: number): Float64Array {
  const normal = new Float64Array(free * free);
  for (const [c, { weight }] of coalitions.entries()) {
    const which = unlike[c] ?? new Uint16Array();
    for (let a = 0; a < which.length; a++) {
      const row = (which[a] ?? 0) * free;
      for (let b = 0; b <= a; b++) {
        const at = row + (which[b] ?? 0);
        normal[at] = (normal[at] ?? 0) + weight;
      }
    }
  }
  return normal;
}

/** The lower factor of a symmetric system by its lower half; null where it is (nearly) singular, as with fewer coalitions than features. */
function cholesky(lower: Float64Array, n: number): Float64Array | null {
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
  return l;
}

function solvedBy(l: Float64Array, right: Float64Array, n: number): readonly number[] {
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

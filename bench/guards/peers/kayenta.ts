import type { Uniform } from '../numbers/random';
import type { Trace } from '../trace';

/** Kayenta compares the candidate with a baseline fleet of the same size: draws that baseline from the incumbent's requests. */
export function sameSizeBaseline(trace: Trace, uniform: Uniform): Float64Array {
  const { candidate, incumbent } = trace;
  return incumbent.n.map((n, t) => {
    const take = Math.min(candidate.n[t] ?? 0, n);
    return take > 0 ? hypergeometricDraw(uniform, { of: n, bad: incumbent.bad[t] ?? 0, take }) / take : 0;
  });
}

function hypergeometricDraw(uniform: Uniform, p: { readonly of: number; readonly bad: number; readonly take: number }) {
  let [left, places, drawn] = [p.of, p.take, 0];
  for (let i = 0; i < p.bad; i++, left--) {
    if (uniform() * left < places) {
      drawn += 1;
      places -= 1;
    }
  }
  return drawn;
}

/** Hourly judgements of a window of 180 one-minute ticks, each over all ticks so far. */
export const judgements: readonly number[] = [59, 119, 179];

/** Share of the Hodges–Lehmann estimate that the interval's lower end must exceed (NetflixACAJudge). */
const TOLERANCE = 0.25;

/**
 * Running statistic of NetflixACAJudge, which judges High when the lower end of the Mann–Whitney interval exceeds a quarter of
 * the Hodges–Lehmann estimate and the candidate's mean is higher. The value is the largest normal quantile at which a
 * judgement is High; −Infinity between judgements, and where none is.
 */
export function kayentaPath(candidate: Float64Array, baseline: Float64Array): Float64Array {
  const path = new Float64Array(candidate.length).fill(-Infinity);
  for (const look of judgements) {
    if (look >= candidate.length) break;
    path[look] = judge(candidate.slice(0, look + 1).sort(), baseline.slice(0, look + 1).sort());
  }
  return path;
}

/**
 * An interval ends where z falls to its quantile, so its lower end exceeds a point exactly when z just below that point is
 * above the quantile. Rates of small windows are full of ties at 0, where all ends meet and rounding decides; so "just
 * below" follows the root finder's own grid. An interval that cannot exclude 0 at nine tenths of the quantile is not looked at.
 */
function judge(x: Float64Array, y: Float64Array): number {
  const mean = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;
  const constant = x[0] === x[x.length - 1] && y[0] === y[y.length - 1];
  if (constant || !(mean(x) > mean(y))) return -Infinity;
  const point = TOLERANCE * Math.abs(shiftAt(x, y, 0));
  return Math.min(mannWhitneyZ(x, y, gridPointAbove(x, y, point)), mannWhitneyZ(x, y, 0) / 0.9);
}

const BISECTIONS = 40;

const shiftRange = (x: Float64Array, y: Float64Array): readonly [number, number] => [
  (x[0] ?? 0) - (y[y.length - 1] ?? 0),
  (x[x.length - 1] ?? 0) - (y[0] ?? 0),
];

/** The shift at which z falls to `quantile`: 0 for the Hodges–Lehmann estimate. Both samples sorted. */
export function shiftAt(x: Float64Array, y: Float64Array, quantile: number): number {
  let [low, high] = shiftRange(x, y);
  if (mannWhitneyZ(x, y, low) <= quantile) return low;
  if (mannWhitneyZ(x, y, high) >= quantile) return high;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = 0.5 * (low + high);
    if (mannWhitneyZ(x, y, middle) > quantile) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/** The first point of the bisection's grid whose cell has its middle above `point`. */
function gridPointAbove(x: Float64Array, y: Float64Array, point: number): number {
  let [low, high] = shiftRange(x, y);
  const halfCell = (high - low) / 2 ** (BISECTIONS + 1);
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = 0.5 * (low + high);
    if (middle + halfCell > point) high = middle;
    else low = middle;
  }
  return high;
}

/** z of the Mann–Whitney statistic of x − shift against y, corrected for ties and continuity. Both samples sorted. */
export function mannWhitneyZ(x: Float64Array, y: Float64Array, shift: number): number {
  const [n, m] = [x.length, y.length];
  const total = n + m;
  let [i, j, ties, rankSum] = [0, 0, 0, 0];
  while (i < n || j < m) {
    const value = Math.min(i < n ? (x[i] ?? 0) - shift : Infinity, j < m ? (y[j] ?? 0) : Infinity);
    const before = i + j;
    const firstX = i;
    while (i < n && (x[i] ?? 0) - shift === value) i += 1;
    while (j < m && (y[j] ?? 0) === value) j += 1;
    const count = i + j - before;
    ties += count ** 3 - count;
    rankSum += (i - firstX) * (before + 0.5 * (count + 1));
  }
  const deviation = rankSum - (n * (n + 1)) / 2 - (n * m) / 2;
  const sigma = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  return sigma === 0 ? 0 : (deviation - 0.5 * Math.sign(deviation)) / sigma;
}

import { gauss, seededUniform } from '../../guards/random';

/** How intervals are made; published in every report, because Clarify does not say what its own are made with. */
export interface BootstrapPlan {
  readonly seed: number;
  readonly resamples: number;
  /** 0–1. */
  readonly level: number;
}

export const DEFAULT_BOOTSTRAP: BootstrapPlan = { seed: 1, resamples: 1_000, level: 0.95 };

export interface BootstrapInterval {
  readonly interval: readonly [number, number] | null;
  /** Resamples whose value was finite; the interval is of those. */
  readonly finite: number;
}

/**
 * Normal-Bootstrap intervals of several statistics at once: value ± z times the standard deviation over resamples. A resample draws
 * multinomial counts of the distinct tuples, which is the same as drawing as many rows with replacement. Null where the value or
 * more than one resample in twenty is not finite: a spread of the rest would flatter.
 */
export function bootstrap<T>(
  tuples: readonly (T & { readonly count: number })[],
  plan: BootstrapPlan,
  statistics: (tuples: readonly (T & { readonly count: number })[]) => readonly (number | null)[]
): readonly BootstrapInterval[] {
  const values = statistics(tuples);
  const uniform = seededUniform(plan.seed);
  const draw = multinomial(
    tuples.map(({ count }) => count),
    uniform
  );
  const sums = values.map(() => ({ n: 0, mean: 0, squares: 0 }));
  for (let i = 0; i < plan.resamples; i++) {
    const counts = draw();
    const resampled = tuples.map((tuple, t) => ({ ...tuple, count: counts[t] ?? 0 }));
    statistics(resampled).forEach((value, s) => addTo(sums[s], value));
  }
  const z = normalQuantile((1 + plan.level) / 2);
  return values.map((value, s) => {
    const { n, squares } = sums[s] ?? { n: 0, squares: 0 };
    const isUsable = value !== null && Number.isFinite(value) && n >= 2 && n >= 0.95 * plan.resamples;
    const half = z * Math.sqrt(squares / Math.max(1, n - 1));
    return { interval: isUsable ? [value - half, value + half] : null, finite: n };
  });
}

/** Welford's sum, which loses no digits where values hardly differ. */
function addTo(sum: { n: number; mean: number; squares: number } | undefined, value: number | null): void {
  if (sum === undefined || value === null || !Number.isFinite(value)) return;
  sum.n += 1;
  const off = value - sum.mean;
  sum.mean += off / sum.n;
  sum.squares += off * (value - sum.mean);
}

/** Draws multinomial counts with the given counts as probabilities and their sum as size. */
export function multinomial(counts: readonly number[], uniform: () => number): () => readonly number[] {
  const total = counts.reduce((sum, n) => sum + n, 0);
  return () => {
    let [left, mass] = [total, total];
    return counts.map((count) => {
      const n = mass <= 0 ? 0 : binomial(left, Math.min(1, count / mass), uniform);
      mass -= count;
      left -= n;
      return n;
    });
  };
}

/** Below this many expected, inversion is exact and quick. */
const FEW = 12;

/**
 * One binomial draw. Where few are expected it goes through the waiting times between successes (Devroye 1986, X.4.3), elsewhere it halves the
 * problem by the median of the order statistics (Relles 1972), so that both are exact.
 */
export function binomial(n: number, p: number, uniform: () => number): number {
  if (p <= 0 || n <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(n, 1 - p, uniform);
  if (n * p < FEW) return byWaiting(n, p, uniform);
  const middle = Math.floor((n + 1) / 2);
  const cut = beta(middle, n + 1 - middle, uniform);
  return cut <= p
    ? middle + binomial(n - middle, (p - cut) / (1 - cut), uniform)
    : binomial(middle - 1, p / cut, uniform);
}

function byWaiting(n: number, p: number, uniform: () => number): number {
  const rate = Math.log1p(-p);
  for (let successes = 0, trial = 0; ; successes++) {
    trial += Math.floor(Math.log(1 - uniform()) / rate) + 1;
    if (trial > n) return successes;
  }
}

function beta(a: number, b: number, uniform: () => number): number {
  const [x, y] = [gamma(a, uniform), gamma(b, uniform)];
  return x / (x + y);
}

/** Marsaglia & Tsang 2000; shapes here are 1 or more. */
function gamma(shape: number, uniform: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = gauss(uniform);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Acklam's rational approximation, relative error below 1.2e-9. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`${p} is no probability between 0 and 1`);
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_ABOVE, q) / polynomial(TAIL_BELOW, q);
  }
  const q = p - 0.5;
  return (polynomial(ABOVE, q * q) * q) / polynomial(BELOW, q * q);
}

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, c) => sum * x + c, 0);

const ABOVE = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const BELOW = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
];
const TAIL_ABOVE = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];

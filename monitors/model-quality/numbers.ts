/** A number with its standard error; NaN where none can be had. */
export interface Measured {
  readonly value: number;
  readonly error: number;
}

/** 1 − Φ(z), to about 1e-12: a continued fraction in the tail, a series near 0. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let [term, sum] = [z, z];
    for (let i = 1; Math.abs(term) > 1e-17 * Math.abs(sum); i++) sum += term *= (z * z) / (2 * i + 1);
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let i = 60; i > 0; i--) fraction = z + i / fraction;
  return density / fraction;
}

/** z with P(Z > z) = tail, for tail in (0, 1): by Newton's steps from where ½exp(−z²/2), which is never below the tail, would be it. */
export function normalUpper(tail: number): number {
  if (tail > 0.5) return -normalUpper(1 - tail);
  let z = Math.sqrt(-2 * Math.log(2 * tail));
  for (let i = 0; i < 20; i++) {
    const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
    const step = (normalTail(z) - tail) / density;
    z += step;
    if (Math.abs(step) <= 1e-15 * Math.max(1, z)) break;
  }
  return z;
}

/** Wilson's interval of a proportion, `z` deviations wide on either side. */
export function wilson(hits: number, n: number, z: number): readonly [number, number] | null {
  if (!(n > 0)) return null;
  const share = hits / n;
  const middle = share + (z * z) / (2 * n);
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}

/** Normal interval, kept between `low` and `high`; null when the error is not known. */
export function around(
  { value, error }: Measured,
  z: number,
  bounds: { readonly low: number; readonly high: number }
): readonly [number, number] | null {
  if (!Number.isFinite(value) || !Number.isFinite(error)) return null;
  return [Math.max(bounds.low, value - z * error), Math.min(bounds.high, value + z * error)];
}

/** 0/0 is 0, as scikit-learn and Clarify have it. */
export const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

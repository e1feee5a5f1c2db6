/** Standard normal distribution function, by Cody-like accuracy: series inside 3, continued fraction outside. */
export function normalCdf(z: number): number {
  const x = Math.abs(z);
  const tail = x < 3 ? 0.5 - normalDensity(x) * seriesOf(x) : x > 38 ? 0 : normalDensity(x) * fractionOf(x);
  return z > 0 ? 1 - tail : tail;
}

export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

function seriesOf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-17 * sum; n += 2) sum += term *= (x * x) / n;
  return sum;
}

function fractionOf(x: number): number {
  let value = x;
  for (let n = 120; n > 0; n--) value = x + n / value;
  return 1 / value;
}

/** Quantile of the standard normal distribution: bisection, then Newton. */
export function normalQuantile(p: number): number {
  let [low, high] = [-38, 38];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  const z = (low + high) / 2;
  return z - (normalCdf(z) - p) / Math.max(normalDensity(z), 1e-300);
}

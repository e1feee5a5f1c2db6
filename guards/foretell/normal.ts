import { gauss } from '../random';

/** P(Z ≤ z) of a standard normal number, to 2e-7 (Abramowitz and Stegun 26.2.17): enough to imagine traffic with. */
export function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const coefficients = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const tail = density * coefficients.reduceRight((sum, c) => t * (c + sum), 0);
  return z >= 0 ? 1 - tail : tail;
}

/** The z with P(Z ≤ z) = p, by bisection. */
export function normalQuantile(p: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** How many of `n` come to pass, each at `rate`: by inversion where few do, by a rounded normal number where many do and many do not. */
export function binomial(n: number, rate: number, uniform: () => number): number {
  const mean = n * rate;
  if (!(n > 0) || !(rate > 0)) return 0;
  if (rate >= 1) return n;
  if (rate > 0.5) return n - binomial(n, 1 - rate, uniform);
  if (mean > 50) {
    const drawn = Math.round(mean + Math.sqrt(mean * (1 - rate)) * gauss(uniform));
    return Math.min(n, Math.max(0, drawn));
  }
  const odds = rate / (1 - rate);
  let mass = (1 - rate) ** n;
  let left = uniform();
  let count = 0;
  while (left > mass && count < n) {
    left -= mass;
    mass *= (odds * (n - count)) / (count + 1);
    count += 1;
  }
  return count;
}

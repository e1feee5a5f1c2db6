/** Lanczos' approximation (g = 7, 9 terms) of log Γ(x), x > 0; about 1e-14 relative. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  const sum = LANCZOS.reduce((total, c, i) => (i === 0 ? c : total + c / (x - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** P(X > statistic) of a chi-square variable with `freedom` ≥ 1 degrees: the upper regularised incomplete gamma function. */
export function chiSquareTail(statistic: number, freedom: number): number {
  if (!(statistic > 0)) return 1;
  const [a, x] = [freedom / 2, statistic / 2];
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a));
  return x < a + 1 ? Math.max(0, 1 - front * lowerSeries(a, x)) : front * upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 10_000 && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** Lentz's continued fraction. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < 10_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

/**
 * P(K > x) of Kolmogorov's limit: what √(nm/(n+m)) times the two-sample distance exceeds by chance, for large samples. With ties
 * the true probability is smaller.
 */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1;
  if (x < 1.18) {
    // The series below converges slowly here; its theta-function twin at once.
    const v = Math.exp(-(Math.PI * Math.PI) / (8 * x * x));
    return Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / x) * (v + v ** 9 + v ** 25 + v ** 49));
  }
  const q = Math.exp(-2 * x * x);
  return Math.min(1, 2 * (q - q ** 4 + q ** 9 - q ** 16));
}

/**
 * log of Student's distribution function with `freedom` ≥ 1 degrees: half an incomplete beta function, by Lentz's continued
 * fraction. Never −∞.
 */
export function logStudentCdf(t: number, freedom: number): number {
  const tail = logUpperTail(Math.abs(t), freedom);
  return t > 0 ? Math.log1p(-Math.exp(tail)) : Math.max(-1e300, tail);
}

/** log P(T > t) for t ≥ 0: log ½ I_x(n/2, ½) at x = n/(n + t²). */
function logUpperTail(t: number, n: number): number {
  const square = t * t;
  const [a, b] = [n / 2, 0.5];
  const x = n / (n + square);
  const logFront =
    logGammaRatio(n) - 0.5 * Math.log(Math.PI) - a * Math.log1p(square / n) + b * Math.log(square / (n + square));
  if (!(square > 0)) return -Math.LN2;
  if (x < (a + 1) / (a + b + 2)) return logFront - Math.LN2 + Math.log(fraction(a, b, x) / a);
  return Math.log(Math.max(0, 0.5 - Math.exp(logFront) * fraction(b, a, square / (n + square))));
}

/** log Γ(n/2 + ½)/Γ(n/2): a series from n = 200 on, which smaller n reach by the recursion of Γ. */
function logGammaRatio(n: number): number {
  let [x, product] = [n / 2, 1];
  for (; x < 100; x += 1) product *= x / (x + 0.5);
  const y = 1 / x;
  const series = 1 - (y / 8) * (1 - (y / 16) * (1 + y * (5 / 8 - y * (21 / 256))));
  return Math.log(product) + 0.5 * Math.log(x) + Math.log(series);
}

function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return value;
}

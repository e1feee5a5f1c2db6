/** log Φ(z), the standard normal's distribution function, to a relative 1e-14 of Φ; never −∞. */
export function logNormalCdf(z: number): number {
  if (z > 0) return Math.log1p(-upperTail(z));
  return Math.max(-1e300, z < -38 ? logFarTail(-z) : Math.log(upperTail(-z)));
}

/** 1 − Φ(x) for x ≥ 0: a series near 0, Lentz's continued fraction beyond. */
function upperTail(x: number): number {
  return x < 2.5 ? 0.5 - x * density(x) * series(x) : density(x) * continuedFraction(x);
}

const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** Φ(x) − ½ = x φ(x) (1 + x²/3 + x⁴/15 + …): every term is positive, so nothing cancels. */
function series(x: number): number {
  let sum = 1;
  for (let term = 1, k = 3; term > 1e-17 * sum; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return sum;
}

/** Mills' ratio 1/(x + 1/(x + 2/(x + …))). */
function continuedFraction(x: number): number {
  let value = x;
  let c = x;
  let d = 0;
  for (let k = 1; k < 500; k++) {
    d = 1 / (x + k * d);
    c = x + k / c;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return 1 / value;
}

const logFarTail = (x: number): number => -0.5 * x * x - 0.5 * Math.log(2 * Math.PI) + Math.log(continuedFraction(x));

/** Hits of trials. */
export interface Proportion {
  readonly k: number;
  readonly n: number;
}

type Interval = readonly [low: number, high: number];

/** Wilson's score interval. */
export function wilson({ k, n }: Proportion, z: number): Interval {
  const p = k / n;
  const middle = p + z ** 2 / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  const scale = 1 + z ** 2 / n;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

/** Newcombe's interval of a − b (1998, method 10): Wilson's limits, added by squares. */
export function differenceInterval(a: Proportion, b: Proportion, z: number): Interval {
  const [p, q] = [a.k / a.n, b.k / b.n];
  const [[la, ua], [lb, ub]] = [wilson(a, z), wilson(b, z)];
  return [p - q - Math.sqrt((p - la) ** 2 + (ub - q) ** 2), p - q + Math.sqrt((ua - p) ** 2 + (q - lb) ** 2)];
}

/** Interval of a / b by the same means (Donner & Zou 2012); infinite above where b may be 0. */
export function ratioInterval(a: Proportion, b: Proportion, z: number): Interval {
  const [p, q] = [a.k / a.n, b.k / b.n];
  const [[la, ua], [lb, ub]] = [wilson(a, z), wilson(b, z)];
  const root = (own: number, other: number) =>
    Math.sqrt(Math.max(0, (p * q) ** 2 - own * other * (2 * p - own) * (2 * q - other)));
  const low = (p * q - root(la, ub)) / (ub * (2 * q - ub));
  const high = lb === 0 ? Infinity : (p * q + root(ua, lb)) / (lb * (2 * q - lb));
  return [ub * (2 * q - ub) > 0 ? Math.max(0, low) : 0, high >= 0 ? high : Infinity];
}

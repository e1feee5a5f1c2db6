import type { CountFamily } from './hypergeometric';

const TWO_PI = 2 * Math.PI;

/**
 * Error of Stirling's formula: log(n!) − log(√(2πn) (n/e)^n). Below 16 from the factorial itself, above by the
 * asymptotic series, whose next term is under 1e-15 there (Loader, "Fast and accurate computation of binomial
 * probabilities", 2000).
 */
const smallErrors: readonly number[] = Array.from({ length: 16 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return n === 0 ? 0 : Math.log(factorial) - ((n + 0.5) * Math.log(n) - n + 0.5 * Math.log(TWO_PI));
});

function stirlingError(n: number): number {
  const small = smallErrors[n];
  if (small !== undefined) return small;
  const inverse = 1 / n;
  const square = inverse * inverse;
  return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))));
}

/** log(n!) for a whole n ≥ 0, to the last digits of a double. */
export function logFactorial(n: number): number {
  return n === 0 ? 0 : stirlingError(n) + (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(TWO_PI);
}

const inverseOdd: readonly number[] = Array.from({ length: 40 }, (_, j) => 1 / (2 * j + 3));

/** n log(n/r) + r − n without the cancellation near n = r (Loader's bd0). */
function deviance(n: number, r: number): number {
  const difference = n - r;
  if (Math.abs(difference) >= 0.1 * (n + r)) return (n === 0 ? 0 : n * Math.log(n / r)) - difference;
  const v = difference / (n + r);
  const square = v * v;
  let sum = difference * v;
  let term = 2 * n * v * square;
  for (const inverse of inverseOdd) {
    const next = sum + term * inverse;
    if (next === sum) return sum;
    sum = next;
    term *= square;
  }
  return sum;
}

const stirlingBase = (n: number): number => (n === 0 ? 1 : TWO_PI * n);

/** What one cell of the table contributes to log(r!/n!), apart from the linear part −(n − r) log r. */
const cell = (n: number, r: number): number => stirlingError(r) - stirlingError(n) - deviance(n, r);

/**
 * log of weight(u)/weight(r), where weight(u) is proportional to P(u) at this `theta`. Costs the same at any distance
 * and at any size, and keeps 1e-13 of the answer. Every cell of the table must be positive at the reference `r`.
 */
export function logWeightRatio(p: {
  readonly family: CountFamily;
  readonly theta: number;
  readonly u: number;
  readonly r: number;
}): number {
  const { family, theta, u, r } = p;
  if (family.kind === 'binomial') {
    const nMinusU = family.trials - u;
    const nMinusR = family.trials - r;
    const slope = Math.log((theta * family.odds * nMinusR) / r);
    const root = (stirlingBase(r) * stirlingBase(nMinusR)) / (stirlingBase(u) * stirlingBase(nMinusU));
    return cell(u, r) + cell(nMinusU, nMinusR) + 0.5 * Math.log(root) + (u - r) * slope;
  }
  const { drawn, others, events } = family;
  const slope = Math.log((theta * ((drawn - r) * (events - r))) / (r * (others - events + r)));
  const root =
    (stirlingBase(r) * stirlingBase(drawn - r) * stirlingBase(events - r) * stirlingBase(others - events + r)) /
    (stirlingBase(u) * stirlingBase(drawn - u) * stirlingBase(events - u) * stirlingBase(others - events + u));
  return (
    cell(u, r) +
    cell(drawn - u, drawn - r) +
    cell(events - u, events - r) +
    cell(others - events + u, others - events + r) +
    0.5 * Math.log(root) +
    (u - r) * slope
  );
}

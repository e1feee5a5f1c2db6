/**
 * The least number of candidate requests that any test needs on average to tell a candidate's rate from the incumbent's, when it may be
 * wrong about a healthy one with probability `alpha` (Wald's bound for tests of power one): ln(1/alpha) over the information of one
 * request, as if the incumbent's rate were known. A guard needs more; none needs less. Infinite where the rates are equal.
 */
export function leastRequests(p: {
  readonly alpha: number;
  readonly incumbentRate: number;
  readonly candidateRate: number;
}): number {
  const { alpha, incumbentRate: p0, candidateRate: p1 } = p;
  const part = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));
  const information = part(p1, p0) + part(1 - p1, 1 - p0);
  return information > 0 ? Math.log(1 / alpha) / information : Infinity;
}

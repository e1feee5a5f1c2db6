/**
 * Weights as SageMaker takes them: `DesiredWeight` is a 32-bit float of at least 0 and a variant's share is its weight by the
 * sum, so whole numbers up to 2²⁴ arrive exactly and the share that was asked for is the share that is served
 * (UpdateEndpointWeightsAndCapacities, API reference).
 */
export const LARGEST_WEIGHT_SUM = 2 ** 24;

/**
 * Whole-numbered weights that sum to `sum`, by largest remainders; ties go to the first. No weight falls below its share
 * rounded down, so a floor that is a whole number of units holds. A share of exactly 0 stays 0.
 */
export function quantiseShares(shares: readonly number[], sum: number): readonly number[] {
  const exact = shares.map((share) => share * sum);
  const whole = exact.map((value) => Math.floor(value + 1e-9));
  const left = sum - whole.reduce((total, value) => total + value, 0);
  const byRemainder = exact
    .map((value, i) => ({ i, live: (shares[i] ?? 0) > 0, remainder: value - (whole[i] ?? 0) }))
    .filter(({ live }) => live)
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  const raised = new Set(byRemainder.slice(0, left).map(({ i }) => i));
  return whole.map((value, i) => (raised.has(i) ? value + 1 : value));
}

/** A floor that survives quantisation: at least one unit, and a whole number of them. */
export function floorInUnits(floor: number, sum: number): number {
  return Math.max(1, Math.ceil(floor * sum - 1e-9)) / sum;
}

/**
 * Whether the weights in force may stay: no share would move by more than the dead-band, and no arm would come to or from 0.
 * A change of weights is an endpoint update, during which no other update is taken.
 */
export function isWithinDeadBand(p: {
  readonly inForce: readonly number[];
  readonly wanted: readonly number[];
  readonly sum: number;
  readonly deadBand: number;
}): boolean {
  return p.wanted.every((wanted, i) => {
    const current = p.inForce[i] ?? 0;
    return wanted > 0 === current > 0 && Math.abs(wanted - current) <= p.deadBand * p.sum + 1e-9;
  });
}

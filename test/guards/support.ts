import { startGuard } from '../../guards';
import type { ArmCounts, RatePlan, RateState, TickEvidence } from '../../guards';
import { seededUniform } from '../../guards/random';
import { countRate } from '../../guards/rate';
import { binomialSampler } from '../../guards/sampler';
import type { Sampler } from '../../guards/sampler';

export const errorsPlan: RatePlan = {
  name: 'errors',
  kind: 'errors',
  class: 'guaranteed',
  required: true,
  rollbackOddsRatio: 1,
  promoteOddsRatio: 1.5,
  slo: null,
  rollbackAlpha: 0.01,
  promoteAlpha: 0.05,
  horizonTicks: 180,
  incumbentRate: null,
};

export const keyOf = (tick: number): string => new Date(Date.UTC(2026, 0, 1) + tick * 60_000).toISOString();

export function tickOf(
  tick: number,
  candidate: readonly [number, number],
  incumbent: readonly [number, number]
): TickEvidence {
  return { key: keyOf(tick), candidate: armOf(candidate), incumbent: armOf(incumbent) };
}

/** `[bad, n]` as one reads it: 3 of 30. */
const armOf = ([bad, n]: readonly [number, number]): ArmCounts => ({ n, bad });

/** State after these ticks, without the verdicts in between. */
export function countAll(plan: RatePlan, ticks: readonly TickEvidence[]): RateState {
  return ticks.reduce((state, evidence) => countRate(plan, state, evidence), startGuard(plan));
}

/** Seeded source of binomial counts; tables are kept, as a simulation asks for the same law again and again. */
export function seededCounts(seed: number): (n: number, rate: number) => number {
  const uniform = seededUniform(seed);
  const samplers = new Map<string, Sampler>();
  return (n, rate) => {
    const key = `${n}/${rate}`;
    const sampler = samplers.get(key) ?? binomialSampler(n, rate);
    samplers.set(key, sampler);
    return sampler(uniform());
  };
}

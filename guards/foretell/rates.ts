import type { DecisionForecast } from '../forecast';
import { ASSUMED_PHI } from '../noise/mode';
import type { RatePlan } from '../types';
import { gauss } from '../random';
import { binomial } from './normal';
import { foretell } from './play';

interface Rates {
  readonly plan: RatePlan;
  readonly incumbentRate: number;
  readonly candidateRate: number;
  readonly requestsPerTick: number;
  /** The candidate's share; of pairs, the share of the requests that are copied. */
  readonly sharePct: number;
  readonly decides: 'fail' | 'pass';
}

/**
 * When a guard on a rate decides where arms wobble by themselves: each arm's odds scatter from tick to tick so that arms differ φ times as much as
 * chance alone lets them, φ as measured. Noise that lasts for longer than a tick takes longer.
 */
export function foretellNoisy({
  plan,
  incumbentRate,
  candidateRate,
  requestsPerTick,
  sharePct,
  decides,
}: Rates): DecisionForecast | null {
  const candidatePerTick = (requestsPerTick * sharePct) / 100;
  const incumbentPerTick = requestsPerTick - candidatePerTick;
  const phi = Math.max(1, plan.noise?.phi ?? ASSUMED_PHI);
  const shock = shockOf({ phi, rate: incumbentRate, arms: [candidatePerTick, incumbentPerTick] });
  const unit = plan.unit === undefined ? {} : { unit: plan.unit };
  return foretell({
    plan,
    decides,
    candidatePerTick,
    horizonTicks: plan.horizonTicks,
    draw: ({ key, ticks }, uniform) => {
      const arm = (perTick: number, rate: number) => {
        const n = wholeOf(perTick * ticks, uniform);
        // Shocks of single ticks average out over several.
        return { n, bad: binomial(n, shocked(rate, gauss(uniform) * Math.sqrt(shock / ticks)), uniform) };
      };
      const candidate = arm(candidatePerTick, candidateRate);
      return { key, ...unit, candidate, incumbent: arm(incumbentPerTick, incumbentRate) };
    },
  });
}

/**
 * When a guard on pairs decides, if the two models err independently of each other: the more of their errors they share, the sooner harm shows
 * and the later an equal model passes.
 */
export function foretellPairs({
  plan,
  incumbentRate,
  candidateRate,
  requestsPerTick,
  sharePct,
  decides,
}: Rates): DecisionForecast | null {
  const pairsPerTick = (requestsPerTick * sharePct) / 100;
  return foretell({
    plan,
    decides,
    candidatePerTick: pairsPerTick,
    horizonTicks: plan.horizonTicks,
    draw: ({ key, ticks }, uniform) => {
      const n = wholeOf(pairsPerTick * ticks, uniform);
      const worse = candidateRate * (1 - incumbentRate);
      const better = incumbentRate * (1 - candidateRate);
      const bad = binomial(n, worse, uniform);
      const other = binomial(n - bad, worse < 1 ? better / (1 - worse) : 0, uniform);
      return { key, candidate: { n, bad }, incumbent: { n, bad: other } };
    },
  });
}

/** Variance of the log odds of either arm for which their difference scatters φ times as much as by chance. */
function shockOf(p: { readonly phi: number; readonly rate: number; readonly arms: readonly [number, number] }): number {
  const spread = p.rate * (1 - p.rate);
  if (!(spread > 0)) return 0;
  const chance = p.arms.reduce((sum, n) => sum + 1 / Math.max(1e-9, n * spread), 0);
  return ((p.phi - 1) * chance) / 2;
}

/** A rate whose log odds were moved; its mean stays about where it was. */
function shocked(rate: number, by: number): number {
  if (by === 0 || !(rate > 0) || rate >= 1) return rate;
  const odds = (rate / (1 - rate)) * Math.exp(by);
  return odds / (1 + odds);
}

/** A whole number with this mean. */
export function wholeOf(mean: number, uniform: () => number): number {
  const floor = Math.floor(mean);
  return floor + Number(uniform() < mean - floor);
}

import type { DecisionForecast } from '../forecast';
import { ASSUMED_PHI } from '../noise/mode';
import type { LatencyPlan } from '../latency/types';
import { gauss } from '../random';
import { binomial, normalCdf, normalQuantile } from './normal';
import { foretell } from './play';
import { wholeOf } from './rates';

/** Spread of the logarithm of a latency, where the plan knows one quantile only. */
const TYPICAL_SPREAD = 0.6;

interface Speeds {
  readonly plan: LatencyPlan;
  /** How many times as slow as the incumbent the candidate is, at every quantile. */
  readonly times: number;
  readonly requestsPerTick: number;
  readonly sharePct: number;
  readonly decides: 'fail' | 'pass';
}

/**
 * When a latency guard decides. The incumbent's law runs through its own quantiles, as a normal one of the logarithm between and beyond them; in
 * the fleet-noise mode each arm's scale wobbles from tick to tick so that arms scatter φ times as much as by chance, φ as measured, or as assumed.
 */
export function foretellLatency(speeds: Speeds): DecisionForecast | null {
  const { plan, times, requestsPerTick, sharePct, decides } = speeds;
  const candidatePerTick = (requestsPerTick * sharePct) / 100;
  const incumbentPerTick = requestsPerTick - candidatePerTick;
  const phi = plan.noise.mode === 'exact' ? 1 : Math.max(1, plan.noise.phi ?? ASSUMED_PHI);
  const wobble = wobbleOf(plan, phi, [candidatePerTick, incumbentPerTick]);
  const law = slownessOf(plan);
  return foretell({
    plan,
    decides,
    candidatePerTick,
    horizonTicks: plan.horizonTicks,
    draw: ({ key, ticks }, uniform) => {
      const arm = (perTick: number, scale: number) => {
        const n = wholeOf(perTick * ticks, uniform);
        const shock = Math.exp(gauss(uniform) * Math.sqrt(wobble / ticks));
        return {
          n,
          above: slower(
            n,
            plan.cutoffsMs.map((ms) => law(ms / (scale * shock))),
            uniform
          ),
        };
      };
      const candidate = arm(candidatePerTick, times);
      return { kind: 'latency', key, candidate, incumbent: arm(incumbentPerTick, 1) };
    },
  });
}

/** Requests above each cut-off, given the chances, which fall. */
function slower(n: number, chances: readonly number[], uniform: () => number): readonly number[] {
  let [left, before] = [n, 1];
  return chances.map((chance) => {
    left = binomial(left, before > 0 ? Math.min(1, chance / before) : 0, uniform);
    before = chance;
    return left;
  });
}

/** P(a request of the incumbent is slower than `ms`). */
function slownessOf(plan: LatencyPlan): (ms: number) => number {
  const knots = plan.quantiles
    .map(({ quantile, cutoff }) => ({ x: Math.log(plan.cutoffsMs[cutoff] ?? 1), z: normalQuantile(quantile) }))
    .filter(({ x }, i, all) => i === 0 || x > (all[i - 1]?.x ?? x))
    .sort((a, b) => a.x - b.x);
  const [first] = knots;
  const slope = (i: number): number => {
    const [from, to] = [knots[i], knots[i + 1]];
    return from === undefined || to === undefined ? 1 / TYPICAL_SPREAD : (to.z - from.z) / (to.x - from.x);
  };
  return (ms) => {
    const x = Math.log(ms);
    const segment = Math.max(
      0,
      Math.min(
        knots.length - 2,
        knots.findLastIndex((knot) => knot.x <= x)
      )
    );
    const knot = knots[segment] ?? first ?? { x: 0, z: 0 };
    return 1 - normalCdf(knot.z + slope(segment) * (x - knot.x));
  };
}

/** Variance of the log scale of either arm for which the quantile that feels it most scatters φ times as much as by chance. */
function wobbleOf(plan: LatencyPlan, phi: number, arms: readonly [number, number]): number {
  if (phi <= 1) return 0;
  const law = slownessOf(plan);
  const variances = plan.quantiles.map(({ cutoff }) => {
    const ms = plan.cutoffsMs[cutoff] ?? 1;
    const chance = law(ms);
    const spread = chance * (1 - chance);
    // How much the log odds of being slower move with the log of the scale.
    const steepness = Math.max(1e-9, (law(ms / 1.01) - law(ms * 1.01)) / (2 * Math.log(1.01)) / spread);
    const byChance = arms.reduce((sum, n) => sum + 1 / Math.max(1e-9, n * spread), 0);
    return ((phi - 1) * byChance) / (2 * steepness * steepness);
  });
  return Math.min(...variances);
}

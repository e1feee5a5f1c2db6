import type { DecisionForecast } from '../forecast';
import type { MeanPlan } from '../means/types';
import { gauss } from '../random';
import { binomial } from './normal';
import { foretell } from './play';
import { wholeOf } from './rates';

/** What is known of the incumbent's values: how often each of the plan's points was seen, or their mean and deviation. */
export type KnownValues =
  | { readonly kind: 'counts'; readonly counts: readonly number[] }
  | { readonly kind: 'moments'; readonly mean: number; readonly deviation: number };

interface Values {
  readonly plan: Exclude<MeanPlan, { readonly kind: 'shadowScore' }>;
  readonly known: KnownValues;
  /** How much worse the candidate's mean is, in the value's own unit. */
  readonly worseBy: number;
  readonly requestsPerTick: number;
  readonly sharePct: number;
  readonly decides: 'fail' | 'pass';
  readonly horizonTicks: number;
}

/** When a guard on a mean decides, if the candidate's values have the incumbent's law but for their mean. */
export function foretellMean(values: Values): DecisionForecast | null {
  const { plan, known, worseBy, requestsPerTick, sharePct, decides, horizonTicks } = values;
  const candidatePerTick = (requestsPerTick * sharePct) / 100;
  const shift = plan.higherIs === 'better' ? -worseBy : worseBy;
  const unit = plan.unit === undefined ? {} : { unit: plan.unit };
  const arms = { candidate: candidatePerTick, incumbent: requestsPerTick - candidatePerTick };
  const common = { plan, decides, candidatePerTick, horizonTicks } as const;
  if (plan.method === 'betting') {
    if (known.kind !== 'counts') throw new RangeError(`${plan.name} is foretold from counts of its points`);
    const base = fractions(known.counts);
    const moved = tilted(plan.points, base, shift);
    return foretell({
      ...common,
      draw: ({ key, ticks }, uniform) => {
        const drawn = (perTick: number, law: readonly number[]) =>
          multinomial(wholeOf(perTick * ticks, uniform), law, uniform);
        const candidate = drawn(arms.candidate, moved);
        return { kind: 'histogram', key, ...unit, sharePct, candidate, incumbent: drawn(arms.incumbent, base) };
      },
    });
  }
  const { mean, deviation } = momentsOf(known);
  return foretell({
    ...common,
    draw: ({ key, ticks }, uniform) => {
      const drawn = (perTick: number, at: number) => {
        const n = wholeOf(perTick * ticks, uniform);
        const own = at + (n > 0 ? (deviation * gauss(uniform)) / Math.sqrt(n) : 0);
        // The scatter of a sample's own variance matters little beside that of its mean.
        return { n, sum: n * own, squares: n * (own * own + deviation * deviation) };
      };
      const candidate = drawn(arms.candidate, mean + shift);
      return { kind: 'moments', key, ...unit, candidate, incumbent: drawn(arms.incumbent, mean) };
    },
  });
}

function momentsOf(known: KnownValues): { readonly mean: number; readonly deviation: number } {
  if (known.kind === 'counts') throw new RangeError('a mean without points is foretold from mean and deviation');
  return known;
}

function fractions(counts: readonly number[]): readonly number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (all > 0 ? count / all : 1 / counts.length));
}

/** The law with another mean that is nearest to this one (exponential tilting), or the end of the points where that is beyond them. */
export function tilted(points: readonly number[], law: readonly number[], shift: number): readonly number[] {
  const [least, most] = [points[0] ?? 0, points.at(-1) ?? 1];
  const scale = most - least;
  const by = (tilt: number): readonly number[] =>
    fractions(law.map((mass, i) => mass * Math.exp((tilt * ((points[i] ?? 0) - least)) / scale)));
  const mean = (of: readonly number[]): number => of.reduce((sum, mass, i) => sum + mass * (points[i] ?? 0), 0);
  const wanted = Math.min(most, Math.max(least, mean(law) + shift));
  let [low, high] = [-60, 60];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (mean(by(middle)) < wanted) low = middle;
    else high = middle;
  }
  return by((low + high) / 2);
}

/** So many draws by outcome. */
export function multinomial(n: number, law: readonly number[], uniform: () => number): readonly number[] {
  let [left, rest] = [n, 1];
  return law.map((mass) => {
    const count = binomial(left, rest > 0 ? Math.min(1, mass / rest) : 0, uniform);
    left -= count;
    rest -= mass;
    return count;
  });
}

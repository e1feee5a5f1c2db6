import type { DecisionForecast } from '../forecast';
import type { ScoreShiftPlan } from '../means/types';
import { multinomial, tilted } from './means';
import { normalCdf } from './normal';
import { foretell } from './play';
import { wholeOf } from './rates';

/**
 * When a guard on the shift of a score between pairs decides, if the two models' scores scatter independently of each other, each by the incumbent's
 * deviation: the more they agree, the sooner both decisions come.
 */
export function foretellShift(p: {
  readonly plan: ScoreShiftPlan;
  /** Standard deviation of the incumbent's score. */
  readonly deviation: number;
  /** How much lower (or higher, where that is worse) the candidate scores. */
  readonly worseBy: number;
  readonly requestsPerTick: number;
  /** Share of the requests that are copied. */
  readonly sharePct: number;
  readonly decides: 'fail' | 'pass';
  readonly horizonTicks: number;
}): DecisionForecast | null {
  const { plan, worseBy, requestsPerTick, sharePct, decides, horizonTicks } = p;
  const { points } = plan;
  const even = differencesOf(points, Math.SQRT2 * p.deviation);
  const law = worseBy === 0 ? even : tilted(points, even, plan.higherIs === 'better' ? -worseBy : worseBy);
  const pairsPerTick = (requestsPerTick * sharePct) / 100;
  const unit = plan.unit === undefined ? {} : { unit: plan.unit };
  return foretell({
    plan,
    decides,
    horizonTicks,
    candidatePerTick: pairsPerTick,
    draw: ({ key, ticks }, uniform) => ({
      kind: 'differences',
      key,
      ...unit,
      counts: multinomial(wholeOf(pairsPerTick * ticks, uniform), law, uniform),
    }),
  });
}

/** A normal law around 0 on the plan's points, each with what lies nearest to it, and with a mean of 0. */
function differencesOf(points: readonly number[], deviation: number): readonly number[] {
  const below = (x: number): number => (deviation > 0 ? normalCdf(x / deviation) : Number(x >= 0));
  const ends = points.slice(1).map((point, i) => below((point + (points[i] ?? point)) / 2));
  const law = points.map((_, i) => (ends[i] ?? 1) - (ends[i - 1] ?? 0));
  return tilted(points, law, -points.reduce((sum, point, i) => sum + point * (law[i] ?? 0), 0));
}

import type { DecisionForecast } from '../forecast';
import { measureDistance } from '../thresholds/distance';
import type { DriftPlan } from '../thresholds/types';
import { multinomial } from './means';
import { foretell } from './play';
import { wholeOf } from './rates';

/** How often the incumbent gave each answer. */
export type KnownLabels = Readonly<Record<string, number>>;

/** Windows that are played; a guard that has not decided by then is not expected to. */
const HORIZON_WINDOWS = 180;

/**
 * When a guard on the drift of answers decides: where both arms answer by the same law, or where some of the candidate's answers are another one
 * instead, so many that the distance is `drifted.distance`. Played window by window, at the length that the plan's windows have at least.
 */
export function foretellDrift(p: {
  readonly plan: DriftPlan;
  readonly known: KnownLabels;
  readonly requestsPerTick: number;
  readonly sharePct: number;
  readonly decides: 'fail' | 'pass';
}): DecisionForecast | null {
  const { plan, known, requestsPerTick, sharePct, decides } = p;
  const labels = Object.keys(known);
  const law = lawOf(known);
  const candidateLaw = decides === 'fail' ? drifted(plan, known).law : law;
  const window = Math.max(1, plan.everyTicks);
  const candidatePerTick = (requestsPerTick * sharePct) / 100;
  const arms = { candidate: candidatePerTick * window, incumbent: (requestsPerTick - candidatePerTick) * window };
  const found = foretell({
    plan: { ...plan, everyTicks: 1 },
    decides,
    horizonTicks: HORIZON_WINDOWS,
    candidatePerTick: arms.candidate,
    draw: ({ key, ticks }, uniform) => {
      const drawn = (perWindow: number, of: readonly number[]): KnownLabels => {
        const counts = multinomial(wholeOf(perWindow * ticks, uniform), of, uniform);
        return Object.fromEntries(counts.flatMap((count, i) => (count > 0 ? [[labels[i] ?? '', count] as const] : [])));
      };
      return {
        kind: 'labels',
        key,
        candidate: drawn(arms.candidate, candidateLaw),
        incumbent: drawn(arms.incumbent, law),
      };
    },
  });
  if (found === null) return null;
  const { expectedTicks, ticks90 } = found;
  return { ...found, expectedTicks: expectedTicks * window, ticks90: ticks90 === null ? null : ticks90 * window };
}

/**
 * A candidate that drifts clearly: twice as far as the threshold, or as far as the incumbent's labels let it. Its law is the incumbent's, with some
 * answers exchanged for the one label that takes it furthest.
 */
export function drifted(
  plan: Pick<DriftPlan, 'distance' | 'threshold'>,
  known: KnownLabels
): { readonly distance: number; readonly law: readonly number[] } {
  const law = lawOf(known);
  const labels = Object.keys(known);
  const mixed = (to: number, part: number): readonly number[] =>
    law.map((mass, i) => mass * (1 - part) + (i === to ? part : 0));
  const distanceOf = (other: readonly number[]): number =>
    measureDistance(
      plan.distance,
      labels.map((label, i) => [label, other[i] ?? 0, law[i] ?? 0])
    ).distance;
  const furthest = law.reduce((best, _, i) => (distanceOf(mixed(i, 1)) > distanceOf(mixed(best, 1)) ? i : best), 0);
  const wanted = Math.min(2 * plan.threshold, distanceOf(mixed(furthest, 1)));
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (distanceOf(mixed(furthest, middle)) < wanted) low = middle;
    else high = middle;
  }
  const found = mixed(furthest, high);
  return { distance: distanceOf(found), law: found };
}

function lawOf(known: KnownLabels): readonly number[] {
  const counts = Object.values(known);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / all);
}

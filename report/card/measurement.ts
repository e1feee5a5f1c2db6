import type { Verdict } from '../../guards/types';
import { actualSharePct, livePct } from '../../rollout';
import type { Layout, LookResult, RolloutPlan } from '../../rollout';

/** One look at the evidence, as the card draws it. */
export interface Measurement {
  readonly atMs: number;
  /** The candidate's share as set, and as counted at this look. */
  readonly sharePct: number;
  readonly actualSharePct: number | null;
  /** By guard. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

/** A look's result as a measurement. */
export function measurementOf(input: {
  readonly atMs: number;
  readonly layout: Layout;
  readonly plan: RolloutPlan;
  readonly look: LookResult;
}): Measurement {
  const { atMs, layout, plan, look } = input;
  return {
    atMs,
    sharePct: livePct(layout),
    actualSharePct: actualSharePct(look.traffic, Object.keys(layout.sharesPct)),
    verdicts: Object.fromEntries(
      plan.guards.flatMap(({ name }, i) => {
        const track = look.guards[i];
        return track === undefined ? [] : [[name, track.verdict]];
      })
    ),
  };
}

import { ripeningOf } from '../spec/compat';
import type { PlanInput } from './plan-input';
import type { PlanFinding } from './plan-view';
import { duration } from './words';

/** Monitors whose first verdict comes before their labels: it is an estimate, and the bets over windows never hear of what comes later. */
export function monitorFindings({ spec }: PlanInput): readonly PlanFinding[] {
  return (spec.monitors ?? []).flatMap((monitor, index): readonly PlanFinding[] => {
    const ripening = ripeningOf(monitor, spec.groundTruth);
    if (ripening?.what !== 'labels' || monitor.lagMs >= ripening.ms) return [];
    return [
      {
        level: 'note',
        place: `monitors[${index}] ${monitor.name}`,
        what: `Windows are judged ${duration(monitor.lagMs)} after their end, and labels ripen after ${duration(ripening.ms)}: the first verdict rests on the labels that have come by then and on estimates, later ones are corrections, and bets over windows count only the first.`,
        remedy: `\`lag: ${duration(ripening.ms)}\` judges ripe labels alone.`,
      },
    ];
  });
}

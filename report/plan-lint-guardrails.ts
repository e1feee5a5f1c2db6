import { rungsOf } from '../rollout';
import type { PlanInput } from './plan-input';
import type { PlanFinding } from './plan-view';
import { rungPlace } from './ladder';
import { UNDECIDED } from './undecided';
import { duration } from './words';

/** A share that SageMaker moves cannot be held on. */
const THEN = { ...UNDECIDED, hold: UNDECIDED.ask } as const;

/**
 * SageMaker's own deployment does not wait for evidence: it is through when its bakes are over. Guards compare while both fleets serve, which
 * is until the last step.
 */
export function guardrailFindings({ spec, foreseen }: PlanInput): readonly PlanFinding[] {
  const rungs = rungsOf(spec);
  return rungs.flatMap((rung, index): readonly PlanFinding[] => {
    const stage = spec.stages[rung.stage];
    if (rung.kind !== 'guardrails' || stage?.kind !== 'blueGreen' || stage.engine !== 'guardrails') return [];
    if (rungs.slice(0, index).some((before) => before.kind === 'hold' && before.until.needs === 'decision')) return [];
    const sharedMs = rung.sharesPct.filter((pct) => pct < 100).length * stage.shift.waitMs;
    if (sharedMs === 0) return [];
    const slow = foreseen.filter(
      ({ required, sharePct, passMs }) =>
        required && sharePct === rung.sharesPct[0] && (passMs === null || passMs > sharedMs)
    );
    if (slow.length === 0) return [];
    const takes = slow.map(
      ({ guard, passMs }) =>
        `${guard} ${passMs === null ? 'is not expected to pass at all' : `takes ~${duration(passMs)}`}`
    );
    return [
      {
        level: 'warning',
        place: rungPlace(rung, spec.stages),
        what: `It may end undecided: ${takes.join(', ')}, and SageMaker lets both fleets serve for ${duration(sharedMs)} only; then ${THEN[rung.onInconclusive]}.`,
        remedy: 'Bake longer (`wait`), let a canary decide before it, or widen `promoteWithin`.',
      },
    ];
  });
}

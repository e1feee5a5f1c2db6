import { rungsOf } from '../rollout';
import type { PlanInput } from './plan-input';
import type { PlanFinding } from './plan-view';
import { rungLabel } from './ladder';
import { duration } from './words';

const THEN = {
  hold: 'then a person is asked',
  rollBack: 'then it is withdrawn as undecided',
  ask: 'then a person is asked',
  advance: 'then it goes on without a decision',
} as const;

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
        place: `stages[${rung.stage}] ${rungLabel(rung, spec.stages)}`,
        what: `It may end undecided: ${takes.join(', ')}, and SageMaker lets both fleets serve for ${duration(sharedMs)} only; ${THEN[rung.onInconclusive]}.`,
        remedy: 'Bake longer (`wait`), let a canary decide before it, or widen `promoteWithin`.',
      },
    ];
  });
}

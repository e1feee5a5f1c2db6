import { hasCrossed, startEProcess, stepEProcess } from './e-process';
import type { EProcessDesign } from './e-process';
import { addCounts } from './numbers';
import { harmDesign } from './rate';
import type { AlonePlan, AloneState, ArmCounts, RatePlan } from './types';

/** Part of a guard's false-rollback budget that is kept for the time without an incumbent, where the file has such a time. */
const PART = 0.2;

/**
 * A plan that can also judge once no incumbent serves: the candidate's own rate against its objective, or against the incumbent's rate
 * when the plan was fixed, where that is higher. Weaker than the comparison: what hits everybody looks like the candidate's doing. A plan
 * without an objective is returned as it is.
 */
export function planAlone(plan: RatePlan): RatePlan {
  if (plan.slo === null) return plan;
  const limit = Math.max(plan.slo, plan.incumbentRate?.rate ?? 0);
  const alpha = PART * plan.rollbackAlpha;
  return limit >= 1 ? plan : { ...plan, rollbackAlpha: plan.rollbackAlpha - alpha, alone: { limit, alpha } };
}

/** Counts a tick in which nobody but the candidate served. */
export function countAlone(
  plan: RatePlan,
  before: AloneState | undefined,
  candidate: ArmCounts
): AloneState | undefined {
  if (plan.alone === undefined) return before;
  const design = designOf(plan, plan.alone);
  const { counts, test } = before ?? { counts: { n: 0, bad: 0 }, test: startEProcess(design) };
  const { limit } = plan.alone;
  const family = { kind: 'binomial', trials: candidate.n, odds: limit / (1 - limit) } as const;
  return {
    counts: addCounts(counts, candidate),
    test: stepEProcess({ design, state: test, family, count: candidate.bad }),
  };
}

/** The log e-value against "the candidate's rate is at most the limit", what it needs, and whether it got there; null before there was such a tick. */
export function aloneHarm(
  plan: RatePlan,
  alone: AloneState | undefined
): { readonly logE: number; readonly needs: number; readonly isShown: boolean } | null {
  if (plan.alone === undefined || alone === undefined) return null;
  const design = designOf(plan, plan.alone);
  return { logE: alone.test.logE, needs: design.logCap, isShown: hasCrossed(design, alone.test) };
}

function designOf({ horizonTicks }: RatePlan, { alpha }: AlonePlan): EProcessDesign {
  return harmDesign({ nullTheta: 1, alpha, horizonTicks });
}

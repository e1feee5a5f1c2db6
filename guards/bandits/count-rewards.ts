import { countProblem, isNewTick, isTime } from '../sanity';
import { countInPairs } from './race';
import type { ArmRewards, ArmState, BanditPlan, BanditState, Cohort, RewardEvidence } from './types';

/**
 * Counts one closed window of rewards. A window that is not after the last one changes nothing. A window that cannot be
 * true counts nothing and says why in `problem`. Requests whose reward is not known yet are in no cohort: pending is never
 * failure, and neither is censored.
 */
export function countRewards(p: {
  readonly plan: BanditPlan;
  readonly state: BanditState;
  readonly evidence: RewardEvidence;
}): { readonly state: BanditState; readonly problem: string | null } {
  const { plan, state, evidence } = p;
  const problem = problemOf(plan, state, evidence);
  if (problem !== null) return { state, problem: `the window ending ${evidence.key} is unusable: ${problem}` };
  if (!isNewTick(evidence.key, state.lastKey)) return { state, problem: null };
  const arms = state.arms.map((arm) => countInArm({ plan, state, evidence, arm }));
  const pairs = evidence.cohorts.reduce((tests, cohort) => countInPairs(plan, tests, cohort.arms), state.pairs);
  return { state: { ...state, lastKey: evidence.key, arms, pairs }, problem: null };
}

function countInArm(p: {
  readonly plan: BanditPlan;
  readonly state: BanditState;
  readonly evidence: RewardEvidence;
  readonly arm: ArmState;
}): ArmState {
  const { plan, state, evidence, arm } = p;
  const served = evidence.served?.[arm.name] ?? 0;
  return evidence.cohorts.reduce<ArmState>(
    (sum, { batch, arms }) => {
      const more = arms[arm.name];
      if (more === undefined) return sum;
      // A reward is as old as the request that earned it, however late it arrives.
      const worth = plan.discount ** (state.batch - batch);
      return {
        ...sum,
        recent: { n: sum.recent.n + worth * more.n, sum: sum.recent.sum + worth * more.sum },
        total: { n: sum.total.n + more.n, sum: sum.total.sum + more.sum },
        censored: sum.censored + (more.censored ?? 0),
      };
    },
    { ...arm, served: arm.served + served }
  );
}

function problemOf(plan: BanditPlan, state: BanditState, evidence: RewardEvidence): string | null {
  if (!isTime(evidence.key)) return 'its key is not an ISO-8601 time';
  const names = [...evidence.cohorts.flatMap(({ arms }) => Object.keys(arms)), ...Object.keys(evidence.served ?? {})];
  const stranger = names.find((name) => !plan.arms.includes(name));
  if (stranger !== undefined) return `${stranger} is no arm of this bandit`;
  for (const { batch, arms } of evidence.cohorts) {
    if (!Number.isSafeInteger(batch) || batch < 0 || batch > state.batch)
      return `batch ${batch} has not begun (running: ${state.batch})`;
    const problem = cohortProblem(plan, arms);
    if (problem !== null) return problem;
  }
  for (const [name, count] of Object.entries(evidence.served ?? {})) {
    const problem = countProblem(`${name} served`, count);
    if (problem !== null) return problem;
  }
  return null;
}

function cohortProblem(plan: BanditPlan, cohort: Cohort): string | null {
  for (const [name, rewards] of Object.entries(cohort)) {
    const problem =
      countProblem(`${name} n`, rewards.n) ??
      countProblem(`${name} censored`, rewards.censored ?? 0) ??
      (plan.reward.kind === 'binary' ? countProblem(`${name} sum`, rewards.sum) : boundedProblem(name, rewards));
    if (problem !== null) return problem;
    if (rewards.sum > rewards.n) return `${name} earned ${rewards.sum} of at most ${rewards.n}`;
  }
  return null;
}

/** By Cauchy's inequality, and because no reward on 0 to 1 is smaller than its square. */
function boundedProblem(name: string, { n, sum, sumSquares }: ArmRewards): string | null {
  if (!(sum >= 0)) return `${name} sum is ${sum}`;
  if (sumSquares === undefined) return `${name} has no sum of squares`;
  const slack = 1e-9 * Math.max(1, sum);
  const possible = sumSquares <= sum + slack && sumSquares * n >= sum * sum - slack * Math.max(1, n);
  return possible
    ? null
    : `${name} has a sum of squares of ${sumSquares}, impossible for ${n} rewards that sum to ${sum}`;
}

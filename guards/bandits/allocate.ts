import { formatNumber } from '../wording';
import { bestArmProbabilities } from './best-arm-probability';
import { allocatorShares, floorShare, posteriorOf, withFloor } from './shares';
import type { Allocation, BanditPlan, BanditState } from './types';
import { floorInUnits, isWithinDeadBand, quantiseShares } from './weights';

/**
 * Ends the running batch and decides the next one's weights from the rewards known so far. Pure and without random
 * numbers. The weights in force stay when none would move by more than the dead-band; benched arms always go to 0 at once.
 */
export function allocate(
  plan: BanditPlan,
  state: BanditState
): { readonly state: BanditState; readonly allocation: Allocation } {
  const batch = state.batch + 1;
  const { shares, best } = sharesOf(plan, state);
  const wanted = quantiseShares(shares, plan.weightSum);
  const { deadBand, weightSum: sum } = plan;
  const stay = isWithinDeadBand({ inForce: state.weights, wanted, sum, deadBand });
  const weights = stay ? state.weights : wanted;
  const byName = (values: readonly number[]) => Object.fromEntries(plan.arms.map((name, i) => [name, values[i] ?? 0]));
  const arms = state.arms.map((arm) => ({
    ...arm,
    recent: { n: arm.recent.n * plan.discount, sum: arm.recent.sum * plan.discount },
  }));
  const propensities = byName(weights.map((weight) => weight / sum));
  return {
    state: { ...state, batch, arms, weights },
    allocation: {
      batch,
      weights: byName(weights),
      propensities,
      changed: weights.some((weight, i) => weight !== state.weights[i]),
      bestProbabilities: byName(best),
      reason: reasonOf({ plan, state, best, stay }),
    },
  };
}

/** Shares that the allocator wants, floor included, and P(best); both in the plan's order, 0 for benched arms. */
export function sharesOf(
  plan: BanditPlan,
  state: BanditState
): { readonly shares: readonly number[]; readonly best: readonly number[] } {
  const live = state.arms.filter(({ benched }) => benched === null);
  const best = bestArmProbabilities(live.map(({ recent }) => posteriorOf(plan.reward, recent)));
  const raw = allocatorShares({ allocator: plan.allocator, arms: live.map(({ recent }) => recent), best });
  const floor = floorShare({ floor: plan.floor, batch: state.batch + 1, arms: live.length });
  const shares = withFloor(raw, Math.min(floorInUnits(floor, plan.weightSum), 1 / live.length));
  const spread = (values: readonly number[]) => {
    const byName = new Map(live.map(({ name }, i) => [name, values[i] ?? 0]));
    return state.arms.map(({ name }) => byName.get(name) ?? 0);
  };
  return { shares: spread(shares), best: spread(best) };
}

function reasonOf(p: {
  readonly plan: BanditPlan;
  readonly state: BanditState;
  readonly best: readonly number[];
  readonly stay: boolean;
}): string {
  const { plan, state, best, stay } = p;
  const parts = state.arms.map(({ name, benched, total }, i) =>
    benched === null
      ? `${name} is best with probability ${formatNumber(Number((best[i] ?? 0).toFixed(4)))} (${formatNumber(total.sum)} of ${total.n})`
      : `${name} is benched: ${benched}`
  );
  const kept = stay ? `; weights stay, no share would move by more than ${formatNumber(100 * plan.deadBand)} %` : '';
  return parts.join(', ') + kept;
}

import { startPairs } from './race';
import type { BanditPlan, BanditState } from './types';
import { quantiseShares } from './weights';

/** State before the first request: an equal split. */
export function startBandit(plan: BanditPlan): BanditState {
  const k = plan.arms.length;
  return {
    version: 1,
    lastKey: null,
    batch: 0,
    arms: plan.arms.map((name) => ({
      name,
      recent: { n: 0, sum: 0 },
      total: { n: 0, sum: 0 },
      served: 0,
      censored: 0,
      benched: null,
    })),
    pairs: startPairs(plan),
    weights: quantiseShares(
      plan.arms.map(() => 1 / k),
      plan.weightSum
    ),
  };
}

/**
 * Takes an arm out of the traffic because a guard failed. It gets a weight of 0 from the next allocation on, which should
 * follow at once; what it earned stays known. Throws `RangeError` for the incumbent, which guards compare with and which must
 * be there to go back to, and for unknown arms.
 */
export function benchArm(
  plan: BanditPlan,
  state: BanditState,
  p: { readonly arm: string; readonly reason: string }
): BanditState {
  if (p.arm === plan.incumbent) throw new RangeError(`${p.arm} is the incumbent and cannot be benched`);
  if (!state.arms.some(({ name }) => name === p.arm)) throw new RangeError(`${p.arm} is no arm of this bandit`);
  return { ...state, arms: state.arms.map((arm) => (arm.name === p.arm ? { ...arm, benched: p.reason } : arm)) };
}

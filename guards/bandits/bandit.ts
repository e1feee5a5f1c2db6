import { startPairs } from './race';
import type { ArmState, BanditPlan, BanditState } from './types';
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
 * follow at once, until it is readmitted; what it earned stays known. Throws `RangeError` for the incumbent, which guards
 * compare with and which must be there to go back to, and for unknown arms.
 */
export function benchArm(
  plan: BanditPlan,
  state: BanditState,
  p: { readonly arm: string; readonly reason: string }
): BanditState {
  if (p.arm === plan.incumbent) throw new RangeError(`${p.arm} is the incumbent and cannot be benched`);
  return withArm(state, p.arm, { benched: p.reason });
}

/** Lets a benched arm compete again, from the posterior it had. Throws `RangeError` for unknown arms. */
export function readmitArm(state: BanditState, arm: string): BanditState {
  return withArm(state, arm, { benched: null });
}

function withArm(state: BanditState, name: string, change: Pick<ArmState, 'benched'>): BanditState {
  if (!state.arms.some((arm) => arm.name === name)) throw new RangeError(`${name} is no arm of this bandit`);
  return { ...state, arms: state.arms.map((arm) => (arm.name === name ? { ...arm, ...change } : arm)) };
}

/** Requests of an arm whose reward is not known yet. */
export function pendingOf({ served, total, censored }: ArmState): number {
  return Math.max(0, served - total.n - censored);
}

import type { BanditPlan } from './types';
import { LARGEST_WEIGHT_SUM } from './weights';

/** What a user must say; the rest has defaults. */
export type BanditChoices = Pick<BanditPlan, 'arms' | 'incumbent'> & Partial<BanditPlan>;

/**
 * Fixes everything about a bandit before its first request. Defaults: binary rewards, Thompson weights, a floor of
 * 0.2 %/√batch that ends at 0.05 %, no discount, weights in hundredths of a percent, a dead-band of 0.2 %, 5 % false winners. Throws
 * `RangeError` that says what is wrong.
 */
export function planBandit(choices: BanditChoices): BanditPlan {
  const plan: BanditPlan = {
    reward: { kind: 'binary' },
    allocator: { kind: 'thompson' },
    floor: { least: 0.0005, start: 0.002 },
    discount: 1,
    weightSum: 10_000,
    deadBand: 0.002,
    falseWinner: 0.05,
    ...choices,
  };
  const problem = problemOf(plan);
  if (problem !== null) throw new RangeError(`a bandit cannot be planned: ${problem}`);
  return plan;
}

function problemOf(plan: BanditPlan): string | null {
  const { arms, reward, allocator, floor } = plan;
  if (arms.length < 2) return `it needs two arms, and has ${arms.length}`;
  const twice = arms.find((name, i) => arms.indexOf(name) !== i);
  if (twice !== undefined) return `the arm ${twice} is named twice`;
  if (!arms.includes(plan.incumbent)) return `the incumbent ${plan.incumbent} is none of ${arms.join(', ')}`;
  if (reward.kind === 'bounded' && !(reward.low < reward.high && Number.isFinite(reward.high - reward.low)))
    return `rewards from ${reward.low} to ${reward.high} leave no room`;
  if (reward.kind === 'bounded' && !(reward.tosses >= 1 && Number.isFinite(reward.tosses)))
    return `a reward cannot be worth ${reward.tosses} coin tosses`;
  if (allocator.kind === 'epsilonGreedy' && !isFraction(allocator.epsilon)) return `ε is ${allocator.epsilon}`;
  if (!isFraction(floor.least) || !isFraction(floor.start)) return `the floor is ${floor.least} and ${floor.start}`;
  if (!(plan.discount > 0 && plan.discount <= 1)) return `the discount is ${plan.discount}, not in (0, 1]`;
  if (!Number.isSafeInteger(plan.weightSum) || plan.weightSum < arms.length || plan.weightSum > LARGEST_WEIGHT_SUM)
    return `weights cannot sum to ${plan.weightSum}`;
  if (!isFraction(plan.deadBand)) return `the dead-band is ${plan.deadBand}`;
  if (!(plan.falseWinner > 0 && plan.falseWinner < 1)) return `falseWinner is ${plan.falseWinner}, not between 0 and 1`;
  return null;
}

const isFraction = (value: number): boolean => value >= 0 && value <= 1;

/** A reward on the scale of 0 to 1 between its bounds; beyond one of them it counts as the bound, so that one freak value cannot move the traffic. */
export function scaledReward([low, high]: readonly [low: number, high: number], reward: number): number {
  return (Math.min(high, Math.max(low, reward)) - low) / (high - low);
}

import type { Beta } from './best-arm-probability';
import { klUcbIndex } from './kl-ucb';
import type { Allocator, BanditPlan, Reward, RewardCounts } from './types';

/**
 * Posterior of an arm's mean reward from the uniform prior. A bounded reward counts as `tosses` coins of its own mean
 * (Agrawal & Goyal 2012 toss that coin; its expectation needs no random number).
 */
export function posteriorOf(reward: Reward, counts: RewardCounts): Beta {
  const tosses = reward.kind === 'bounded' ? reward.tosses : 1;
  return { alpha: 1 + tosses * counts.sum, beta: 1 + tosses * Math.max(0, counts.n - counts.sum) };
}

/** Shares of the arms that may get traffic, before any floor; they sum to 1. */
export function allocatorShares(p: {
  readonly allocator: Allocator;
  readonly arms: readonly RewardCounts[];
  readonly best: readonly number[];
}): readonly number[] {
  const { allocator, arms, best } = p;
  switch (allocator.kind) {
    case 'thompson':
      return best;
    case 'topTwoThompson':
      return topTwoShares(best);
    case 'klUcb': {
      const trials = arms.reduce((sum, { n }) => sum + n, 0);
      return sharedByLargest(arms.map((arm) => klUcbIndex(arm, trials)));
    }
    case 'epsilonGreedy': {
      const greedy = sharedByLargest(arms.map(({ n, sum }) => (n > 0 ? sum / n : 1)));
      return greedy.map((share) => (1 - allocator.epsilon) * share + allocator.epsilon / arms.length);
    }
  }
}

/**
 * Top-two Thompson sampling with a fair coin (Russo 2016): the leader of one draw, or the leader of the first draw that
 * another arm leads. For finding the best arm, not for earning on the way.
 */
export function topTwoShares(best: readonly number[]): readonly number[] {
  // With one arm as good as certain the limit is wanted: that arm's odds against the rest leave 0/0.
  const odds = best.map((p, i) => {
    const rest = best.reduce((sum, other, j) => (j === i ? sum : sum + other), 0);
    return rest > 1e-300 ? p / rest : null;
  });
  if (odds.includes(null)) {
    const others = best.length - 1;
    return odds.map((value) => (others === 0 ? 1 : value === null ? 0.5 : 0.5 / others));
  }
  const shares = best.map((p, i) => {
    const runnerUp = odds.reduce<number>((sum, value, j) => (j === i ? sum : sum + (value ?? 0)), 0);
    return p * (0.5 + 0.5 * runnerUp);
  });
  return normalised(shares);
}

/** All to the largest; equal parts among those that tie. */
function sharedByLargest(values: readonly number[]): readonly number[] {
  const largest = Math.max(...values);
  return normalised(values.map((value) => (value === largest ? 1 : 0)));
}

/** Smallest share of a live arm in this batch (from 1): max(least, start/√batch), at most an equal split. */
export function floorShare(p: {
  readonly floor: BanditPlan['floor'];
  readonly batch: number;
  readonly arms: number;
}): number {
  return Math.min(Math.max(p.floor.least, p.floor.start / Math.sqrt(Math.max(1, p.batch))), 1 / p.arms);
}

/** Every share is pulled to the floor by the same line, so that their order stays. */
export function withFloor(shares: readonly number[], floor: number): readonly number[] {
  return shares.map((share) => floor + (1 - shares.length * floor) * share);
}

function normalised(values: readonly number[]): readonly number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

import { klUcbIndex } from '../../guards/bandits';
import { betaOf, streamUniform } from './random';
import type { Uniform } from './random';
import { armsOf, lossesOf, phaseAt } from './world';
import type { RewardTable } from './world';

/**
 * Rules that decide request by request, as the multi-armed bandit of AWS's A/B testing sample does
 * (aws-samples/amazon-sagemaker-ab-testing-pipeline): an equal split until every arm has more than `warmUp` requests.
 */
export interface PerRequestRule {
  readonly name: string;
  readonly warmUp: number;
  readonly pick: (arms: ArmSums, uniform: Uniform) => number;
}

export interface ArmSums {
  readonly n: Float64Array;
  readonly successes: Float64Array;
}

const WARM_UP = 100;

export const epsilonGreedy: PerRequestRule = {
  name: 'ε-greedy 0.1, warm-up 100 (AWS default)',
  warmUp: WARM_UP,
  pick: (arms, uniform) => {
    if (uniform() <= 0.1) return Math.floor(uniform() * arms.n.length);
    return largest(arms, (n, s) => s / n);
  },
};

export const ucb1: PerRequestRule = {
  name: 'UCB1, warm-up 100 (AWS)',
  warmUp: WARM_UP,
  pick: (arms) => {
    const bonus = 2 * Math.log(arms.n.reduce((sum, n) => sum + n, 0));
    return largest(arms, (n, s) => s / n + Math.sqrt(bonus / n));
  },
};

export const thompson: PerRequestRule = {
  name: 'Thompson, warm-up 100 (AWS)',
  warmUp: WARM_UP,
  pick: (arms, uniform) => largest(arms, (n, s) => betaOf(uniform, 1 + s, 1 + n - s)),
};

export const klUcb: PerRequestRule = {
  name: 'KL-UCB',
  warmUp: 0,
  pick: (arms) => {
    const all = arms.n.reduce((sum, n) => sum + n, 0);
    return largest(arms, (n, sum) => klUcbIndex({ n, sum }, all));
  },
};

function largest(arms: ArmSums, index: (n: number, successes: number) => number): number {
  let best = 0;
  let top = -Infinity;
  for (let arm = 0; arm < arms.n.length; arm++) {
    const value = index(arms.n[arm] ?? 0, arms.successes[arm] ?? 0);
    if (value > top) [best, top] = [arm, value];
  }
  return best;
}

/** Pseudo-regret of a rule over a table whose rewards are seen `delay` requests late. */
export function playPerRequest(rule: PerRequestRule, table: RewardTable, delay = 0): number {
  const { world, success } = table;
  const k = armsOf(world);
  const uniform = streamUniform(table.seed, table.run, 1);
  const arms = { n: new Float64Array(k), successes: new Float64Array(k) };
  const routed = new Uint8Array(world.requests);
  const losses = lossesOf(world);
  let regret = 0;
  for (let request = 0; request < world.requests; request++) {
    const warming = arms.n.some((n) => n <= rule.warmUp);
    const arm = warming ? Math.floor(uniform() * k) : rule.pick(arms, uniform);
    routed[request] = arm;
    regret += losses[phaseAt(world, request)]?.[arm] ?? 0;
    const seen = request - delay;
    if (seen < 0) continue;
    const told = routed[seen] ?? 0;
    arms.n[told] = (arms.n[told] ?? 0) + 1;
    arms.successes[told] = (arms.successes[told] ?? 0) + (success[seen * k + told] ?? 0);
  }
  return regret;
}

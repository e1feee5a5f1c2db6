import { allocate, countRewards, planBandit, standingOf, startBandit } from '../../guards/bandits';
import type { BanditPlan, BanditState, Cohort } from '../../guards/bandits';
import { streamUniform } from './random';
import type { Uniform } from './random';
import { armsOf, lossesOf, phaseAt } from './world';
import type { RewardTable, World } from './world';

/** Batches of the simulated endpoint: how many requests each has, in order; the last size goes on. */
export interface Batching {
  readonly sizes: readonly number[];
  /** Requests that come before the last reward of a batch is known, from the batch's end on. */
  readonly lateRequests: number;
}

export type Tuning = Partial<Omit<BanditPlan, 'arms' | 'incumbent'>>;

export interface BatchedRun {
  readonly regret: number;
  /** Arm declared the winner, by index; null when none was. */
  readonly winner: number | null;
  /** Requests and regret until the declaration, or all. */
  readonly requests: number;
  readonly regretUntil: number;
  /** Endpoint updates. */
  readonly updates: number;
  /** Outcomes of every batch. */
  readonly cohorts: readonly Cohort[];
}

export const armNames = (world: World): readonly string[] => Array.from({ length: armsOf(world) }, (_, i) => `v${i}`);

export function planFor(world: World, tuning: Tuning): BanditPlan {
  const arms = armNames(world);
  return planBandit({ ...tuning, arms, incumbent: arms[0] ?? '' });
}

/** Plays a table through the very functions that a rollout uses: weights by batch, rewards by cohort. */
export function playBatched(
  plan: BanditPlan,
  table: RewardTable,
  options: Batching & { readonly untilWinner?: boolean }
): BatchedRun {
  const { world } = table;
  const uniform = streamUniform(table.seed, table.run, 2);
  const cohorts: Cohort[] = [];
  const ends: number[] = [];
  let told = 0;
  let state = startBandit(plan);
  let regret = 0;
  let updates = 0;
  let declared: Pick<BatchedRun, 'winner' | 'requests' | 'regretUntil'> | null = null;
  for (let request = 0, batch = 0; request < world.requests; batch++) {
    const size = Math.min(sizeOf(options, batch), world.requests - request);
    const served = serve({ plan, state, table, from: request, size, uniform });
    request += size;
    regret += served.regret;
    cohorts.push(served.cohort);
    ends.push(request);
    const known = [];
    for (; (ends[told] ?? Infinity) + options.lateRequests <= request; told++)
      known.push({ batch: told, arms: cohorts[told] ?? {} });
    const key = new Date(Date.UTC(2026, 0, 1) + batch * 1000).toISOString();
    const counted = countRewards({ plan, state, evidence: { key, cohorts: known } });
    if (counted.problem !== null) throw new Error(counted.problem);
    state = counted.state;
    if (declared === null) {
      const standing = standingOf(plan, state);
      if (standing.kind === 'winner') {
        declared = { winner: plan.arms.indexOf(standing.arm), requests: request, regretUntil: regret };
        if (options.untilWinner === true) break;
      }
    }
    const next = allocate(plan, state);
    state = next.state;
    updates += next.allocation.changed ? 1 : 0;
  }
  return { regret, updates, cohorts, ...(declared ?? { winner: null, requests: world.requests, regretUntil: regret }) };
}

function sizeOf({ sizes }: Batching, batch: number): number {
  return sizes[Math.min(batch, sizes.length - 1)] ?? 1;
}

function serve(p: {
  readonly plan: BanditPlan;
  readonly state: BanditState;
  readonly table: RewardTable;
  readonly from: number;
  readonly size: number;
  readonly uniform: Uniform;
}): { readonly cohort: Cohort; readonly regret: number } {
  const { plan, state, table, from, size, uniform } = p;
  const k = armsOf(table.world);
  const n = new Float64Array(k);
  const sum = new Float64Array(k);
  const losses = lossesOf(table.world);
  let regret = 0;
  for (let request = from; request < from + size; request++) {
    let point = uniform() * plan.weightSum;
    let arm = 0;
    while (arm < k - 1 && (point -= state.weights[arm] ?? 0) >= 0) arm += 1;
    n[arm] = (n[arm] ?? 0) + 1;
    sum[arm] = (sum[arm] ?? 0) + (table.success[request * k + arm] ?? 0);
    regret += losses[phaseAt(table.world, request)]?.[arm] ?? 0;
  }
  const cohort = Object.fromEntries(plan.arms.map((name, i) => [name, { n: n[i] ?? 0, sum: sum[i] ?? 0 }]));
  return { cohort, regret };
}

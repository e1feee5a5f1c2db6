import { planBandit, startBandit } from '../../guards/bandits';
import type { Allocator, BanditPlan, Reward } from '../../guards/bandits';
import type { BanditTrack } from '../../rollout';
import type { BanditStage, RolloutSpec } from '../../spec/types';

/** What is fixed about a bandit before its first request; null without such a stage. */
export function banditOf(spec: RolloutSpec, incumbent: string): BanditPlan | null {
  const stage = spec.stages.find((one) => one.kind === 'bandit');
  if (stage?.kind !== 'bandit') return null;
  return planBandit({
    arms: [incumbent, ...spec.candidates.map(({ name }) => name)],
    incumbent,
    reward: rewardOf(stage),
    allocator: allocatorOf(stage),
    floor: { least: stage.floorPct / 100, start: stage.floorPct / 100 },
    discount: stage.discount,
    deadBand: stage.deadBandPct / 100,
    // Each segment is a race of its own, so the budget is divided.
    falseWinner: spec.budget.falseWinner / (1 + (stage.segments?.values.length ?? 0)),
  });
}

/** Before the first request; in each segment of a stage that learns them apart. */
export function startTrack(plan: BanditPlan | null, { stages }: Pick<RolloutSpec, 'stages'>): BanditTrack | null {
  if (plan === null) return null;
  const stage = stages.find((one) => one.kind === 'bandit');
  const segments = stage?.kind === 'bandit' ? stage.segments : undefined;
  const named = segments?.values.map((name) => [name, startBandit(plan)] as const);
  return {
    state: startBandit(plan),
    ...(named !== undefined && { bySegment: Object.fromEntries(named) }),
    throughMs: 0,
    batches: [],
  };
}

/** A value counts as one coin toss, which is safe whatever its law: it learns no faster than the law of the same mean that varies most. */
function rewardOf({ reward }: BanditStage): Reward {
  if (reward.kind === 'quality' || reward.value === undefined) return { kind: 'binary' };
  const [low, high] = reward.value;
  return { kind: 'bounded', low, high, tosses: 1 };
}

function allocatorOf({ allocator }: BanditStage): Allocator {
  return allocator === 'epsilonGreedy' ? { kind: allocator, epsilon: 0.1 } : { kind: allocator };
}

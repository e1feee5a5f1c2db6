import { planBandit, startBandit } from '../../guards/bandits';
import type { Allocator, BanditPlan } from '../../guards/bandits';
import type { BanditTrack } from '../../rollout';
import type { BanditStage, RolloutSpec } from '../../spec/types';

/** What is fixed about a bandit before its first request; null without such a stage. */
export function banditOf(spec: RolloutSpec, incumbent: string): BanditPlan | null {
  const stage = spec.stages.find((one) => one.kind === 'bandit');
  if (stage?.kind !== 'bandit') return null;
  return planBandit({
    arms: [incumbent, ...spec.candidates.map(({ name }) => name)],
    incumbent,
    allocator: allocatorOf(stage),
    floor: { least: stage.floorPct / 100, start: stage.floorPct / 100 },
    discount: stage.discount,
    deadBand: stage.deadBandPct / 100,
    falseWinner: spec.budget.falseWinner,
  });
}

export function startTrack(plan: BanditPlan | null): BanditTrack | null {
  return plan === null ? null : { state: startBandit(plan), throughMs: 0, batches: [] };
}

function allocatorOf({ allocator }: BanditStage): Allocator {
  return allocator === 'epsilonGreedy' ? { kind: allocator, epsilon: 0.1 } : { kind: allocator };
}

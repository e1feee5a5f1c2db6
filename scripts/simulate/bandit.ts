import { benchedBy, followRewards, isWholeTick, rewardsOf } from '../../activities/allocation/follow';
import type { RewardTick } from '../../activities/allocation/follow';
import type { BanditPlan } from '../../guards/bandits';
import { rungsOf, runningArms, variantShares } from '../../rollout';
import type { BanditTrack, LookResult, Proposal, RolloutState } from '../../rollout';
import type { BanditStage } from '../../spec/types';
import { sharesBy } from './shares-log';
import type { SharesLog } from './shares-log';
import type { World } from './world';

/** One batch of a bandit: what it was decided on, and how it splits the live requests. */
export interface PlayedBatch {
  readonly batch: number;
  readonly atMs: number;
  /** Percent of the live requests by arm, the incumbent's first. */
  readonly sharesPct: Readonly<Record<string, number>>;
  /** Rewards known by then: `sum` of `n` earned. */
  readonly rewards: Readonly<Record<string, { readonly n: number; readonly sum: number }>>;
  readonly reason: string;
  /** The best arm, once shown: it ends the race. */
  readonly winner: string | null;
}

interface Racing {
  readonly plan: BanditPlan;
  readonly track: BanditTrack;
  readonly stage: BanditStage;
}

/** What the rewards want of the shares, as production decides it; nothing where the stage does not follow them. */
export function followBandit(
  state: RolloutState,
  p: {
    readonly world: World;
    readonly shares: SharesLog;
    readonly decisions: LookResult['decisions'];
    readonly nowMs: number;
  }
): { readonly bandit: BanditTrack | null; readonly proposal: Proposal | null } {
  const racing = racingOf(state);
  if (racing === null) return { bandit: state.bandit, proposal: null };
  const benched = benchedBy({
    candidates: state.spec.candidates.map(({ name }) => name),
    running: runningArms(state),
    decisions: p.decisions,
  });
  const ticks = rewardTicks(racing, { ...p, tickMs: state.spec.tickMs });
  const { track, proposal } = followRewards({ ...racing, benched, ticks, nowMs: p.nowMs });
  return { bandit: track, proposal };
}

function rewardTicks(
  { track, stage }: Racing,
  p: { readonly world: World; readonly shares: SharesLog; readonly nowMs: number; readonly tickMs: number }
): readonly RewardTick[] {
  const { world, shares, nowMs, tickMs } = p;
  const sharesAt = sharesBy(shares);
  const known = world.rewards({ reward: stage.reward, throughMs: track.throughMs, nowMs, sharesAt });
  return known.map(({ endMs, arms }) => {
    const tick = { startMs: endMs - tickMs, endMs };
    const served = world.requests({ ...tick, sharesAt });
    const isWhole = isWholeTick(shares, tick);
    return { ...tick, key: new Date(endMs).toISOString(), isWhole, arms: rewardsOf(arms, served), served };
  });
}

/** The batches with the one that a look has begun, or with the end of the race. */
export function logBatch(
  batches: readonly PlayedBatch[],
  p: { readonly state: RolloutState; readonly look: LookResult; readonly nowMs: number }
): readonly PlayedBatch[] {
  const { state, look, nowMs } = p;
  const racing = racingOf(state);
  if (racing === null || look.bandit === null) return batches;
  const { incumbent } = racing.plan;
  const shares = (sharesPct: Readonly<Record<string, number>>) =>
    variantShares({ ...state.layout, sharesPct }, incumbent);
  const rewards = ({ state: { arms } }: BanditTrack) =>
    Object.fromEntries(arms.map(({ name, total }) => [name, total]));
  const first: PlayedBatch = {
    batch: 0,
    atMs: racing.track.batches[0]?.sinceMs ?? nowMs,
    sharesPct: shares(state.layout.sharesPct),
    rewards: rewards(racing.track),
    reason: 'nothing is known yet',
    winner: null,
  };
  const begun = batches.length === 0 ? [first] : batches;
  if (look.proposal === null) return begun;
  const { sharesPct, reason, winner } = look.proposal;
  const { batch } = look.bandit.state;
  return [
    ...begun,
    { batch, atMs: nowMs, sharesPct: shares(sharesPct), rewards: rewards(look.bandit), reason, winner },
  ];
}

/** The bandit that decides about the traffic now; null while none does. */
function racingOf({ phase, spec, plan, bandit }: RolloutState): Racing | null {
  if (phase.kind !== 'baking' || bandit === null || plan === null || plan.bandit === null) return null;
  const rung = rungsOf(spec)[phase.rung];
  const stage = spec.stages[rung?.stage ?? -1];
  if (rung?.kind !== 'hold' || rung.follows !== 'rewards' || stage?.kind !== 'bandit') return null;
  return { plan: plan.bandit, track: bandit, stage };
}

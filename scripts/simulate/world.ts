import type { planEveryGuard } from '../../guards';
import type { ArmCounts, Evidence, GuardPlan } from '../../guards';
import type { BanditStage, GuardSpec, RolloutSpec } from '../../spec/types';

/** Percent of the live requests by candidate at an instant. */
export type SharesAt = (atMs: number) => Readonly<Record<string, number>>;

/** What stands behind one simulated rollout: a recording, or a made-up truth. The same question always has the same answer. */
export interface World {
  readonly incumbent: string;
  /** When the rollout is submitted; a tick begins there. */
  readonly startMs: number;
  /** After this nothing is known; null: it goes on for ever. */
  readonly endsMs: number | null;
  /** As measured before the rollout. */
  readonly requestsPerSecond: number;
  /** What is known before the plan is fixed. */
  readonly before: Pick<
    Parameters<typeof planEveryGuard>[0],
    'incumbent' | 'dispersion' | 'latencyMs' | 'latencyBoundsMs' | 'inputs'
  >;
  /** The ticks of one guard about one candidate that end after `throughMs` and are closed at `nowMs`, oldest first. */
  ticks(question: {
    /** Name among the file's guards. */
    readonly name: string;
    readonly guard: GuardSpec;
    readonly plan: GuardPlan;
    readonly arm: string;
    readonly throughMs: number;
    readonly nowMs: number;
    readonly sharesAt: SharesAt;
    /** Percent of the live requests that the candidate gets a copy of. */
    readonly copyPct: number;
  }): readonly { readonly endMs: number; readonly evidence: Evidence }[];
  /**
   * What the requests of each variant came to, in the ticks that end after `throughMs` and are closed at `nowMs`, oldest first: trials whose
   * outcome is known, and those of them that earn nothing. Throws `Mistake` where the world does not know.
   */
  rewards(question: {
    readonly reward: BanditStage['reward'];
    readonly throughMs: number;
    readonly nowMs: number;
    readonly sharesAt: SharesAt;
  }): readonly { readonly endMs: number; readonly arms: Readonly<Record<string, ArmCounts>> }[];
  /** Requests by variant in one tick. */
  requests(tick: {
    readonly startMs: number;
    readonly endMs: number;
    readonly sharesAt: SharesAt;
  }): Readonly<Record<string, number>>;
}

/** The file's first guard that counts what a bandit is rewarded by, among its guards; −1 where there is none. */
export function rewardGuard({ guards }: RolloutSpec, reward: BanditStage['reward']): number {
  return guards.findIndex((guard) =>
    reward.kind === 'quality'
      ? guard.kind === 'quality'
      : (guard.kind === 'business' || guard.kind === 'goal') && guard.event === reward.event && guard.unit === 'request'
  );
}

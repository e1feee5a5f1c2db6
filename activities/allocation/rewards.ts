import type { ArmCounts } from '../../guards/types';
import type { Cohort } from '../../guards/bandits';
import type { BanditStage } from '../../spec/types';
import { readBusiness } from '../evidence/business';
import type { Look } from '../evidence/look';
import { readCohorts } from '../evidence/quality';
import type { GuardReading } from '../evidence/reading';

/** Rewards of one closed tick. */
export interface RewardTick {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Whether one set of shares held throughout. */
  readonly isWhole: boolean;
  readonly arms: Cohort;
  /** Requests by arm; those among them whose reward will never be known are censored, which is no failure. */
  readonly served: Readonly<Record<string, number>>;
}

/** What each arm earned in the ticks that have closed since `sinceMs`, oldest first: a right answer, or an event that followed. */
export async function banditTicks(
  look: Look,
  input: { readonly stage: BanditStage; readonly arms: readonly string[]; readonly sinceMs: number }
): Promise<readonly RewardTick[]> {
  const { stage, arms, sinceMs } = input;
  const { tickMs } = look.spec;
  const reading = await readRewards(look, stage, sinceMs);
  const ofArm = new Map(
    arms.map((arm) => [
      arm,
      new Map(reading.ticks(sinceMs, { candidate: arm, incumbent: arm }).map((t) => [t.endMs, t])),
    ])
  );
  const ends = [...(ofArm.get(arms[0] ?? '')?.keys() ?? [])];
  return ends.map((endMs) => {
    const tick = { startMs: endMs - tickMs, endMs };
    const totals = look.counts.totals(tick);
    const served = Object.fromEntries(arms.map((arm) => [arm, totals.get(arm)?.requests ?? 0]));
    const rewards = arms.flatMap((arm) => {
      const { n, bad } = countsOf(ofArm.get(arm)?.get(endMs)?.evidence);
      return n === 0 ? [] : [[arm, { n, sum: n - bad, censored: Math.max(0, (served[arm] ?? 0) - n) }] as const];
    });
    const isWhole =
      !look.shares.some(({ sinceMs: at }) => at > tick.startMs && at < endMs) && sharesStood(look, tick.startMs);
    return { ...tick, key: new Date(endMs).toISOString(), isWhole, arms: Object.fromEntries(rewards), served };
  });
}

function sharesStood({ shares }: Look, atMs: number): boolean {
  return shares.findLast(({ sinceMs }) => sinceMs <= atMs)?.sharesPct !== null;
}

function readRewards(look: Look, { reward }: BanditStage, sinceMs: number): Promise<GuardReading> {
  switch (reward.kind) {
    case 'quality':
      return readCohorts(look, { kind: 'quality', sinceMs, late: { openMs: look.nowMs, seenMs: look.nowMs } });
    case 'event':
      return readBusiness(look, { event: reward.event, unit: 'request' }, sinceMs);
  }
}

function countsOf(evidence: unknown): ArmCounts {
  if (typeof evidence !== 'object' || evidence === null || !('candidate' in evidence)) return { n: 0, bad: 0 };
  return evidence.candidate as ArmCounts;
}

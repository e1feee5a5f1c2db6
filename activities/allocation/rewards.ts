import type { ArmCounts } from '../../guards/types';
import type { BanditStage } from '../../spec/types';
import { readBusiness } from '../evidence/business';
import type { Look } from '../evidence/look';
import { readCohorts } from '../evidence/quality';
import type { GuardReading } from '../evidence/reading';
import { isWholeTick, rewardsOf } from './follow';
import type { RewardTick } from './follow';

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
    const counts = Object.fromEntries(arms.map((arm) => [arm, countsOf(ofArm.get(arm)?.get(endMs)?.evidence)]));
    const isWhole = isWholeTick(look.shares, tick);
    return { ...tick, key: new Date(endMs).toISOString(), isWhole, arms: rewardsOf(counts, served), served };
  });
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

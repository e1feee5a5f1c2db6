import { OTHER_SEGMENT } from '../../rollout';
import type { Evidence } from '../../guards/types';
import type { BanditStage } from '../../spec/types';
import { readBusiness, readEarned } from '../evidence/business';
import type { Look } from '../evidence/look';
import { readCohorts } from '../evidence/quality';
import { FailureError } from '../../sagemaker/faults';
import { tickEnd } from '../evidence/reading';
import type { GuardReading } from '../evidence/reading';
import { readSegments, segmentNames } from '../evidence/segments';
import type { Only } from '../evidence/segments';
import { readServed } from '../evidence/user-trials';
import { isWholeTick, rewardsOf } from './follow';
import type { Earned, RewardTick, SegmentRewards } from './follow';

interface Asked {
  readonly stage: BanditStage;
  readonly arms: readonly string[];
  readonly sinceMs: number;
}

/** Requests of one tick by arm. */
type ServedBy = (tick: { readonly startMs: number; readonly endMs: number }) => Readonly<Record<string, number>>;

/** What each arm earned in the ticks that have closed since `sinceMs`, oldest first: a right answer, or an event that followed. */
export async function banditTicks(look: Look, asked: Asked): Promise<readonly RewardTick[]> {
  const { stage, arms, sinceMs } = asked;
  if (stage.segments === undefined) {
    const served: ServedBy = (tick) => {
      const totals = look.counts.totals(tick);
      return Object.fromEntries(arms.map((arm) => [arm, totals.get(arm)?.requests ?? 0]));
    };
    return rewardTicks(look, asked, { served });
  }
  const segments = await readSegments(look, sinceMs);
  const calls = await readServed(look, sinceMs);
  const each = segmentNames(look.spec).map(async (name) => {
    const only: Only = (id) => segments.get(id) === name;
    const counts = new Map<string, number>();
    for (const { id, variant, atMs } of calls.served) {
      const place = `${variant} ${tickEnd(atMs, look.spec.tickMs)}`;
      if (only(id)) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const served: ServedBy = ({ endMs }) =>
      Object.fromEntries(arms.map((arm) => [arm, counts.get(`${arm} ${endMs}`) ?? 0]));
    return { name, ticks: await rewardTicks(look, asked, { served, only }) };
  });
  const read = await Promise.all(each);
  const rest = read.find(({ name }) => name === OTHER_SEGMENT)?.ticks ?? [];
  return rest.map((tick, i) => ({
    ...tick,
    bySegment: Object.fromEntries(read.flatMap(({ name, ticks }) => namedAt(name, ticks[i]))),
  }));
}

function namedAt(name: string, tick: RewardTick | undefined): readonly (readonly [string, SegmentRewards])[] {
  if (name === OTHER_SEGMENT || tick === undefined) return [];
  return [[name, { arms: tick.arms, served: tick.served }]];
}

async function rewardTicks(
  look: Look,
  { stage, arms, sinceMs }: Asked,
  { served, only }: { readonly served: ServedBy; readonly only?: Only }
): Promise<readonly RewardTick[]> {
  const { tickMs } = look.spec;
  const reading = await readRewards(look, stage, { sinceMs, only });
  const ofArm = new Map(
    arms.map((arm) => [
      arm,
      new Map(reading.ticks(sinceMs, { candidate: arm, incumbent: arm }).map((t) => [t.endMs, t])),
    ])
  );
  const ends = [...(ofArm.get(arms[0] ?? '')?.keys() ?? [])];
  return ends.map((endMs) => {
    const tick = { startMs: endMs - tickMs, endMs };
    const requests = served(tick);
    const earned = Object.fromEntries(arms.map((arm) => [arm, earnedOf(ofArm.get(arm)?.get(endMs)?.evidence)]));
    const isWhole = isWholeTick(look.shares, tick);
    return {
      ...tick,
      key: new Date(endMs).toISOString(),
      isWhole,
      arms: rewardsOf(earned, requests),
      served: requests,
    };
  });
}

function readRewards(
  look: Look,
  { reward }: BanditStage,
  range: { readonly sinceMs: number; readonly only?: Only | undefined }
): Promise<GuardReading> {
  switch (reward.kind) {
    case 'quality':
      return readCohorts(look, { kind: 'quality', ...range, late: { openMs: look.nowMs, seenMs: look.nowMs } });
    case 'event':
      return reward.value === undefined
        ? readBusiness(look, { event: reward.event, unit: 'request' }, range)
        : readEarned(look, { event: reward.event, value: reward.value }, range);
  }
}

function earnedOf(evidence: Evidence | undefined): Earned {
  switch (evidence?.kind) {
    case undefined:
    case 'moments':
      return evidence?.candidate ?? { n: 0, bad: 0 };
    default:
      throw new FailureError('Internal', `A bandit cannot be rewarded by evidence of the kind ${evidence?.kind}.`);
  }
}

import { currentVerdict, decide, judgeTick } from '../guards';
import type { Decision, GuardPlan } from '../guards/types';
import type { GuardTrack } from '../rollout';
import { awsFailure } from '../sagemaker/faults';
import type { GuardSpec } from '../spec/types';
import type { Look } from './evidence/look';
import { readGuard } from './evidence/read-guard';
import type { GuardReading, Pair } from './evidence/reading';

/** One guard of one candidate: as the file has it, as it was planned, and how far it has come. */
export interface Guarded {
  readonly spec: GuardSpec;
  readonly plan: GuardPlan;
  readonly track: GuardTrack;
}

/**
 * Feeds each guard the ticks about its candidate (`track.arm`) and the incumbent that have closed since its last one. A guard whose evidence cannot be read says `error`, stays where
 * it was and reads the same ticks again next time; the others judge on, because a candidate that does harm must not be kept for want of a label.
 */
export async function judgeGuards(
  look: Look,
  input: {
    readonly incumbent: string;
    readonly guards: readonly Guarded[];
    /** No incumbent serves any more. */
    readonly isAlone: boolean;
  }
): Promise<readonly GuardTrack[]> {
  const { incumbent, guards, isAlone } = input;
  return Promise.all(
    guards.map((guarded) => judgeOne(look, { candidate: guarded.track.arm, incumbent, isAlone }, guarded))
  );
}

async function judgeOne(
  look: Look,
  { isAlone, ...pair }: Pair & { readonly isAlone: boolean },
  { spec, plan, track }: Guarded
): Promise<GuardTrack> {
  const seen = track.late ?? { candidate: 0, incumbent: 0, openMs: track.throughMs, seenMs: 0 };
  try {
    const late = { openMs: seen.openMs, seenMs: seen.seenMs };
    const reading = await readGuard(look, { guard: spec, plan, pair, sinceMs: track.throughMs, late });
    const ticks = reading.ticks(track.throughMs, pair);
    const fed = feed(track, plan, isAlone ? ticks.map(asAlone) : ticks);
    return withLate(fed, { plan, reading, pair, before: seen, nowMs: look.nowMs });
  } catch (error) {
    const { what } = awsFailure(error, `read the evidence of ${plan.name}`);
    const standing = currentVerdict(plan, track.state);
    return { ...track, verdict: { ...standing, kind: 'error', reason: `${plan.name}: ${what}` } };
  }
}

/** Counts of a tick in which only the candidate served. */
function asAlone(tick: ReturnType<GuardReading['ticks']>[number]): typeof tick {
  const { evidence } = tick;
  return evidence.kind === undefined || evidence.kind === 'counts'
    ? { ...tick, evidence: { ...evidence, isAlone: true } }
    : tick;
}

function feed(track: GuardTrack, plan: GuardPlan, ticks: ReturnType<GuardReading['ticks']>): GuardTrack {
  // The standing verdict, so that an error of the last look does not outlive it.
  const standing = { ...track, verdict: currentVerdict(plan, track.state) };
  return ticks.reduce<GuardTrack>(
    (sofar, { endMs, evidence }) => ({
      ...sofar,
      ...judgeTick({ plan, state: sofar.state, evidence }),
      throughMs: endMs,
    }),
    standing
  );
}

/** Labels that came after their cohort was closed are counted and said, never judged. */
function withLate(
  track: GuardTrack,
  input: {
    readonly plan: GuardPlan;
    readonly reading: GuardReading;
    readonly pair: Pair;
    readonly before: NonNullable<GuardTrack['late']>;
    readonly nowMs: number;
  }
): GuardTrack {
  const { reading, pair, before, nowMs } = input;
  if (reading.late === undefined) return track;
  const news = reading.late(pair);
  const isNews = news.candidate + news.incumbent > 0;
  const late = {
    ...before,
    candidate: before.candidate + news.candidate,
    incumbent: before.incumbent + news.incumbent,
    seenMs: isNews ? nowMs : before.seenMs,
  };
  if (late.candidate + late.incumbent === 0) return { ...track, late };
  const said = `${late.candidate} of the candidate's labels and ${late.incumbent} of the incumbent's came too late and were dropped`;
  return { ...track, late, verdict: { ...track.verdict, reason: `${track.verdict.reason}; ${said}` } };
}

/** What all guards of one candidate say. Nobody is promoted while the evidence of a required guard cannot be had, whatever it said before. */
export function decideOn(guards: readonly Pick<Guarded, 'plan' | 'track'>[]): Decision {
  const decision = decide(
    guards.map(({ plan }) => plan),
    guards.map(({ track }) => track.state)
  );
  if (decision.kind !== 'promote') return decision;
  const unread = guards.filter(({ plan, track }) => plan.required && track.verdict.kind === 'error');
  if (unread.length === 0) return decision;
  return { kind: 'undecided', guilty: null, reason: unread.map(({ track }) => track.verdict.reason).join(' | ') };
}

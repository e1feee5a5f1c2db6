import { allocate, benchArm, countRewards, standingOf } from '../../guards/bandits';
import type { BanditPlan, BanditState, Cohort } from '../../guards/bandits';
import { OTHER_SEGMENT } from '../../rollout';
import type { BanditTrack, LookResult, Proposal, SharesChange } from '../../rollout';
import { FailureError } from '../../sagemaker/faults';
import type { BanditStage } from '../../spec/types';

/** What one segment's requests earned in one tick. */
export interface SegmentRewards {
  readonly arms: Cohort;
  /** Requests by arm; those among them whose reward will never be known are censored, which is no failure. */
  readonly served: Readonly<Record<string, number>>;
}

/** Rewards of one closed tick: of all requests, or of those of no named segment. */
export interface RewardTick extends SegmentRewards {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Whether one set of shares held throughout. */
  readonly isWhole: boolean;
  /** Of the named segments, where they are learnt apart. */
  readonly bySegment?: Readonly<Record<string, SegmentRewards>>;
}

/** What a bandit is followed by: everything that a look or a simulation knows at one moment. */
export interface Following {
  readonly plan: BanditPlan;
  readonly track: BanditTrack;
  readonly stage: BanditStage;
  /** Candidates that the guards have taken out, and why. */
  readonly benched: Readonly<Record<string, string>>;
  /** Ticks that have closed since `track.throughMs`, oldest first. */
  readonly ticks: readonly RewardTick[];
  readonly nowMs: number;
}

/** Batches remembered: rewards that come later than this many batches after their request are as old as the oldest of them. */
const BATCHES_KEPT = 300;

/**
 * Counts the rewards that have closed, benches what the guards have taken out, and where the batch is over decides the next one's shares.
 * The winner, once shown, ends the race: in each segment that was asked, where segments are learnt apart. Pure: production and
 * `sluice simulate` share it.
 */
export function followRewards(input: Following): {
  readonly track: BanditTrack;
  readonly proposal: Proposal | null;
} {
  const { plan, stage, nowMs } = input;
  const track = mapStates(countClosed(input), (state) => benchAll(plan, state, input.benched));
  const standing = standingOfAll(plan, track);
  if (standing.winner !== null) return { track, proposal: { ...sharesIn(plan, track), ...standing } };
  const begunMs = track.batches.at(-1)?.sinceMs ?? track.throughMs;
  const isBenchedNew = Object.keys(input.benched).some((arm) =>
    segmentsOf(track).some(([, state]) => (weightOf(plan, state, arm) ?? 0) > 0)
  );
  if (nowMs < begunMs + batchMs(stage, track) && !isBenchedNew) return { track, proposal: null };
  const reasons: string[] = [];
  const next = mapStates(track, (state, segment) => {
    const { state: decided, allocation } = allocate(plan, state);
    reasons.push(`${segment === null ? '' : `${segment}: `}${allocation.reason}`);
    return decided;
  });
  const batches = [...track.batches, { batch: next.state.batch, sinceMs: nowMs }].slice(-BATCHES_KEPT);
  const reason = [...reasons, ...(standing.reason === '' ? [] : [standing.reason])].join('; ');
  return { track: { ...next, batches }, proposal: { ...sharesIn(plan, next), reason, winner: null } };
}

/** The first batches are this part of the interval: later shares rest on them, and everybody is split blindly until the first is known. */
const FIRST_BATCH = 1 / 5;
/** No batch is longer than this part of the time whose rewards are known. */
const OF_KNOWN = 1 / 3;

/** How long the running batch lasts: short while little is known, the file's interval from then on. */
function batchMs({ intervalMs }: BanditStage, { batches, throughMs }: BanditTrack): number {
  const knownMs = throughMs - (batches[0]?.sinceMs ?? throughMs);
  return Math.min(intervalMs, Math.max(FIRST_BATCH * intervalMs, OF_KNOWN * knownMs));
}

/** The bandit of each segment; null names the only one, of a stage that learns all requests alike. */
function segmentsOf({ state, bySegment }: BanditTrack): readonly (readonly [string | null, BanditState])[] {
  return bySegment === undefined ? [[null, state]] : [...Object.entries(bySegment), [OTHER_SEGMENT, state]];
}

function mapStates(
  track: BanditTrack,
  change: (state: BanditState, segment: string | null) => BanditState
): BanditTrack {
  const { bySegment } = track;
  if (bySegment === undefined) return { ...track, state: change(track.state, null) };
  const named = Object.entries(bySegment).map(([name, state]) => [name, change(state, name)] as const);
  return { ...track, bySegment: Object.fromEntries(named), state: change(track.state, OTHER_SEGMENT) };
}

/**
 * The best arm, once shown. One endpoint can keep one model, so an arm wins when it has won every segment that had any requests; where
 * segments have different winners nobody has, and people are told.
 */
function standingOfAll(
  plan: BanditPlan,
  track: BanditTrack
): { readonly winner: string | null; readonly reason: string } {
  const asked = segmentsOf(track).filter(
    ([segment, { arms }]) => segment === null || arms.some(({ served }) => served > 0)
  );
  const standings = asked.map(([segment, state]) => ({ segment, standing: standingOf(plan, state) }));
  const won = standings.flatMap(({ segment, standing }) =>
    standing.kind === 'undecided' ? [] : [{ segment, arm: standing.arm, reason: standing.reason }]
  );
  const [first] = won;
  const reason = won.map((one) => (one.segment === null ? one.reason : `${one.segment}: ${one.reason}`)).join('; ');
  if (first === undefined || won.length < standings.length) return { winner: null, reason: '' };
  if (won.every(({ arm }) => arm === first.arm)) return { winner: first.arm, reason };
  return { winner: null, reason: `segments have different winners, and one endpoint keeps one model: ${reason}` };
}

/** The candidates' shares: by segment, and what they come to over the requests that each segment had so far. */
function sharesIn(plan: BanditPlan, track: BanditTrack): Pick<Proposal, 'sharesPct' | 'segments'> {
  if (track.bySegment === undefined) return { sharesPct: sharesOf(plan, track.state) };
  const each = segmentsOf(track).map(([name, state]) => ({
    name: name ?? OTHER_SEGMENT,
    sharesPct: sharesOf(plan, state),
    served: state.arms.reduce((sum, { served }) => sum + served, 0),
  }));
  const total = each.reduce((sum, { served }) => sum + served, 0);
  const part = (served: number): number => (total === 0 ? 1 / each.length : served / total);
  const candidates = plan.arms.filter((name) => name !== plan.incumbent);
  const overall = candidates.map((arm) => {
    const pct = each.reduce((sum, { sharesPct, served }) => sum + part(served) * (sharesPct[arm] ?? 0), 0);
    return [arm, Number(pct.toFixed(2))] as const;
  });
  return {
    sharesPct: Object.fromEntries(overall),
    segments: Object.fromEntries(each.map(({ name, sharesPct }) => [name, sharesPct])),
  };
}

function countClosed({ plan, track, ticks }: Following): BanditTrack {
  let counted = track;
  for (const tick of ticks) {
    // A tick in which shares were moved belongs to no batch: whom it served was not drawn by one set of shares.
    const batch = tick.isWhole ? batchAt(track, tick.startMs) : null;
    counted = mapStates(counted, (before, segment) => {
      const own = segment === null || segment === OTHER_SEGMENT ? tick : tick.bySegment?.[segment];
      if (own === undefined) return before;
      const cohorts = batch === null ? [] : [{ batch, arms: own.arms }];
      const evidence = { key: tick.key, cohorts, served: own.served };
      const { state, problem } = countRewards({ plan, state: before, evidence });
      if (problem !== null) throw new FailureError('Internal', `The bandit’s evidence is wrong: ${problem}.`);
      return state;
    });
    counted = { ...counted, throughMs: tick.endMs };
  }
  return counted;
}

function batchAt({ batches }: BanditTrack, atMs: number): number {
  return batches.findLast(({ sinceMs }) => sinceMs <= atMs)?.batch ?? batches[0]?.batch ?? 0;
}

function benchAll(plan: BanditPlan, state: BanditState, benched: Readonly<Record<string, string>>): BanditState {
  return Object.entries(benched).reduce((sofar, [arm, reason]) => {
    const known = sofar.arms.find(({ name }) => name === arm);
    return known === undefined || known.benched !== null ? sofar : benchArm(plan, sofar, { arm, reason });
  }, state);
}

function weightOf(plan: BanditPlan, state: BanditState, arm: string): number | undefined {
  return state.weights[plan.arms.indexOf(arm)];
}

/** The candidates' shares in percent; the incumbent has the rest. */
function sharesOf(plan: BanditPlan, state: BanditState): Readonly<Record<string, number>> {
  const candidates = plan.arms.filter((name) => name !== plan.incumbent);
  return Object.fromEntries(
    candidates.map((name) => [name, (100 * (weightOf(plan, state, name) ?? 0)) / plan.weightSum])
  );
}

/** Outcomes of one arm's trials that are known: how many earned nothing, or what they earned on the scale of 0 to 1. */
export type Earned =
  { readonly n: number; readonly bad: number } | { readonly n: number; readonly sum: number; readonly squares: number };

/** What a tick's outcomes mean as rewards; requests whose outcome nobody will know are censored. */
export function rewardsOf(earned: Readonly<Record<string, Earned>>, served: Readonly<Record<string, number>>): Cohort {
  return Object.fromEntries(
    Object.entries(earned).flatMap(([arm, one]) => {
      if (one.n === 0) return [];
      const sums = 'bad' in one ? { sum: one.n - one.bad } : { sum: one.sum, sumSquares: one.squares };
      return [[arm, { n: one.n, ...sums, censored: Math.max(0, (served[arm] ?? 0) - one.n) }] as const];
    })
  );
}

/** Whether one set of shares held from the tick's beginning to its end. */
export function isWholeTick(
  shares: readonly SharesChange[],
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number }
): boolean {
  const isMoved = shares.some(({ sinceMs }) => sinceMs > startMs && sinceMs < endMs);
  // What is older than the changes that are remembered may have been moved, so it is nobody's batch.
  const stood = shares.findLast(({ sinceMs }) => sinceMs <= startMs);
  return !isMoved && stood !== undefined && stood.sharesPct !== null;
}

/** Candidates that the guards have taken out, now or before, and why. */
export function benchedBy(p: {
  readonly candidates: readonly string[];
  readonly running: readonly string[];
  readonly decisions: LookResult['decisions'];
}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    p.candidates.flatMap((name) => {
      const decision = p.decisions[name];
      if (decision?.kind === 'rollBack') return [[name, decision.reason]];
      return p.running.includes(name) ? [] : [[name, 'it does not compete any more']];
    })
  );
}

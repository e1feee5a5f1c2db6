import { allocate, benchArm, countRewards, standingOf } from '../../guards/bandits';
import type { BanditPlan, BanditState, Cohort } from '../../guards/bandits';
import type { BanditTrack, LookResult, Proposal, SharesChange } from '../../rollout';
import { FailureError } from '../../sagemaker/faults';
import type { BanditStage } from '../../spec/types';

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
 * The winner, once shown, ends the race. Pure: production and `sluice simulate` share it.
 */
export function followRewards(input: Following): {
  readonly track: BanditTrack;
  readonly proposal: Proposal | null;
} {
  const { plan, stage, nowMs } = input;
  const counted = countClosed(input);
  const state = benchAll(plan, counted.state, input.benched);
  const track = { ...counted, state };
  const standing = standingOf(plan, state);
  if (standing.kind !== 'undecided') {
    const sharesPct = sharesOf(plan, state);
    return { track, proposal: { sharesPct, reason: standing.reason, winner: standing.arm } };
  }
  const begunMs = track.batches.at(-1)?.sinceMs ?? track.throughMs;
  const isBenchedNew = Object.keys(input.benched).some((arm) => (weightOf(plan, state, arm) ?? 0) > 0);
  if (nowMs < begunMs + stage.intervalMs && !isBenchedNew) return { track, proposal: null };
  const { state: next, allocation } = allocate(plan, state);
  const batches = [...track.batches, { batch: allocation.batch, sinceMs: nowMs }].slice(-BATCHES_KEPT);
  const proposal = { sharesPct: sharesOf(plan, next), reason: allocation.reason, winner: null };
  return { track: { ...track, state: next, batches }, proposal };
}

function countClosed({ plan, track, ticks }: Following): BanditTrack {
  let { state, throughMs } = track;
  for (const tick of ticks) {
    // A tick in which shares were moved belongs to no batch: whom it served was not drawn by one set of shares.
    const batch = tick.isWhole ? batchAt(track, tick.startMs) : null;
    const cohorts = batch === null ? [] : [{ batch, arms: tick.arms }];
    const { state: counted, problem } = countRewards({
      plan,
      state,
      evidence: { key: tick.key, cohorts, served: tick.served },
    });
    if (problem !== null) throw new FailureError('Internal', `The bandit’s evidence is wrong: ${problem}.`);
    [state, throughMs] = [counted, tick.endMs];
  }
  return { ...track, state, throughMs };
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

/** What a tick's counts mean as rewards: `bad` of the `n` trials whose outcome is known earned nothing. */
export function rewardsOf(
  counts: Readonly<Record<string, { readonly n: number; readonly bad: number }>>,
  served: Readonly<Record<string, number>>
): Cohort {
  return Object.fromEntries(
    Object.entries(counts).flatMap(([arm, { n, bad }]) =>
      n === 0 ? [] : [[arm, { n, sum: n - bad, censored: Math.max(0, (served[arm] ?? 0) - n) }] as const]
    )
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

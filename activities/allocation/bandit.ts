import { allocate, benchArm, countRewards, planBandit, standingOf, startBandit } from '../../guards/bandits';
import type { Allocator, BanditPlan, BanditState } from '../../guards/bandits';
import type { BanditTrack, Proposal } from '../../rollout';
import { FailureError } from '../../sagemaker/faults';
import type { BanditStage, RolloutSpec } from '../../spec/types';
import type { Look } from '../evidence/look';
import { banditTicks } from './rewards';

/** Batches remembered: rewards that come later than this many batches after their request are as old as the oldest of them. */
const BATCHES_KEPT = 300;

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

/**
 * Counts the rewards that have closed, benches what the guards have taken out, and where the batch is over decides the next one's shares.
 * The winner, once shown, ends the race.
 */
export async function followRewards(
  look: Look,
  input: {
    readonly plan: BanditPlan;
    readonly track: BanditTrack;
    readonly stage: BanditStage;
    readonly benched: Readonly<Record<string, string>>;
  }
): Promise<{ readonly track: BanditTrack; readonly proposal: Proposal | null }> {
  const { plan, stage } = input;
  const counted = await countClosed(look, input);
  const state = benchAll(plan, counted.state, input.benched);
  const track = { ...counted, state };
  const standing = standingOf(plan, state);
  if (standing.kind !== 'undecided') {
    const sharesPct = sharesOf(plan, state);
    return { track, proposal: { sharesPct, reason: standing.reason, winner: standing.arm } };
  }
  const begunMs = track.batches.at(-1)?.sinceMs ?? track.throughMs;
  const isBenchedNew = Object.keys(input.benched).some((arm) => (weightOf(plan, state, arm) ?? 0) > 0);
  if (look.nowMs < begunMs + stage.intervalMs && !isBenchedNew) return { track, proposal: null };
  const { state: next, allocation } = allocate(plan, state);
  const batches = [...track.batches, { batch: allocation.batch, sinceMs: look.nowMs }].slice(-BATCHES_KEPT);
  const proposal = { sharesPct: sharesOf(plan, next), reason: allocation.reason, winner: null };
  return { track: { ...track, state: next, batches }, proposal };
}

async function countClosed(
  look: Look,
  { plan, track, stage }: { readonly plan: BanditPlan; readonly track: BanditTrack; readonly stage: BanditStage }
): Promise<BanditTrack> {
  let { state, throughMs } = track;
  for (const tick of await banditTicks(look, { stage, arms: plan.arms, sinceMs: throughMs })) {
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

function allocatorOf({ allocator }: BanditStage): Allocator {
  return allocator === 'epsilonGreedy' ? { kind: allocator, epsilon: 0.1 } : { kind: allocator };
}

import { allocate } from './allocate';
import { benchArm, readmitArm, startBandit } from './bandit';
import { countRewards } from './count-rewards';
import type { Allocation, BanditPlan, BanditState, RewardEvidence } from './types';

/** A bandit that learns each segment by itself. The gateway knows a request's segment and routes by its shares. */
export interface SegmentedPlan {
  /** Declared beforehand; what is none of them belongs to `other`. */
  readonly segments: readonly string[];
  /** One for every segment and `other`; the false-winner budget is divided among them. */
  readonly each: BanditPlan;
}

export interface SegmentedState {
  readonly version: 1;
  readonly bySegment: Readonly<Record<string, BanditState>>;
}

/** Requests of no declared segment. */
export const OTHER = 'other';

/** Throws `RangeError` when segments repeat, or one is called `other`. */
export function planSegments(plan: BanditPlan, segments: readonly string[]): SegmentedPlan {
  const all = [...segments, OTHER];
  const twice = all.find((name, i) => all.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`the segment ${twice} is named twice`);
  return { segments: all, each: { ...plan, falseWinner: plan.falseWinner / all.length } };
}

export function startSegments(plan: SegmentedPlan): SegmentedState {
  return { version: 1, bySegment: forEach(plan, () => startBandit(plan.each)) };
}

/** The segment that a request is counted and routed in. */
export function segmentOf(plan: SegmentedPlan, name: string | undefined): string {
  return name !== undefined && plan.segments.includes(name) ? name : OTHER;
}

/** Counts one window of each segment; segments without evidence stay. The first problem, if any, counts nothing at all. */
export function countSegments(p: {
  readonly plan: SegmentedPlan;
  readonly state: SegmentedState;
  readonly evidence: Readonly<Record<string, RewardEvidence>>;
}): { readonly state: SegmentedState; readonly problem: string | null } {
  const { plan, state, evidence } = p;
  const stranger = Object.keys(evidence).find((segment) => !plan.segments.includes(segment));
  if (stranger !== undefined) return { state, problem: `${stranger} is no segment of this bandit` };
  const problems: string[] = [];
  const bySegment = forEach(plan, (segment) => {
    const own = evidence[segment];
    if (own === undefined) return stateOf(state, segment);
    const counted = countRewards({ plan: plan.each, state: stateOf(state, segment), evidence: own });
    if (counted.problem !== null) problems.push(`${segment}: ${counted.problem}`);
    return counted.state;
  });
  const [problem] = problems;
  return problem === undefined ? { state: { ...state, bySegment }, problem: null } : { state, problem };
}

/** Decides the next batch's shares of every segment. */
export function allocateSegments(
  plan: SegmentedPlan,
  state: SegmentedState
): { readonly state: SegmentedState; readonly allocations: Readonly<Record<string, Allocation>> } {
  const decided = forEach(plan, (segment) => allocate(plan.each, stateOf(state, segment)));
  return {
    state: { ...state, bySegment: forEach(plan, (segment) => entry(decided, segment).state) },
    allocations: forEach(plan, (segment) => entry(decided, segment).allocation),
  };
}

/** A guard's failure benches an arm everywhere: guards compare models, not segments. */
export function benchInSegments(
  plan: SegmentedPlan,
  state: SegmentedState,
  p: { readonly arm: string; readonly reason: string }
): SegmentedState {
  return { ...state, bySegment: forEach(plan, (segment) => benchArm(plan.each, stateOf(state, segment), p)) };
}

/** Lets a benched arm compete again in every segment. */
export function readmitInSegments(plan: SegmentedPlan, state: SegmentedState, arm: string): SegmentedState {
  return { ...state, bySegment: forEach(plan, (segment) => readmitArm(stateOf(state, segment), arm)) };
}

function forEach<T>(plan: SegmentedPlan, make: (segment: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(plan.segments.map((segment) => [segment, make(segment)]));
}

const stateOf = (state: SegmentedState, segment: string): BanditState => entry(state.bySegment, segment);

function entry<T>(record: Readonly<Record<string, T>>, segment: string): T {
  const value = record[segment];
  if (value === undefined) throw new RangeError(`${segment} is no segment of this bandit`);
  return value;
}

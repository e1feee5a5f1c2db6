import type { Phase, RolloutState, SharesChange } from './types';

/** Enough for a bandit whose rewards come a day late; a tick that is older than what is kept belongs to no batch. */
const KEPT = 200;

/** Phases in which the shares are on their way. */
const MOVING: ReadonlySet<Phase['kind']> = new Set(['deploying', 'shifting', 'promoting', 'guarded', 'rollingBack']);

/** The log of shares once `phase` begins: what is being changed is nobody's configured share until it was read back. */
export function sharesIn(state: RolloutState, phase: Phase, atMs: number): readonly SharesChange[] {
  const last = state.shares.at(-1);
  if (!MOVING.has(phase.kind) || last === undefined || last.sharesPct === null) return state.shares;
  return [...state.shares, { sinceMs: atMs, sharesPct: null }].slice(-KEPT);
}

/** The log with shares that were read back. */
export function sharesSet(
  state: RolloutState,
  sharesPct: Readonly<Record<string, number>>,
  atMs: number
): readonly SharesChange[] {
  return [...state.shares, { sinceMs: atMs, sharesPct }].slice(-KEPT);
}

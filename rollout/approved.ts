import { freezeEvidence } from './approval';
import { turnBack } from './back';
import { enterRung } from './climb';
import { note } from './moves';
import type { Phase, RolloutState } from './types';

type Approving = Extract<Phase, { kind: 'approving' }>;

/** Enough people have approved, or the deadline's default is to go on. */
export function afterApproval(state: RolloutState, phase: Approving, atMs: number): RolloutState {
  return enterRung(state, { index: phase.next, atMs, override: phase.gate.reason === 'undecided' });
}

/** A look while people are awaited: what they were shown may not be true any more, and their time may be up. */
export function afterApprovalLook(before: RolloutState, phase: Approving, atMs: number): RolloutState {
  const state = askAgain(before, phase, atMs);
  if (state.phase.kind !== 'approving' || state.paused !== null || atMs < phase.gate.untilMs) return state;
  const { gate, given } = state.phase;
  const reason = `Approval deadline passed with ${given.length} of ${gate.need}; the file says ${gate.otherwise}.`;
  if (gate.otherwise === 'approve') return afterApproval(note(state, atMs, reason), state.phase, atMs);
  const kind = gate.reason === 'stage' ? 'rejected' : 'undecided';
  return turnBack(state, { kind, because: { kind: 'deadline', reason } }, atMs);
}

/** Who approved saw other verdicts than there are now: their word does not count for these, and the new ones are shown. */
function askAgain(state: RolloutState, phase: Approving, atMs: number): RolloutState {
  const now = freezeEvidence(state, atMs);
  const changed = now.verdicts.filter((one, i) => one.kind !== phase.evidence.verdicts[i]?.kind);
  if (changed.length === 0) return state;
  const next = { ...state, phase: { ...phase, given: [], evidence: now } };
  if (phase.given.length === 0) return next;
  const what = changed.map(({ guard, kind }) => `${guard} is ${kind} now`).join(', ');
  return note(next, atMs, `Asking again, because a verdict has changed: ${what}.`);
}

import type { ApproverIdentity } from '../spec/types';
import { enter } from './moves';
import { rungsOf } from './rungs';
import type { ApprovalGate, RolloutState, ShownEvidence } from './types';

/** How long a person has when evidence did not decide in time and the file says `ask`. */
const ASK_WITHIN_MS = 24 * 60 * 60 * 1000;

/** Waits for the people that an approval stage names. */
export function openGate(state: RolloutState, input: { readonly rung: number; readonly atMs: number }): RolloutState {
  const { rung, atMs } = input;
  const stage = state.spec.stages[rungsOf(state.spec)[rung]?.stage ?? -1];
  if (stage?.kind !== 'approval') throw new Error(`rung ${rung} is no approval`);
  const { approvers, need, otherwise, identity } = stage;
  const gate: ApprovalGate = { reason: 'stage', approvers, need, otherwise, identity, untilMs: atMs + stage.withinMs };
  return enter(state, {
    phase: {
      kind: 'approving',
      rung,
      next: rung + 1,
      sinceMs: atMs,
      gate,
      given: [],
      evidence: freezeEvidence(state, atMs),
    },
    atMs,
    text: `Await approval (${need} of ${approvers.join(', ') || 'anyone'}).`,
  });
}

/** Asks a person because the evidence did not decide in time. */
export function askPeople(
  state: RolloutState,
  input: { readonly rung: number; readonly next: number; readonly atMs: number; readonly reason: string }
): RolloutState {
  const { rung, next, atMs, reason } = input;
  const gate: ApprovalGate = {
    reason: 'undecided',
    approvers: askedPeople(state),
    need: 1,
    otherwise: 'reject',
    untilMs: atMs + ASK_WITHIN_MS,
    identity: askedIdentity(state),
  };
  return enter(state, {
    phase: { kind: 'approving', rung, next, sinceMs: atMs, gate, given: [], evidence: freezeEvidence(state, atMs) },
    atMs,
    text: `${reason} Asking a person.`,
  });
}

/** The evidence as it stands, for people to decide on. */
export function freezeEvidence(state: RolloutState, atMs: number): ShownEvidence {
  return {
    atMs,
    decision: state.decision.reason,
    verdicts: (state.plan?.guards ?? []).flatMap(({ name }, i) => {
      const verdict = state.guards[i]?.verdict;
      return verdict === undefined ? [] : [{ guard: name, kind: verdict.kind, reason: verdict.reason }];
    }),
  };
}

/** With no approval stage in the file, anybody may answer. */
function askedPeople(state: RolloutState): readonly string[] {
  const people = state.spec.stages.flatMap((stage) => (stage.kind === 'approval' ? stage.approvers : []));
  return [...new Set(people)];
}

/** As strict as the strictest approval of the file. */
function askedIdentity({ spec }: RolloutState): ApproverIdentity {
  const identities = spec.stages.flatMap((stage) => (stage.kind === 'approval' ? [stage.identity] : []));
  return identities.find(({ kind }) => kind === 'token') ?? { kind: 'asserted' };
}

import type { CanaryStage } from '../spec/types';
import { enter, note, turnBack } from './moves';
import type { RolloutState } from './types';

/** How long a person has when evidence did not decide in time and the file says `ask`. */
const ASK_WITHIN_MS = 24 * 60 * 60 * 1000;

/** Enters stage `index`; past the last stage it promotes, which needs a decision unless a person overrode the evidence. */
export function enterStage(
  state: RolloutState,
  input: { readonly index: number; readonly atMs: number; readonly override?: boolean }
): RolloutState {
  const { index, atMs } = input;
  const stage = state.spec.stages[index];
  if (stage === undefined) return enterPromotion(state, atMs, input.override ?? false);
  switch (stage.kind) {
    case 'canary':
      return enter(state, {
        phase: { kind: 'shifting', stage: index, sharePct: stage.sharePct },
        atMs,
        text: `Shift ${stage.sharePct} % to ${candidateName(state)}.`,
      });
    case 'approval': {
      const { approvers, need, otherwise } = stage;
      const gate = { reason: 'stage', approvers, need, otherwise, untilMs: atMs + stage.withinMs } as const;
      return enter(state, {
        phase: { kind: 'approving', stage: index, sinceMs: atMs, gate, given: [] },
        atMs,
        text: `Await approval (${need} of ${approvers.join(', ') || 'anyone'}).`,
      });
    }
  }
}

/** Starts holding the share of canary stage `index`. */
export function startBake(state: RolloutState, index: number, atMs: number): RolloutState {
  const { until, sharePct } = canaryAt(state, index);
  const phase = {
    kind: 'baking',
    stage: index,
    sinceMs: atMs,
    untilMs: atMs + until.atMostMs,
    requestsAtStart: state.traffic.candidate,
  } as const;
  return enter(state, { phase, atMs, text: `Hold ${sharePct} % and judge.` });
}

/** What a look at the evidence means for a stage that holds traffic. */
export function afterLook(state: RolloutState, atMs: number): RolloutState {
  if (state.decision.kind === 'rollBack') {
    const because = { kind: 'evidence', guard: state.decision.guilty, reason: state.decision.reason } as const;
    return turnBack(state, { kind: 'rolledBack', because }, atMs);
  }
  if (state.phase.kind === 'baking') return afterBakeLook(state, state.phase, atMs);
  if (state.phase.kind === 'approving' && atMs >= state.phase.gate.untilMs)
    return afterMissedApproval(state, state.phase, atMs);
  return state;
}

/** Enough people have approved, or the deadline's default is to go on. */
export function afterApproval(
  state: RolloutState,
  phase: Extract<RolloutState['phase'], { kind: 'approving' }>,
  atMs: number
): RolloutState {
  return enterStage(state, { index: phase.stage + 1, atMs, override: phase.gate.reason === 'undecided' });
}

function afterBakeLook(
  state: RolloutState,
  phase: Extract<RolloutState['phase'], { kind: 'baking' }>,
  atMs: number
): RolloutState {
  const stage = canaryAt(state, phase.stage);
  const isLast = phase.stage >= lastIndex(state);
  if (isHeldLongEnough(state, stage, phase.requestsAtStart) && (!isLast || state.decision.kind === 'promote')) {
    return enterStage(state, { index: phase.stage + 1, atMs });
  }
  return atMs >= phase.untilMs ? afterMissedDecision(state, phase, atMs) : state;
}

function isHeldLongEnough(state: RolloutState, stage: CanaryStage, requestsAtStart: number): boolean {
  switch (stage.until.kind) {
    case 'decided':
      return state.decision.kind === 'promote';
    case 'requests':
      return state.traffic.candidate - requestsAtStart >= stage.until.requests;
  }
}

function afterMissedDecision(
  state: RolloutState,
  phase: Extract<RolloutState['phase'], { kind: 'baking' }>,
  atMs: number
): RolloutState {
  const stage = canaryAt(state, phase.stage);
  const reason = `No decision within the time of stage ${phase.stage + 1}. ${state.decision.reason}`;
  switch (stage.onInconclusive) {
    case 'hold': {
      const text = `${reason} Holding ${stage.sharePct} %.`;
      return state.log.at(-1)?.text.endsWith(`Holding ${stage.sharePct} %.`) ? state : note(state, atMs, text);
    }
    case 'rollBack':
      return turnBack(state, { kind: 'undecided', because: { kind: 'undecided', reason } }, atMs);
    case 'advance':
      return enterStage(note(state, atMs, reason), { index: phase.stage + 1, atMs, override: true });
    case 'ask': {
      const gate = {
        reason: 'undecided',
        approvers: askedPeople(state),
        need: 1,
        otherwise: 'reject',
        untilMs: atMs + ASK_WITHIN_MS,
      } as const;
      return enter(state, {
        phase: { kind: 'approving', stage: phase.stage, sinceMs: atMs, gate, given: [] },
        atMs,
        text: `${reason} Asking a person.`,
      });
    }
  }
}

function afterMissedApproval(
  state: RolloutState,
  phase: Extract<RolloutState['phase'], { kind: 'approving' }>,
  atMs: number
): RolloutState {
  const { gate, given } = phase;
  const reason = `Approval deadline passed with ${given.length} of ${gate.need}; the file says ${gate.otherwise}.`;
  if (gate.otherwise === 'approve') return afterApproval(note(state, atMs, reason), phase, atMs);
  return turnBack(
    state,
    { kind: gate.reason === 'stage' ? 'rejected' : 'undecided', because: { kind: 'deadline', reason } },
    atMs
  );
}

function enterPromotion(state: RolloutState, atMs: number, override: boolean): RolloutState {
  if (override || state.decision.kind === 'promote') {
    return enter(state, {
      phase: { kind: 'promoting' },
      atMs,
      text: `Promote ${candidateName(state)}: ${state.decision.reason}`,
    });
  }
  const index = state.spec.stages.findLastIndex((stage) => stage.kind === 'canary');
  return startBake(
    note(state, atMs, 'All stages passed; promotion still waits for every required guard.'),
    index,
    atMs
  );
}

/** With no approval stage in the file, anybody may answer. */
function askedPeople(state: RolloutState): readonly string[] {
  const people = state.spec.stages.flatMap((stage) => (stage.kind === 'approval' ? stage.approvers : []));
  return [...new Set(people)];
}

function canaryAt(state: RolloutState, index: number): CanaryStage {
  const stage = state.spec.stages[index];
  if (stage?.kind !== 'canary') throw new Error(`stage ${index} is not a canary`);
  return stage;
}

function candidateName(state: RolloutState): string {
  return state.spec.candidates[0].name;
}

function lastIndex(state: RolloutState): number {
  return state.spec.stages.length - 1;
}

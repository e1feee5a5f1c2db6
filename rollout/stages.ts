import type { CanaryStage } from '../spec/types';
import { enter, note, turnBack } from './moves';
import type { RolloutState } from './types';

/** How long a person has when evidence did not decide in time and the file says `ask`. */
const ASK_WITHIN_MS = 24 * 60 * 60 * 1000;

/** Enters stage `index`; past the last stage it promotes, which needs a decision unless a person overrode the evidence. */
export function enterStage(
  before: RolloutState,
  input: { readonly index: number; readonly atMs: number; readonly override?: boolean }
): RolloutState {
  const { index, atMs } = input;
  const stage = before.spec.stages[index];
  const state = { ...before, reached: Math.min(index, before.spec.stages.length) + 1 };
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
        phase: { kind: 'approving', stage: index, next: index + 1, sinceMs: atMs, gate, given: [] },
        atMs,
        text: `Await approval (${need} of ${approvers.join(', ') || 'anyone'}).`,
      });
    }
  }
}

/** Starts holding the share of canary stage `stage`, before going on to stage `next`. */
export function startBake(
  state: RolloutState,
  input: { readonly stage: number; readonly next: number; readonly atMs: number }
): RolloutState {
  const { stage, next, atMs } = input;
  const { until, sharePct } = canaryAt(state, stage);
  const phase = {
    kind: 'baking',
    stage,
    next,
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
  return enterStage(state, { index: phase.next, atMs, override: phase.gate.reason === 'undecided' });
}

function afterBakeLook(
  state: RolloutState,
  phase: Extract<RolloutState['phase'], { kind: 'baking' }>,
  atMs: number
): RolloutState {
  if (isBaked(state, phase)) return enterStage(state, { index: phase.next, atMs });
  return atMs >= phase.untilMs ? afterMissedDecision(state, phase, atMs) : state;
}

/** Promotion needs the decision, whatever the last stage asks for; once all stages have passed it needs nothing else. */
function isBaked(state: RolloutState, phase: Extract<RolloutState['phase'], { kind: 'baking' }>): boolean {
  const isDecided = state.decision.kind === 'promote';
  if (phase.next > phase.stage + 1) return isDecided;
  const isHeld = isHeldLongEnough(state, canaryAt(state, phase.stage), phase.requestsAtStart);
  return isHeld && (isDecided || phase.next < state.spec.stages.length);
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
      const holding = `Holding ${stage.sharePct} %.`;
      const isSaid = state.log.some((entry) => entry.atMs >= phase.untilMs && entry.text.endsWith(holding));
      return isSaid ? state : note(state, atMs, `${reason} ${holding}`);
    }
    case 'rollBack':
      return turnBack(state, { kind: 'undecided', because: { kind: 'undecided', reason } }, atMs);
    case 'advance':
      return enterStage(note(state, atMs, reason), { index: phase.next, atMs, override: true });
    case 'ask': {
      const gate = {
        reason: 'undecided',
        approvers: askedPeople(state),
        need: 1,
        otherwise: 'reject',
        untilMs: atMs + ASK_WITHIN_MS,
      } as const;
      return enter(state, {
        phase: { kind: 'approving', stage: phase.stage, next: phase.next, sinceMs: atMs, gate, given: [] },
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
  const { stages } = state.spec;
  const stage = stages.findLastIndex(({ kind }) => kind === 'canary');
  const waiting = note(state, atMs, 'All stages passed; promotion still waits for every required guard.');
  return startBake(waiting, { stage, next: stages.length, atMs });
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

import type { RolloutState } from '../rollout';
import type { CanaryStage, OnInconclusive } from '../spec/types';
import { isAborting } from './headline';
import { stageLabel } from './ladder';
import type { NextView } from './view';
import { anyOf, count, duration, percent, plain, plural, sentence } from './words';

/** What happens next, and by when. */
export function nextOf(state: RolloutState, nowMs: number): NextView {
  const { phase } = state;
  const candidate = state.spec.candidates[0].name;
  const firstStage = state.spec.stages[0];
  if (isAborting(state)) return soon('It turns back as soon as the change under way at AWS has ended.');
  switch (phase.kind) {
    case 'reading':
      return soon('What serves now is read, then measured.');
    case 'planning':
      return soon('The incumbent is measured; the plan is then fixed, before any traffic moves.');
    case 'creating':
      return soon(
        'The endpoint is checked once it is in service; the stages are skipped, there is nothing to compare with.'
      );
    case 'deploying':
      return soon(`When it is in service: ${firstStage === undefined ? 'promotion' : stageLabel(firstStage)}.`);
    case 'shifting':
      return soon(`When the share has been read back, ${percent(phase.sharePct)} is held and judged.`);
    case 'baking':
      return whileBaking(state, phase, nowMs);
    case 'approving':
      return whileApproving(phase);
    case 'promoting':
      return soon(`When it has been read back, the endpoint is rewritten to ${candidate} alone.`);
    case 'finalising':
      return soon(
        phase.lastFailure === null
          ? 'Then what nothing uses any more is deleted.'
          : `Last failure: ${failureText(phase.lastFailure)}`
      );
    case 'cleaning':
      return soon('It ends when what nothing uses any more has been deleted.');
    case 'rollingBack':
      return soon(
        state.incumbent === null
          ? 'The endpoint is removed.'
          : `The endpoint is brought back to ${state.incumbent.variant} alone, and that is read back.`
      );
    case 'rollbackIncomplete':
      return soon(`It is tried again and again. Last failure: ${failureText(phase.lastFailure)}`);
    case 'ended':
      return soon('Nothing: it has ended.');
  }
}

function soon(text: string): NextView {
  return { text, deadline: null };
}

function failureText(failure: { readonly type: string; readonly what: string; readonly next: string }): string {
  return plain(`${failure.type}: ${sentence(failure.what)} ${sentence(failure.next)}`);
}

type Baking = Extract<RolloutState['phase'], { kind: 'baking' }>;

function whileBaking(state: RolloutState, phase: Baking, nowMs: number): NextView {
  const stage = state.spec.stages[phase.stage];
  if (stage?.kind !== 'canary') return soon('It is judged.');
  const following = state.spec.stages[phase.next];
  const goal = following === undefined ? 'promotion' : stageLabel(following);
  const text = `Judged every ${duration(state.spec.tickMs)}. On to ${goal} ${condition(state, stage, phase)}; a failed guard rolls it back at once.`;
  if (nowMs < phase.untilMs) return { text, deadline: { atMs: phase.untilMs, then: THEN[stage.onInconclusive] } };
  return stage.onInconclusive === 'hold'
    ? soon(`Past its deadline without a decision, so it holds. ${text}`)
    : soon(text);
}

const THEN: Readonly<Record<OnInconclusive, string>> = {
  hold: 'the share is held on',
  rollBack: 'it is withdrawn as undecided',
  ask: 'a person is asked',
  advance: 'it goes on without a decision',
};

function condition(state: RolloutState, stage: CanaryStage, phase: Baking): string {
  const isLast = phase.next >= state.spec.stages.length;
  // After the last stage only the decision is awaited, whatever the stage asked for.
  if (stage.until.kind === 'decided' || phase.next > phase.stage + 1) return 'when every required guard passes';
  const seen = Math.max(0, state.traffic.candidate - phase.requestsAtStart);
  const requests = `after ${plural(stage.until.requests, 'request')} to it (${count(seen)} so far)`;
  return isLast ? `${requests}, once every required guard passes` : requests;
}

function whileApproving(phase: Extract<RolloutState['phase'], { kind: 'approving' }>): NextView {
  const { gate, given } = phase;
  const by = gate.approvers.length === 0 ? 'anybody' : anyOf(gate.approvers);
  const text = `Waits for ${plural(gate.need, 'approval')} by ${by} (${given.length} given). Judging goes on; a failed guard rolls it back at once.`;
  return {
    text,
    deadline: { atMs: gate.untilMs, then: gate.otherwise === 'reject' ? 'it is withdrawn' : 'it counts as approved' },
  };
}

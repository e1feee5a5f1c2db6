import { candidateRequests, rungsOf, sharesText } from '../rollout';
import type { Baking, Hold, RolloutState } from '../rollout';
import { isAborting } from './headline';
import { rungLabel } from './ladder';
import { UNDECIDED } from './undecided';
import type { NextView } from './view';
import { anyOf, count, duration, plain, plural, sentence } from './words';

/** What happens next, and by when. */
export function nextOf(state: RolloutState, nowMs: number): NextView {
  const { phase } = state;
  if (isAborting(state)) return soon('It turns back as soon as the change under way at AWS has ended.');
  if (state.paused !== null && phase.kind !== 'ended')
    return soon(
      `Nothing goes forward until it is resumed: ${plain(state.paused.why)}. Judging goes on; a failed guard rolls it back at once.`
    );
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
      return soon(`When it is in service: ${rungName(state, phase.rung)}.`);
    case 'calibrating':
      return {
        text: 'Then the incumbent is measured, and the plan is fixed.',
        deadline: { atMs: phase.untilMs, then: 'it is compared with itself long enough' },
      };
    case 'warming':
      return soon(`When it has answered: ${rungName(state, phase.rung + 1)}.`);
    case 'shifting':
      return soon(`When the shares have been read back, ${sharesText(phase.sharesPct)} is held and judged.`);
    case 'baking':
      return whileBaking(state, phase, nowMs);
    case 'approving':
      return whileApproving(phase);
    case 'guarded':
      return soon('SageMaker shifts and bakes; its alarms and the guards can turn it back.');
    case 'promoting':
      return soon(
        state.spec.watch?.keep === 'warm'
          ? `When it has been read back, ${phase.winner} is watched.`
          : `When it has been read back, the endpoint is rewritten to ${phase.winner} alone.`
      );
    case 'watching':
      return {
        text: `Judged on; a failed guard rolls ${phase.winner} back at once.`,
        deadline: { atMs: phase.untilMs, then: 'the watch ends' },
      };
    case 'finalising':
      return soon(
        phase.lastFailure === null
          ? 'Then what nothing uses any more is deleted.'
          : `Last failure: ${failureText(phase.lastFailure)}`
      );
    case 'cleaning':
      return soon('It ends when what nothing uses any more has been deleted.');
    case 'assessing':
      return soon('Both sides are counted; then it is rolled back, unless what it returns to serves worse.');
    case 'stranded':
      return soon(
        `${plain(phase.sides.incumbent.reason)}. Both sides are counted again and again; it rolls back when ${phase.sides.incumbent.variant} is healthy, or when a person says abort.`
      );
    case 'rollingBack':
      return soon(
        state.incumbent === null
          ? 'The endpoint is removed.'
          : `The endpoint is brought back to ${state.incumbent.version} alone, and that is read back.`
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

function rungName(state: RolloutState, index: number): string {
  const rung = rungsOf(state.spec)[index];
  return rung === undefined ? 'promotion' : rungLabel(rung, state.spec.stages);
}

function whileBaking(state: RolloutState, phase: Baking, nowMs: number): NextView {
  const rung = rungsOf(state.spec)[phase.rung];
  if (rung?.kind !== 'hold') return soon('It is judged.');
  const goal = rungName(state, phase.next);
  const text = `Judged every ${duration(state.spec.tickMs)}. On to ${goal} ${condition(state, rung, phase)}; a failed guard rolls it back at once.`;
  if (nowMs < phase.untilMs) return { text, deadline: { atMs: phase.untilMs, then: UNDECIDED[rung.onInconclusive] } };
  return rung.onInconclusive === 'hold'
    ? soon(`Past its deadline without a decision, so it holds. ${text}`)
    : soon(text);
}

function condition(state: RolloutState, { until }: Hold, phase: Baking): string {
  const isLast = phase.next >= rungsOf(state.spec).length;
  const decided = 'every required guard passes';
  // After the last stage only the decision is awaited, whatever the stage asked for.
  if (phase.next > phase.rung + 1) return `when ${decided}`;
  const seen = Math.max(0, candidateRequests(state) - phase.requestsAtStart);
  const parts = [
    ...(until.atLeastMs > 0 ? [`after ${duration(until.atLeastMs)}`] : []),
    ...(until.requests > 1 ? [`after ${plural(until.requests, 'request')} to it (${count(seen)} so far)`] : []),
    ...(until.pairs > 0
      ? [`after ${plural(until.pairs, 'pair')} of answers (${count(state.traffic.pairs)} so far)`]
      : []),
  ];
  const needs = {
    nothing: isLast ? [`once ${decided}`] : [],
    decision: [parts.length > 0 ? `once ${decided}` : `when ${decided}`],
    pairs: ['once the guards on pairs pass'],
    winner: ['when one arm is shown to be the best'],
  }[until.needs];
  return [...parts, ...needs].join(', ');
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

import type { GuardPlan } from '../guards/types';
import {
  actualSharePct,
  armNames,
  candidateRequests,
  deployedPct,
  incumbentRequests,
  layoutText,
  leaderOf,
  livePct,
  refuseVerb,
  resultOf,
} from '../rollout';
import type { GuardForecast, GuardTrack, RolloutState } from '../rollout';
import { accountViews, armViews, costSentence } from './accounts';
import { comparedViews } from './compared';
import { segmentViews } from './segments';
import { headlineOf, isAborting, moodOf } from './headline';
import { ladderOf } from './ladder';
import { nextOf } from './next';
import { outcomeSentence } from './outcome';
import { planSentence } from './plan-words';
import type { ApprovalView, GuardView, RolloutView } from './view';
import { anyOf, duration, percent, plain, sentence, shellWord } from './words';

/** The view of a rollout at `nowMs`. Pure, so that a workflow, the command line and a test all see the same. */
export function rolloutView(state: RolloutState, nowMs: number): RolloutView {
  const { phase, spec, traffic, plan } = state;
  // Without an incumbent there is nothing to compare, so guards and forecasts would only puzzle.
  const compares = plan !== null && state.incumbent !== null;
  return {
    id: state.id,
    endpoint: spec.endpoint,
    candidate: phase.kind === 'ended' ? leaderOf(state) : armNames(state),
    incumbent: state.incumbent?.version ?? null,
    nowMs,
    startedAtMs: state.startedAtMs,
    endedAtMs: state.endedAtMs,
    phase: phase.kind,
    mood: moodOf(state),
    headline: headlineOf(state),
    share: {
      setPct: phase.kind === 'guarded' ? deployedPct(state) : livePct(state.layout),
      copyPct: state.layout.copyPct,
      actualPct: actualSharePct(
        traffic,
        spec.candidates.map(({ name }) => name)
      ),
      candidate: candidateRequests(state),
      incumbent: incumbentRequests(state),
    },
    ladder: ladderOf(state),
    compared: comparedViews(traffic.compared),
    segments: segmentViews(state),
    guards: compares ? guardViews(plan.guards, state.guards) : [],
    decision: compares ? plain(state.decision.reason) : null,
    next: nextOf(state, nowMs),
    approval: phase.kind === 'approving' ? approvalView(state, phase) : null,
    abortPending: abortPending(state),
    abortCommand: abortCommand(state),
    outcome:
      phase.kind === 'ended'
        ? { kind: phase.outcome.kind, sentence: outcomeSentence(resultOf(state)), serving: resultOf(state).serving }
        : null,
    plan:
      plan === null
        ? null
        : {
            digest: plan.digest,
            margins: compares ? plan.guards.map(planSentence) : [],
            forecasts: compares ? plan.forecasts.map(forecastSentence) : [],
          },
    arms: armViews(state),
    accounts: accountViews(state),
    cost: costSentence(state),
    timeline: state.log.map(({ atMs, text }) => ({ atMs, text: plain(text) })),
  };
}

function guardViews(plans: readonly GuardPlan[], tracks: readonly GuardTrack[]): readonly GuardView[] {
  return plans.flatMap((plan, index) => {
    const track = tracks[index];
    return track === undefined ? [] : [guardView(plan, track)];
  });
}

function guardView(plan: GuardPlan, { verdict }: GuardTrack): GuardView {
  const { numbers } = verdict;
  return {
    name: plan.name,
    class: plan.class,
    required: plan.required,
    verdict: verdict.kind,
    // The name stands beside it wherever it is shown.
    sentence: withoutPrefix(plain(verdict.reason), `${plan.name}: `),
    candidate: numbers.candidate,
    incumbent: numbers.incumbent,
    towardsFail: fraction(numbers.harm),
    towardsPass: fraction(numbers.promote),
    moreTrials: numbers.moreTrials,
  };
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** Evidence against the null counts from zero; evidence for it is no progress towards the decision. */
function fraction({ logE, needs }: { readonly logE: number; readonly needs: number }): number {
  if (needs <= 0) return logE >= needs ? 1 : 0;
  return Math.min(1, Math.max(0, logE / needs));
}

function approvalView(state: RolloutState, phase: Extract<RolloutState['phase'], { kind: 'approving' }>): ApprovalView {
  const { gate, given } = phase;
  const asked = gate.approvers.find((name) => !given.some(({ who }) => who === name));
  // Where a token says who somebody is, a name is refused.
  const asWhom =
    gate.identity.kind === 'token'
      ? ' --token "$SLUICE_TOKEN"'
      : asked === undefined
        ? ''
        : ` --who ${shellWord(asked)}`;
  const endpoint = shellWord(state.spec.endpoint);
  const candidate = armNames(state);
  return {
    question:
      gate.reason === 'stage'
        ? `May ${candidate} go on from ${layoutText(state.layout)}?`
        : `The evidence has not decided in time: may ${candidate} go on from ${layoutText(state.layout)} all the same?`,
    by: gate.approvers.length === 0 ? 'anybody' : anyOf(gate.approvers),
    need: gate.need,
    given: given.map((decision) => plain(`${decision.who}: ${decision.why}`)),
    untilMs: gate.untilMs,
    otherwise: gate.otherwise,
    approveCommand: `sluice approve ${endpoint} --why 'numbers look right'${asWhom}`,
    rejectCommand: `sluice reject ${endpoint} --why 'say why'${asWhom}`,
  };
}

function abortPending(state: RolloutState): string | null {
  if (!isAborting(state) || state.abort === null) return null;
  return sentence(plain(`${state.abort.who} said ${state.abort.verb}: ${state.abort.why}`));
}

function abortCommand(state: RolloutState): string | null {
  const refused = refuseVerb(state, { verb: 'abort', who: 'somebody', why: 'asked' });
  return refused === null ? `sluice abort ${shellWord(state.spec.endpoint)} --why 'say why'` : null;
}

function forecastSentence(forecast: GuardForecast): string {
  const { guard, sharePct, passMs, failMs, worse, better } = forecast;
  const pass =
    passMs === null
      ? 'an equally good model is not expected to pass in time'
      : `an equally good model passes in about ${duration(passMs)}`;
  const win =
    better === undefined
      ? ''
      : better.passMs === null
        ? `; ${better.what} is not expected to win in time`
        : `; ${better.what} wins in about ${duration(better.passMs)}`;
  const fail =
    failMs === null
      ? worse === undefined
        ? 'twice the bad events are not expected to show in time'
        : `${worse} is not expected to show in time`
      : worse === undefined
        ? `twice the bad events fail in about ${duration(failMs)}`
        : `${worse} shows in about ${duration(failMs)}`;
  return `${guard} at ${percent(sharePct)}: ${pass}${win}; ${fail}.`;
}

import { oddsRatioInterval } from './curve';
import { moreTrials } from './outlook';
import { isHarmful, passRoute } from './rate';
import type { GuardPlan, GuardState, Verdict, VerdictKind, VerdictNumbers } from './types';
import { formatCount, formatInterval, formatLogE, formatNumber, formatRate } from './wording';

const words = {
  errors: { bad: 'failed', trials: 'requests' },
  quality: { bad: 'wrong', trials: 'labelled predictions' },
} as const;

/** What the evidence so far says: `fail` beats `pass`, and anything undecided is `inconclusive`. */
export function currentVerdict(plan: GuardPlan, state: GuardState): Verdict {
  const kind = verdictKind(plan, state);
  const numbers = verdictNumbers(plan, state, kind);
  return { kind, reason: `${plan.name}: ${reason(plan, kind, numbers)}`, numbers };
}

/** The verdict's kind alone, without the cost of its numbers. */
export function verdictKind(plan: GuardPlan, state: GuardState): VerdictKind {
  if (isHarmful(plan, state)) return 'fail';
  return passRoute(plan, state).stands ? 'pass' : 'inconclusive';
}

/** An `error` verdict that keeps the numbers counted so far. */
export function errorVerdict(p: {
  readonly plan: GuardPlan;
  readonly state: GuardState;
  readonly problem: string;
}): Verdict {
  const numbers = verdictNumbers(p.plan, p.state, 'error');
  return { kind: 'error', reason: `${p.plan.name}: ${p.problem}; nothing was counted`, numbers };
}

function verdictNumbers(plan: GuardPlan, state: GuardState, kind: VerdictKind): VerdictNumbers {
  const { above, below } = state.mantelHaenszel;
  const { route, logE, needs } = passRoute(plan, state);
  return {
    ticks: state.ticks,
    candidate: state.candidate,
    incumbent: state.incumbent,
    oddsRatio: below > 0 ? above / below : null,
    interval: oddsRatioInterval(state.curve, plan.promoteAlpha),
    harm: { logE: state.harm.logE, needs: -Math.log(plan.rollbackAlpha) },
    promote: { logE, needs, route },
    moreTrials: kind === 'pass' || kind === 'fail' ? 0 : moreTrials(plan, state),
  };
}

function reason(plan: GuardPlan, kind: VerdictKind, numbers: VerdictNumbers): string {
  const { harm, promote } = numbers;
  const counted = counts(plan, numbers);
  const e = (test: { readonly logE: number; readonly needs: number }, sign: string) =>
    `e = ${formatLogE(test.logE)} ${sign} ${formatLogE(test.needs)}`;
  if (kind === 'fail') return `${counted}; ${worse(plan)} with ${e(harm, '≥')}`;
  const aim = promote.route === 'slo' ? belowSlo(plan) : noWorse(plan);
  if (kind === 'pass') return `${counted}; ${aim} with ${e(promote, '≥')}`;
  return `${counted}; undecided: ${worse(plan)} has ${e(harm, 'of')}, ${aim} has ${e(promote, 'of')}; ${outlook(plan, numbers)}`;
}

const worse = (plan: GuardPlan) =>
  plan.rollbackOddsRatio === 1
    ? 'worse than the incumbent'
    : `worse than ${formatNumber(plan.rollbackOddsRatio)} times the odds`;
const noWorse = (plan: GuardPlan) => `no worse than the margin ${formatNumber(plan.promoteOddsRatio)}`;
const belowSlo = (plan: GuardPlan) => `below the objective of ${formatRate(plan.slo ?? 0)}`;

function counts(plan: GuardPlan, numbers: VerdictNumbers): string {
  const { candidate, incumbent, oddsRatio } = numbers;
  const { bad, trials } = words[plan.kind];
  if (candidate.n === 0) {
    return `no ${trials} of the candidate in ${formatCount(numbers.ticks)} ticks (incumbent: ${formatCount(incumbent.n)})`;
  }
  const interval = formatInterval(numbers.interval);
  const estimate = oddsRatio === null ? 'odds ratio unknown' : `odds ratio ${formatNumber(oddsRatio)}`;
  return (
    `${formatCount(candidate.bad)} of ${formatCount(candidate.n)} ${bad} against ` +
    `${formatCount(incumbent.bad)} of ${formatCount(incumbent.n)} (${estimate}${interval === null ? '' : `, ${interval}`})`
  );
}

function outlook(plan: GuardPlan, numbers: VerdictNumbers): string {
  const { trials } = words[plan.kind];
  if (numbers.candidate.n === 0) return `how much more is needed cannot be told before the first of its ${trials}`;
  if (numbers.moreTrials === null) return `at this estimate more ${trials} would not decide it`;
  const more = Number(numbers.moreTrials.toPrecision(2));
  return `about ${formatCount(more)} more ${trials} of the candidate decide it if this goes on`;
}

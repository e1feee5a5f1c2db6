import { aloneHarm } from './alone';
import { moreTrials } from './outlook';
import { isHarmful, passRoute } from './rate';
import type { RatePlan, RateState, Verdict, VerdictKind, VerdictNumbers } from './types';
import { intervalOf, openedTowards } from './rate-interval';
import {
  formatCount,
  formatInterval,
  formatLogE,
  formatNumber,
  formatOutlook,
  formatRate,
  formatTurn,
} from './wording';

/** What bad events and trials are called. */
export function rateWords({ kind, unit }: Pick<RatePlan, 'kind' | 'unit'>): {
  readonly bad: string;
  readonly trials: string;
} {
  const trials = unit === 'user' ? 'users' : 'requests';
  switch (kind) {
    case 'errors':
      return { bad: 'failed', trials };
    case 'quality':
      return { bad: 'wrong', trials: 'labelled predictions' };
    case 'shadow':
      return { bad: 'wrong where the other was right', trials: 'pairs' };
    case 'business':
    case 'goal':
      return { bad: 'missed the goal', trials };
  }
}

/** What the evidence so far says: `fail` beats `pass`, and anything undecided is `inconclusive`. */
export function rateVerdict(plan: RatePlan, state: RateState): Verdict {
  const kind = rateVerdictKind(plan, state);
  const numbers = verdictNumbers(plan, state, kind);
  return { kind, reason: `${plan.name}: ${aloneReason(plan, state) ?? reason(plan, kind, numbers)}`, numbers };
}

/** The verdict's kind alone, without the cost of its numbers. */
export function rateVerdictKind(plan: RatePlan, state: RateState): VerdictKind {
  if (isHarmful(plan, state)) return 'fail';
  return passRoute(plan, state).stands ? 'pass' : 'inconclusive';
}

function verdictNumbers(plan: RatePlan, state: RateState, kind: VerdictKind): VerdictNumbers {
  const { above, below } = state.mantelHaenszel;
  const { route, logE, needs } = passRoute(plan, state);
  const oddsRatio = below > 0 ? above / below : null;
  return {
    ticks: state.ticks,
    candidate: state.candidate,
    incumbent: state.incumbent,
    oddsRatio,
    interval: openedTowards(oddsRatio, intervalOf(state, plan.promoteAlpha)),
    harm: { logE: state.harm.logE, needs: -Math.log(plan.rollbackAlpha) },
    promote: { logE, needs, route },
    moreTrials: kind === 'pass' || kind === 'fail' ? 0 : moreTrials(plan, state),
  };
}

/** Why a candidate that serves alone fails; null while it does not. */
function aloneReason(plan: RatePlan, { alone }: RateState): string | null {
  const harm = aloneHarm(plan, alone);
  if (plan.alone === undefined || alone === undefined || harm?.isShown !== true) return null;
  const { bad, trials } = rateWords(plan);
  const { n, bad: count } = alone.counts;
  return `${formatCount(count)} of ${formatCount(n)} ${trials} ${bad} since the incumbent serves no more; above ${formatRate(plan.alone.limit)} with e = ${formatLogE(harm.logE)} ≥ ${formatLogE(harm.needs)} (weaker: nothing to compare with)`;
}

function reason(plan: RatePlan, kind: VerdictKind, numbers: VerdictNumbers): string {
  const said = finding(plan, kind, numbers);
  return plan.noise?.mode === 'fleetNoise' ? `${said}; approximate: ${plan.noise.reason}` : said;
}

function finding(plan: RatePlan, kind: VerdictKind, numbers: VerdictNumbers): string {
  const { harm, promote } = numbers;
  const counted = counts(plan, numbers);
  const e = (test: { readonly logE: number; readonly needs: number }, sign: string) =>
    `e = ${formatLogE(test.logE)} ${sign} ${formatLogE(test.needs)}`;
  if (kind === 'fail') return `${counted}; ${worse(plan)} with ${e(harm, '≥')}`;
  const aim = promote.route === 'slo' ? belowSlo(plan) : noWorse(plan);
  if (kind === 'pass') return `${counted}; ${aim} with ${e(promote, '≥')}; ${formatTurn(worse(plan), harm)}`;
  return `${counted}; undecided: ${worse(plan)} has ${e(harm, 'of')}, ${aim} has ${e(promote, 'of')}; ${formatOutlook(numbers.moreTrials, numbers.candidate.n, rateWords(plan).trials)}`;
}

const worse = (plan: RatePlan) =>
  plan.rollbackOddsRatio === 1
    ? 'worse than the incumbent'
    : `worse than ${formatNumber(plan.rollbackOddsRatio)} times the odds`;
const noWorse = (plan: RatePlan) =>
  plan.kind === 'goal'
    ? 'better than the incumbent'
    : `no worse than the margin ${formatNumber(plan.promoteOddsRatio)}`;
const belowSlo = (plan: RatePlan) => `below the objective of ${formatRate(plan.slo ?? 0)}`;

function counts(plan: RatePlan, numbers: VerdictNumbers): string {
  const { candidate, incumbent, oddsRatio } = numbers;
  const { bad, trials } = rateWords(plan);
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

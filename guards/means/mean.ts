import { AT_CAP } from '../e-process';
import { logWealth } from '../betting/bets';
import { meanInterval } from '../betting/interval';
import type { GuardJudge } from '../guard-judge';
import { testLogE } from '../noise/score-test';
import type { Verdict, VerdictKind } from '../types';
import { formatCount, formatInterval, formatLogE, formatNumber, formatOutlook, formatTurn } from '../wording';
import { boundsOf, countDifferences, countHistogram, startBetting } from './betting';
import { differencesProblem, histogramProblem, momentsProblem } from './problems';
import { moreValues, scoredInterval } from './outlook';
import { countMoments, startScored } from './scored';
import type {
  BettingState,
  BoundedMeanPlan,
  DifferencesEvidence,
  HistogramEvidence,
  MeanPlan,
  MomentsEvidence,
  ScoredMeanPlan,
  ScoredMeanState,
  ScoreShiftPlan,
} from './types';

export const boundedMeanJudge: GuardJudge<BoundedMeanPlan, BettingState, HistogramEvidence> = {
  isState: (state): state is BettingState => state.kind === 'betting',
  isEvidence: (evidence): evidence is HistogramEvidence => evidence.kind === 'histogram',
  start: startBetting,
  problem: histogramProblem,
  count: countHistogram,
  verdict: meanVerdict,
  verdictKind: (plan, state) => standingOf(plan, state).kind,
};

export const scoreShiftJudge: GuardJudge<ScoreShiftPlan, BettingState, DifferencesEvidence> = {
  isState: (state): state is BettingState => state.kind === 'betting',
  isEvidence: (evidence): evidence is DifferencesEvidence => evidence.kind === 'differences',
  start: startBetting,
  problem: differencesProblem,
  count: countDifferences,
  verdict: meanVerdict,
  verdictKind: (plan, state) => standingOf(plan, state).kind,
};

export const scoredMeanJudge: GuardJudge<ScoredMeanPlan, ScoredMeanState, MomentsEvidence> = {
  isState: (state): state is ScoredMeanState => state.kind === 'scoredMean',
  isEvidence: (evidence): evidence is MomentsEvidence => evidence.kind === 'moments',
  start: startScored,
  problem: momentsProblem,
  count: countMoments,
  verdict: meanVerdict,
  verdictKind: (plan, state) => standingOf(plan, state).kind,
};

/** What decides, and what each test needs for it. */
function standingOf(plan: MeanPlan, state: BettingState | ScoredMeanState) {
  const [harmNeeds, promoteNeeds] = [-Math.log(plan.rollbackAlpha), -Math.log(plan.promoteAlpha)];
  const plain = state.kind === 'betting' ? logWealth(state.promote) : testLogE(state.promoteScore);
  const reached = state.promote.logE >= promoteNeeds - AT_CAP;
  // A pass is withdrawn while the evidence since the start is against it.
  const promoteLogE = reached && plain < 0 ? plain : state.promote.logE;
  const failed = state.harm.logE >= harmNeeds - AT_CAP;
  const kind: VerdictKind = failed ? 'fail' : reached && plain >= 0 ? 'pass' : 'inconclusive';
  return { kind, harmNeeds, promoteNeeds, promoteLogE };
}

function meanVerdict(plan: MeanPlan, state: BettingState | ScoredMeanState): Verdict {
  const { kind, harmNeeds, promoteNeeds, promoteLogE } = standingOf(plan, state);
  const { value, interval } = differenceOf(plan, state);
  const numbers = {
    ticks: state.ticks,
    candidate: { n: state.candidate.n, bad: 0 },
    incumbent: { n: state.incumbent.n, bad: 0 },
    oddsRatio: null,
    interval: [null, null] as const,
    estimate: { what: 'difference of means', value, interval },
    harm: { logE: state.harm.logE, needs: harmNeeds },
    promote: { logE: promoteLogE, needs: promoteNeeds, route: 'comparison' } as const,
    moreTrials: kind === 'inconclusive' ? moreValues(plan, state) : 0,
  };
  const range = formatInterval(interval);
  const found =
    value === null
      ? `nothing to compare in ${formatCount(state.ticks)} ticks`
      : `mean ${formatNumber(value)} ${value < 0 ? 'below' : 'above'} the incumbent's over ${trialsOf(plan, state)}` +
        `${range === null ? '' : ` (difference ${range})`}`;
  const worse = 'worse than the incumbent';
  const within = `no more than ${formatNumber(plan.promoteDifference)} worse`;
  const said =
    kind === 'fail'
      ? `${worse} with e = ${formatLogE(state.harm.logE)} ≥ ${formatLogE(harmNeeds)}`
      : kind === 'pass'
        ? `${within} with e = ${formatLogE(promoteLogE)} ≥ ${formatLogE(promoteNeeds)}; ${formatTurn(worse, numbers.harm)}`
        : `undecided: ${worse} has e = ${formatLogE(state.harm.logE)} of ${formatLogE(harmNeeds)}, ${within} has e = ${formatLogE(promoteLogE)} of ${formatLogE(promoteNeeds)}; ${formatOutlook(numbers.moreTrials, state.candidate.n, trialWord(plan))}`;
  const assumed = state.kind === 'scoredMean' ? '; approximate: ticks’ differences of means are taken as normal' : '';
  return { kind, reason: `${plan.name}: ${found}; ${said}${assumed}`, numbers };
}

const trialWord = (plan: MeanPlan): string =>
  plan.kind === 'shadowScore' ? 'pairs' : plan.unit === 'user' ? 'users' : 'requests';

function trialsOf(plan: MeanPlan, { candidate, incumbent }: BettingState | ScoredMeanState): string {
  if (plan.kind === 'shadowScore') return `${formatCount(candidate.n)} pairs`;
  return `${formatCount(candidate.n)} and ${formatCount(incumbent.n)} ${trialWord(plan)}`;
}

/** Candidate minus incumbent in the value's own unit. */
function differenceOf(
  plan: MeanPlan,
  state: BettingState | ScoredMeanState
): { readonly value: number | null; readonly interval: readonly [number | null, number | null] } {
  if (state.kind === 'scoredMean') {
    const value = state.weights > 0 ? state.weighted / state.weights : null;
    return { value, interval: scoredInterval(plan, state, plan.promoteAlpha) };
  }
  if (state.sequence.n === 0 || (plan.kind === 'mean' && plan.method === 'score'))
    return { value: null, interval: [null, null] };
  const [low, high] = boundsOf(plan.points);
  const scale = plan.kind === 'mean' ? high - low : Math.max(-low, high);
  const [from, to] = meanInterval(state.sequence, plan.promoteAlpha);
  const outward = plan.higherIs === 'better' ? -scale : scale;
  // `+ 0` because JSON has no −0: a verdict must be the same after a payload as before.
  const inUnits = (end: number | null) => (end === null ? null : end * outward + 0);
  return {
    value: inUnits(state.sequence.sum / state.sequence.n),
    interval: outward < 0 ? [inUnits(to), inUnits(from)] : [inUnits(from), inUnits(to)],
  };
}

import { AT_CAP, hasCrossed, plainLogE } from '../e-process';
import type { EProcessDesign } from '../e-process';
import type { GuardJudge } from '../guard-judge';
import { moreOfTheSame, quietTest } from '../noise/score-test';
import type { ScoreTest } from '../noise/score-test';
import { countProblem, unusable } from '../sanity';
import type { EProcessState, Verdict, VerdictKind } from '../types';
import { oddsInterval, openedTowards } from '../rate-interval';
import { formatCount, formatInterval, formatLogE, formatNumber, formatOutlook, formatTurn } from '../wording';
import { countLatency, isSlower, startLatency } from './count';
import { latencyDesigns, latencyPrior } from './designs';
import type { QuantileDesign } from './designs';
import type { LatencyArm, LatencyEvidence, LatencyPlan, LatencyState, QuantileState } from './types';

export const latencyJudge: GuardJudge<LatencyPlan, LatencyState, LatencyEvidence> = {
  isState: (state): state is LatencyState => state.kind === 'latency',
  isEvidence: (evidence): evidence is LatencyEvidence => evidence.kind === 'latency',
  start: startLatency,
  problem: ({ cutoffsMs }, { key, candidate, incumbent }) => {
    const problem =
      armProblem('candidate', candidate, cutoffsMs.length) ?? armProblem('incumbent', incumbent, cutoffsMs.length);
    return problem === null ? null : unusable(key, problem);
  },
  count: countLatency,
  verdict: latencyVerdict,
  verdictKind: kindOf,
};

function armProblem(name: string, { n, above }: LatencyArm, cutoffs: number): string | null {
  if (above.length !== cutoffs) return `${name} has counts above ${above.length} cut-offs, the plan has ${cutoffs}`;
  const counts = [n, ...above];
  for (const [i, count] of counts.entries()) {
    const problem = countProblem(i === 0 ? `${name} n` : `${name} above[${i - 1}]`, count);
    if (problem !== null) return problem;
    const lower = counts[i - 1] ?? count;
    if (count > lower)
      return `${name} has ${count} above cut-off ${i - 1}, but ${lower} ${i === 1 ? 'in all' : 'above a lower one'}`;
  }
  return null;
}

function kindOf(plan: LatencyPlan, state: LatencyState): VerdictKind {
  if (isSlower(plan, state)) return 'fail';
  const designs = latencyDesigns(plan);
  const passes = state.quantiles.every((one, i) => {
    const promote = designs[i]?.promote;
    return promote !== undefined && standing(promote, one.promote) >= promote.logCap - AT_CAP;
  });
  return passes ? 'pass' : 'inconclusive';
}

/** A test that reached its cap is withdrawn while its evidence since the start is against it. */
function standing(design: EProcessDesign, state: EProcessState): number {
  const plain = plainLogE(state);
  return hasCrossed(design, state) && plain < 0 ? plain : state.logE;
}

function latencyVerdict(plan: LatencyPlan, state: LatencyState): Verdict {
  const kind = kindOf(plan, state);
  const all = latencyDesigns(plan).flatMap((design, i) => {
    const [one, quantile] = [state.quantiles[i], plan.quantiles[i]];
    if (one === undefined || quantile === undefined) return [];
    return [{ one, quantile, design, promoteLogE: standing(design.promote, one.promote) }];
  });
  const slowest = most(all, ({ one }) => one.harm.logE);
  const slackest = most(all, ({ promoteLogE }) => -promoteLogE);
  const shown = kind === 'pass' ? slackest : slowest;
  const { above, below } = shown.one.mantelHaenszel;
  const oddsRatio = below > 0 ? above / below : null;
  const interval = openedTowards(oddsRatio, oddsInterval(harmTest(shown.one, shown.design), plan.promoteAlpha));
  const harm = { logE: state.harm.logE, needs: -Math.log(plan.rollbackAlpha) };
  const promote = { logE: slackest.promoteLogE, needs: slackest.design.promote.logCap, route: 'comparison' } as const;
  const decided = kind === 'pass' || kind === 'fail';
  const times = () =>
    Math.min(
      ...all.map(({ one, design }) => more(plan, { test: harmTest(one, design), design, logCap: design.harm.logCap })),
      Math.max(
        ...all.map(({ one, design }) => {
          const test = one.noise?.promote ?? quietTest(one.promoteScore, design.tau);
          return more(plan, { test, design, logCap: design.promote.logCap });
        })
      )
    );
  const moreTrials = decided || state.candidate === 0 ? null : trialsAfter(times(), state.candidate);
  const numbers = {
    ticks: state.ticks,
    candidate: { n: state.candidate, bad: shown.one.candidate },
    incumbent: { n: state.incumbent, bad: shown.one.incumbent },
    oddsRatio,
    interval,
    harm,
    promote,
    moreTrials: decided ? 0 : moreTrials,
  };
  const label = `p${formatNumber(shown.quantile.quantile * 100)}`;
  const limit = `${formatNumber(plan.cutoffsMs[shown.quantile.cutoff] ?? 0)} ms`;
  const range = formatInterval(interval);
  const counts =
    state.candidate === 0
      ? `no requests of the candidate in ${formatCount(state.ticks)} ticks`
      : `${formatCount(shown.one.candidate)} of ${formatCount(state.candidate)} slower than ${limit}, the incumbent's ${label}, against ` +
        `${formatCount(shown.one.incumbent)} of ${formatCount(state.incumbent)}` +
        ` (odds ratio ${oddsRatio === null ? 'unknown' : formatNumber(oddsRatio)}${range === null ? '' : `, ${range}`})`;
  const slower = `slower at ${plan.quantiles.length} quantiles together has e = ${formatLogE(harm.logE)}`;
  const within = `no more than ${formatNumber(plan.promoteRatio)} times as slow`;
  const said =
    kind === 'fail'
      ? `slower than the incumbent with e = ${formatLogE(harm.logE)} ≥ ${formatLogE(harm.needs)}`
      : kind === 'pass'
        ? `${within} at every quantile with e = ${formatLogE(promote.logE)} ≥ ${formatLogE(promote.needs)}; ${formatTurn('slower', harm)}`
        : `undecided: ${slower} of ${formatLogE(harm.needs)}, ${within} has e = ${formatLogE(promote.logE)} of ${formatLogE(promote.needs)}; ${formatOutlook(numbers.moreTrials, state.candidate, 'requests')}`;
  const mode = plan.noise.mode === 'fleetNoise' ? `; approximate: ${plan.noise.reason}` : '';
  return { kind, reason: `${plan.name}: ${counts}; ${said}${mode}`, numbers };
}

const trialsAfter = (times: number, trials: number): number | null =>
  Number.isFinite(times) ? Math.ceil(times * trials) : null;

const harmTest = (one: QuantileState, { tau }: QuantileDesign): ScoreTest =>
  one.noise?.harm ?? quietTest(one.harmScore, tau);

/** How many more times all that was seen decides, in exact mode as if the score were normal. */
function more(
  plan: LatencyPlan,
  p: { readonly test: ScoreTest; readonly design: QuantileDesign; readonly logCap: number }
): number {
  const prior = plan.noise.mode === 'exact' ? p.test : latencyPrior(plan, p.design);
  return moreOfTheSame(p.test, prior, p.logCap);
}

function most<T>(all: readonly T[], by: (one: T) => number): T {
  const [first, ...rest] = all;
  if (first === undefined) throw new RangeError('a latency guard has no quantile');
  return rest.reduce((best, one) => (by(one) > by(best) ? one : best), first);
}

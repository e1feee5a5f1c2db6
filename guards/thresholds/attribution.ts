import type { GuardJudge } from '../guard-judge';
import { noTrials, numbersOf } from '../numbers';
import { countProblem, unusable } from '../sanity';
import type { Verdict } from '../types';
import { formatCount, formatNumber } from '../wording';
import { addOutcome, describeTally, startTally, tallyKind, tallyProgress } from './tally';
import type { AttributionEvidence, AttributionPlan, AttributionState } from './types';

/**
 * Do the candidate's answers rest on the features that its baseline rests on? One window's attributions come ready measured; an NDCG below the
 * limit whose interval reaches up to it counts as missing.
 */
export const attributionJudge: GuardJudge<AttributionPlan, AttributionState, AttributionEvidence> = {
  isState: (state): state is AttributionState => state.kind === 'attribution',
  isEvidence: (evidence): evidence is AttributionEvidence => evidence.kind === 'attribution',
  start: () => ({
    ...{ kind: 'attribution', version: 1, lastKey: null, ticks: 0, explained: 0 },
    ...{ tally: startTally, last: null },
  }),
  problem: (_plan, { key, n, ndcg }) => {
    const problem = countProblem('n', n);
    if (problem !== null) return unusable(key, problem);
    return ndcg >= 0 && ndcg <= 1 ? null : unusable(key, `the NDCG is ${ndcg}, not 0–1`);
  },
  count: (plan, state, { key, n, ndcg, interval, leading, against }) => {
    const isShown = interval === null || interval[1] < plan.ndcg;
    const outcome = n < plan.leastN ? 'missing' : ndcg >= plan.ndcg ? 'good' : isShown ? 'bad' : 'missing';
    const few = (names: readonly string[]) => names.slice(0, 3).map((name) => name.slice(0, 40));
    const last = {
      ...{ n, ndcg, interval, against },
      leading: { live: few(leading.live), baseline: few(leading.baseline) },
    };
    return {
      ...state,
      lastKey: key,
      ticks: state.ticks + 1,
      explained: state.explained + n,
      tally: addOutcome(plan, state.tally, outcome),
      last,
    };
  },
  verdict: attributionVerdict,
};

function attributionVerdict(plan: AttributionPlan, state: AttributionState): Verdict {
  const verdict = tallyKind(plan, state.tally);
  const { last } = state;
  const numbers = numbersOf({
    ticks: state.ticks,
    candidate: { n: state.explained, bad: 0 },
    incumbent: noTrials,
    estimate: { what: 'NDCG of attributions', value: last?.ndcg ?? null, interval: last?.interval ?? [null, null] },
    ...tallyProgress(plan, state.tally),
  });
  const found = last === null ? `waits for ${formatCount(plan.leastN)} requests to explain` : findingOf(plan, last);
  return { ...verdict, reason: `${plan.name}: ${found}; ${describeTally(plan, state.tally, verdict.kind)}`, numbers };
}

function findingOf(plan: AttributionPlan, last: NonNullable<AttributionState['last']>): string {
  const { n, ndcg, interval, leading, against } = last;
  const sure = interval === null ? '' : `, ${formatNumber(interval[0])} to ${formatNumber(interval[1])}`;
  return (
    `NDCG ${formatNumber(ndcg)} over ${formatCount(n)} requests (limit ${formatNumber(plan.ndcg)}${sure}); ` +
    `leads ${leading.live.join(', ')}, against ${leading.baseline.join(', ')} in ${against}`
  );
}

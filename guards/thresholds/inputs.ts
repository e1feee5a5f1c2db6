import type { GuardJudge } from '../guard-judge';
import { noTrials, numbersOf } from '../numbers';
import { countProblem, unusable } from '../sanity';
import type { Verdict } from '../types';
import { formatCount, formatNumber } from '../wording';
import { addOutcome, describeTally, startTally, tallyKind, tallyProgress } from './tally';
import type { InputDriftPlan, InputDriftState, InputFeature, InputsEvidence } from './types';

/** Chance that some feature of a window is off by more than the allowance although nothing changed. */
const CHANCE = 0.01;

/**
 * Are requests still like those before the rollout? It hits all arms alike, so it is no reason to roll back. A window is judged when it is
 * long enough and has requests enough. A distance over the threshold that chance alone may explain counts as missing.
 */
export const inputDriftJudge: GuardJudge<InputDriftPlan, InputDriftState, InputsEvidence> = {
  isState: (state): state is InputDriftState => state.kind === 'inputDrift',
  isEvidence: (evidence): evidence is InputsEvidence => evidence.kind === 'inputs',
  start: () => ({
    ...{ kind: 'inputDrift', version: 1, lastKey: null, ticks: 0, requests: 0 },
    ...{ tally: startTally, open: { ticks: 0, counts: [] }, worst: null },
  }),
  problem: (plan, { key, counts }) => {
    const features = plan.reference ?? [];
    if (counts.length !== features.length) return unusable(key, `${counts.length} features, not ${features.length}`);
    for (const [i, bins] of counts.entries()) {
      const wanted = features[i]?.counts.length ?? 0;
      if (bins.length !== wanted) return unusable(key, `${bins.length} bins of feature ${i}, not ${wanted}`);
      for (const count of bins) {
        const problem = countProblem(`a bin of feature ${i}`, count);
        if (problem !== null) return unusable(key, problem);
      }
    }
    return null;
  },
  count: countInputs,
  verdict: inputVerdict,
};

function countInputs(plan: InputDriftPlan, state: InputDriftState, { key, counts }: InputsEvidence): InputDriftState {
  const sums = counts.map((bins, i) => bins.map((count, b) => count + (state.open.counts[i]?.[b] ?? 0)));
  const open = { ticks: state.open.ticks + 1, counts: sums };
  const next = { ...state, lastKey: key, ticks: state.ticks + 1, open };
  const n = sumOf(sums[0] ?? []);
  if (plan.reference === null || open.ticks < plan.everyTicks || n < Math.max(1, plan.leastN)) return next;
  const [worst] = plan.reference
    .map((feature, i) => ({ place: feature.place, ...distanceOf(feature, sums[i] ?? []) }))
    .sort((a, b) => b.distance - b.allowance - (a.distance - a.allowance));
  if (worst === undefined) return next;
  const { distance } = worst;
  const allowance = worst.allowance * Math.sqrt(Math.log((2 * plan.reference.length) / CHANCE) / 2);
  const outcome = distance <= plan.threshold ? 'good' : distance - allowance > plan.threshold ? 'bad' : 'missing';
  return {
    ...next,
    requests: state.requests + n,
    tally: addOutcome(plan, state.tally, outcome),
    open: { ticks: 0, counts: [] },
    worst: { place: worst.place, distance, allowance },
  };
}

const sumOf = (bins: readonly number[]): number => bins.reduce((sum, n) => sum + n, 0);

/**
 * Largest difference of cumulative shares for what has an order, of shares for words; and the scale of what chance explains. The first bin of what
 * has an order is for requests that lack it.
 */
function distanceOf(
  feature: InputFeature,
  live: readonly number[]
): { readonly distance: number; readonly allowance: number } {
  const [n, m] = [sumOf(live), sumOf(feature.counts)];
  const allowance = n > 0 && m > 0 ? Math.sqrt(1 / n + 1 / m) : 1;
  if (n === 0 || m === 0) return { distance: 0, allowance };
  let [distance, gap] = [0, 0];
  for (const [b, count] of live.entries()) {
    const own = count / n - (feature.counts[b] ?? 0) / m;
    gap = feature.kind === 'word' ? own : gap + own;
    distance = Math.max(distance, Math.abs(gap));
  }
  return { distance, allowance };
}

function inputVerdict(plan: InputDriftPlan, state: InputDriftState): Verdict {
  const verdict = tallyKind(plan, state.tally);
  const { worst, open } = state;
  const numbers = numbersOf({
    ticks: state.ticks,
    candidate: { n: state.requests, bad: 0 },
    incumbent: noTrials,
    estimate: {
      what: 'largest distance of a feature',
      value: worst?.distance ?? null,
      interval: worst === null ? [null, null] : [Math.max(0, worst.distance - worst.allowance), null],
    },
    ...tallyProgress(plan, state.tally),
  });
  const waiting = `${formatCount(sumOf(open.counts[0] ?? []))} requests of ${formatCount(plan.leastN)} in the open window`;
  const found =
    plan.reference === null
      ? 'too few requests were captured before the rollout to compare with'
      : worst === null
        ? waiting
        : `${worst.place} is ${formatNumber(worst.distance)} from before the rollout (limit ${formatNumber(plan.threshold)}, ${formatNumber(worst.allowance)} may be chance)`;
  return { ...verdict, reason: `${plan.name}: ${found}; ${describeTally(plan, state.tally, verdict.kind)}`, numbers };
}

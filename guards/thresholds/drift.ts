import type { GuardJudge } from '../guard-judge';
import { numbersOf } from '../numbers';
import { countProblem, unusable } from '../sanity';
import type { Verdict } from '../types';
import { formatCount, formatNumber } from '../wording';
import { addLabels, measureDistance, sumOf } from './distance';
import { addOutcome, describeTally, startTally, tallyKind, tallyProgress } from './tally';
import type { DriftPlan, DriftState, LabelsEvidence } from './types';

/**
 * Does the candidate answer like the incumbent? A window is judged when it is long enough and both arms have enough answers;
 * until then the guard is inconclusive. A distance over the threshold that chance alone may explain counts as missing.
 */
export const driftJudge: GuardJudge<DriftPlan, DriftState, LabelsEvidence> = {
  isState: (state): state is DriftState => state.kind === 'drift',
  isEvidence: (evidence): evidence is LabelsEvidence => evidence.kind === 'labels',
  start: () => ({
    kind: 'drift',
    version: 1,
    lastKey: null,
    ticks: 0,
    candidate: 0,
    incumbent: 0,
    tally: startTally,
    open: { ticks: 0, labels: [] },
    distance: null,
    allowance: null,
  }),
  problem: (plan, { key, candidate, incumbent }) => {
    for (const [arm, counts] of [
      ['candidate', candidate],
      ['incumbent', incumbent],
    ] as const) {
      for (const [label, count] of Object.entries(counts)) {
        const problem = countProblem(`${arm} "${label}"`, count);
        if (problem !== null) return unusable(key, problem);
        if (plan.distance === 'kolmogorovSmirnov' && !Number.isFinite(Number(label))) {
          return unusable(key, `"${label}" is no number, which this distance needs`);
        }
      }
    }
    return null;
  },
  count: countLabels,
  verdict: driftVerdict,
};

function countLabels(plan: DriftPlan, state: DriftState, evidence: LabelsEvidence): DriftState {
  const labels = addLabels(state.open.labels, evidence.candidate, evidence.incumbent);
  const open = { ticks: state.open.ticks + 1, labels };
  const [n, m] = [sumOf(labels, 1), sumOf(labels, 2)];
  const next = { ...state, lastKey: evidence.key, ticks: state.ticks + 1, open };
  if (open.ticks < plan.everyTicks || Math.min(n, m) < Math.max(1, plan.leastN)) return next;
  const { distance, allowance } = measureDistance(plan.distance, labels);
  const outcome = distance <= plan.threshold ? 'good' : distance - allowance > plan.threshold ? 'bad' : 'missing';
  return {
    ...next,
    candidate: state.candidate + n,
    incumbent: state.incumbent + m,
    tally: addOutcome(plan, state.tally, outcome),
    open: { ticks: 0, labels: [] },
    distance,
    allowance,
  };
}

const names = {
  lInfinity: 'largest difference of shares',
  jensenShannon: 'Jensen–Shannon distance',
  kolmogorovSmirnov: 'Kolmogorov–Smirnov distance',
} as const;

function driftVerdict(plan: DriftPlan, state: DriftState): Verdict {
  const verdict = tallyKind(plan, state.tally);
  const { distance, allowance, open } = state;
  const numbers = numbersOf({
    ticks: state.ticks,
    candidate: { n: state.candidate, bad: 0 },
    incumbent: { n: state.incumbent, bad: 0 },
    estimate: {
      what: names[plan.distance],
      value: distance,
      interval: distance === null || allowance === null ? [null, null] : [Math.max(0, distance - allowance), null],
    },
    ...tallyProgress(plan, state.tally),
  });
  const waiting = `${formatCount(sumOf(open.labels, 1))} and ${formatCount(sumOf(open.labels, 2))} answers of ${formatCount(plan.leastN)} in the open window`;
  const found =
    distance === null || allowance === null
      ? waiting
      : `${names[plan.distance]} ${formatNumber(distance)} (limit ${formatNumber(plan.threshold)}, ${formatNumber(allowance)} may be chance)`;
  return { ...verdict, reason: `${plan.name}: ${found}; ${describeTally(plan, state.tally, verdict.kind)}`, numbers };
}

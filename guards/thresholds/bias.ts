import type { GuardJudge } from '../guard-judge';
import { numbersOf } from '../numbers';
import { countProblem, unusable } from '../sanity';
import type { Verdict } from '../types';
import { formatCount, formatNumber } from '../wording';
import { compareSides, goodRange, proportionOf } from './facet-metrics';
import type { Outcomes } from './facet-metrics';
import type { Outcome } from './tally';
import { addOutcome, describeTally, startTally, tallyKind, tallyProgress } from './tally';
import type { BiasPlan, BiasState, FacetCells, FacetCounts, FacetsEvidence, WorstBias } from './types';

/** Cells that a window tells apart: a state is small. What comes after them is one more value of the facet. */
const MOST_CELLS = 48;
const LONGEST_VALUE = 20;
const LONGEST_OUTCOME = 12;
const OTHER = '(other)';
/** Two-sided normal quantiles of a chance of 1 % divided by 1, 2, 4, … comparisons: that of one beyond the limit although none is. */
const DEVIATIONS = [2.576, 2.807, 3.023, 3.227, 3.421, 3.606, 3.783];

/**
 * Does the candidate treat the values of a facet alike? A window is judged when it is long enough and some comparison has trials enough on both
 * sides; until then the guard is inconclusive. A metric beyond the limit that chance alone may explain counts as missing.
 */
export const biasJudge: GuardJudge<BiasPlan, BiasState, FacetsEvidence> = {
  isState: (state): state is BiasState => state.kind === 'bias',
  isEvidence: (evidence): evidence is FacetsEvidence => evidence.kind === 'facets',
  start: () => ({
    ...{ kind: 'bias', version: 1, lastKey: null, ticks: 0, candidate: 0, incumbent: 0 },
    ...{ tally: startTally, open: { ticks: 0, cells: [] }, worst: null },
  }),
  problem: (_plan, { key, candidate, incumbent }) => {
    for (const cells of [candidate, incumbent]) {
      for (const [value, outcomes] of Object.entries(cells)) {
        for (const [outcome, count] of Object.entries(outcomes)) {
          const problem = countProblem(`"${value}" with "${outcome}"`, count);
          if (problem !== null) return unusable(key, problem);
        }
      }
    }
    return null;
  },
  count: countFacets,
  verdict: biasVerdict,
};

function countFacets(plan: BiasPlan, state: BiasState, evidence: FacetsEvidence): BiasState {
  const cells = addCells(state.open.cells, evidence.candidate, evidence.incumbent);
  const open = { ticks: state.open.ticks + 1, cells };
  const next = { ...state, lastKey: evidence.key, ticks: state.ticks + 1, open };
  const found = open.ticks < plan.everyTicks ? null : judgeWindow(plan, cells);
  if (found === null) return next;
  const sum = (arm: 2 | 3) => cells.reduce((total, row) => total + row[arm], 0);
  return {
    ...next,
    candidate: state.candidate + sum(2),
    incumbent: state.incumbent + sum(3),
    tally: addOutcome(plan, state.tally, found.outcome),
    open: { ticks: 0, cells: [] },
    worst: found.worst,
  };
}

/** The worst comparison of a window; null when none has trials enough. */
function judgeWindow(
  plan: BiasPlan,
  cells: FacetCounts
): { readonly outcome: Outcome; readonly worst: WorstBias } | null {
  const asked = questions(plan, cells);
  const sides = asked.map(({ values, positive }) => ({
    candidate: sidesOf(plan, cells, { values, positive, arm: 2 }),
    incumbent: sidesOf(plan, cells, { values, positive, arm: 3 }),
    value: values.join(','),
    positive,
  }));
  const enough = sides.filter(({ candidate: { a, d } }) => Math.min(a.n, d.n) >= Math.max(1, plan.leastN));
  const z = DEVIATIONS[Math.min(DEVIATIONS.length - 1, Math.ceil(Math.log2(Math.max(1, enough.length))))] ?? 4;
  const [low, high] = goodRange(plan.metric, plan.threshold);
  const compared = enough.map((one) => {
    const { value: metric, interval } = compareSides(plan.metric, one.candidate, z);
    const isBad = interval[1] < low || interval[0] > high;
    const outcome: Outcome = metric >= low && metric <= high ? 'good' : isBad ? 'bad' : 'missing';
    const beyond = plan.metric === 'DI' ? Math.abs(Math.log(metric)) : Math.abs(metric);
    return { ...one, metric, interval, outcome, beyond };
  });
  const rank = { good: 0, missing: 1, bad: 2, broken: 3 } as const;
  const [worst] = compared.sort(
    (a, b) => rank[b.outcome] - rank[a.outcome] || b.beyond - a.beyond || b.metric - a.metric
  );
  if (worst === undefined) return null;
  const { a, d } = worst.incumbent;
  const incumbent = a.n > 0 && d.n > 0 ? finite(compareSides(plan.metric, worst.incumbent, z).value) : null;
  const { value, positive, outcome } = worst;
  const interval = [finite(worst.interval[0]), finite(worst.interval[1])] as const;
  return { outcome, worst: { value, positive, metric: finite(worst.metric), interval, incumbent } };
}

/** JSON has no infinity; a ratio this large is as bad. */
const finite = (value: number): number => Math.min(value, 1e9);

/** Each set of disadvantaged values with each favourable prediction. */
function questions(
  plan: BiasPlan,
  cells: FacetCounts
): readonly { readonly values: readonly string[]; readonly positive: string | null }[] {
  const each = (at: 0 | 1) => [...new Set(cells.map((row) => row[at]))].sort();
  const values =
    plan.values === null
      ? each(0).map((value) => [value])
      : [plan.values.map((value) => value.slice(0, LONGEST_VALUE))];
  const isOfPredictions = plan.metric === 'DPPL' || plan.metric === 'DI';
  const positives = !isOfPredictions
    ? [null]
    : plan.positive === null
      ? each(1)
      : [plan.positive.slice(0, LONGEST_OUTCOME)];
  return values.flatMap((one) => positives.map((positive) => ({ values: one, positive })));
}

function sidesOf(
  plan: BiasPlan,
  cells: FacetCounts,
  p: { readonly values: readonly string[]; readonly positive: string | null; readonly arm: 2 | 3 }
) {
  const side = (isDisadvantaged: boolean) => {
    const outcomes = new Map<string, number>();
    for (const row of cells)
      if (p.values.includes(row[0]) === isDisadvantaged) outcomes.set(row[1], (outcomes.get(row[1]) ?? 0) + row[p.arm]);
    return proportionOf(plan.metric, outcomes satisfies Outcomes, p.positive);
  };
  return { a: side(false), d: side(true) };
}

/** Adds one tick's trials, in the order in which cells were first seen. */
function addCells(cells: FacetCounts, candidate: FacetCells, incumbent: FacetCells): FacetCounts {
  const counts = new Map(cells.map((row) => [nameOf(row[0], row[1]), row]));
  for (const [arm, own] of [candidate, incumbent].entries()) {
    for (const value of Object.keys(own).sort()) {
      for (const [outcome, count] of Object.entries(own[value] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
        const [wanted, said] = [value.slice(0, LONGEST_VALUE), outcome.slice(0, LONGEST_OUTCOME)];
        const kept = counts.has(nameOf(wanted, said)) || counts.size < MOST_CELLS ? wanted : OTHER;
        const [, , a, b] = counts.get(nameOf(kept, said)) ?? [kept, said, 0, 0];
        counts.set(nameOf(kept, said), [kept, said, arm === 0 ? a + count : a, arm === 0 ? b : b + count]);
      }
    }
  }
  return [...counts.values()];
}

const nameOf = (value: string, outcome: string): string => JSON.stringify([value, outcome]);

function biasVerdict(plan: BiasPlan, state: BiasState): Verdict {
  const verdict = tallyKind(plan, state.tally);
  const { worst, open } = state;
  const numbers = numbersOf({
    ticks: state.ticks,
    candidate: { n: state.candidate, bad: 0 },
    incumbent: { n: state.incumbent, bad: 0 },
    estimate: {
      what: `${plan.metric} by ${plan.facet}`,
      value: worst?.metric ?? null,
      interval: worst?.interval ?? [null, null],
    },
    ...tallyProgress(plan, state.tally),
  });
  const [low, high] = goodRange(plan.metric, plan.threshold);
  const trials = open.cells.reduce((sum, row) => sum + row[2], 0);
  const found =
    worst === null
      ? `${formatCount(trials)} of the candidate's trials in the open window; a side needs ${formatCount(plan.leastN)}`
      : `${plan.metric} ${formatNumber(worst.metric)} for ${plan.facet} ${worst.value}${worst.positive === null ? '' : ` and "${worst.positive}"`} ` +
        `(${formatNumber(worst.interval[0])} to ${formatNumber(worst.interval[1])}, good from ${formatNumber(low)} to ${formatNumber(high)}; ` +
        `the incumbent has ${worst.incumbent === null ? 'too few trials' : formatNumber(worst.incumbent)})`;
  return { ...verdict, reason: `${plan.name}: ${found}; ${describeTally(plan, state.tally, verdict.kind)}`, numbers };
}

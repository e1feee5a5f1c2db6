import { hasCrossed, startEProcess } from '../e-process';
import type { GuardJudge } from '../guard-judge';
import { numbersOf } from '../numbers';
import { countProblem, unusable } from '../sanity';
import type { EProcessState, PlanBase, Progress, Verdict } from '../types';
import { formatCount, formatLogE, formatRate } from '../wording';
import { coverageDesigns, stepCoverage } from './coverage-tests';
import type { CoverageTest } from './coverage-tests';

/**
 * Is what should have been recorded there, on both arms alike? `captureLoss`: captured requests of those that were sampled.
 * `labelLoss`: labels of the predictions whose cohort is closed. What is missing on one arm more than on the other biases
 * every guard behind it, so the rollout is held. Approximate: records are taken to be lost one by one, not by the file.
 */
export interface CoveragePlan extends PlanBase {
  readonly kind: 'captureLoss' | 'labelLoss';
  /** Probability of ever holding a rollout although nothing is amiss. */
  readonly alpha: number;
  /** Largest share of what is due that may be missing on an arm, 0–1; null when only the difference of the arms matters. */
  readonly tolerated: number | null;
  /** Records due on each arm before coverage can be called good. */
  readonly leastDue: number;
}

/** Of one arm in one tick: requests or predictions, and how many of them were recorded. */
export interface Coverage {
  readonly due: number;
  readonly got: number;
}

export interface CoverageEvidence {
  readonly kind: 'coverage';
  readonly key: string;
  readonly candidate: Coverage;
  readonly incumbent: Coverage;
  /** Share of what is due that is to be recorded at all, above 0 and at most 1. */
  readonly sampling: number;
}

export interface CoverageState {
  readonly kind: 'coverage';
  readonly version: 1;
  readonly lastKey: string | null;
  readonly ticks: number;
  readonly candidate: Coverage;
  readonly incumbent: Coverage;
  /** Records that came in a tick where fewer were due: they belong to a neighbouring tick. */
  readonly surplus: { readonly candidate: number; readonly incumbent: number };
  /** Records that were to be there. */
  readonly expected: { readonly candidate: number; readonly incumbent: number };
  readonly tests: Readonly<Record<CoverageTest, EProcessState>>;
}

export const coverageJudge: GuardJudge<CoveragePlan, CoverageState, CoverageEvidence> = {
  isState: (state): state is CoverageState => state.kind === 'coverage',
  isEvidence: (evidence): evidence is CoverageEvidence => evidence.kind === 'coverage',
  start: (plan) => {
    const designs = coverageDesigns(plan);
    const nothing = { due: 0, got: 0 };
    return {
      kind: 'coverage',
      version: 1,
      lastKey: null,
      ticks: 0,
      candidate: nothing,
      incumbent: nothing,
      surplus: { candidate: 0, incumbent: 0 },
      expected: { candidate: 0, incumbent: 0 },
      tests: {
        difference: startEProcess(designs.difference),
        candidate: startEProcess(designs.candidate),
        incumbent: startEProcess(designs.incumbent),
      },
    };
  },
  problem: (_plan, { key, candidate, incumbent, sampling }) => {
    const arm = (name: string, { due, got }: Coverage) =>
      countProblem(`${name} due`, due) ?? countProblem(`${name} got`, got);
    const outside = sampling > 0 && sampling <= 1 ? null : `the sampling is ${sampling}, not above 0 and at most 1`;
    const problem = arm('candidate', candidate) ?? arm('incumbent', incumbent) ?? outside;
    return problem === null ? null : unusable(key, problem);
  },
  count: stepCoverage,
  verdict: coverageVerdict,
};

const names: Readonly<Record<CoverageTest, string>> = {
  difference: 'the arms differ',
  candidate: 'too much is missing on the candidate',
  incumbent: 'too much is missing on the incumbent',
};

function coverageVerdict(plan: CoveragePlan, state: CoverageState): Verdict {
  const designs = coverageDesigns(plan);
  const tests = (['difference', 'candidate', 'incumbent'] as const).map((name) => ({
    name,
    logE: state.tests[name].logE,
    needs: designs[name].logCap,
    crossed: hasCrossed(designs[name], state.tests[name]),
  }));
  const wrong = tests.filter(({ crossed }) => crossed);
  const nearest = tests.reduce((best, test) => (test.logE / test.needs > best.logE / best.needs ? test : best));
  const due = Math.min(state.candidate.due, state.incumbent.due);
  const enough = due >= plan.leastDue;
  const lost = { candidate: lostShare(state, 'candidate'), incumbent: lostShare(state, 'incumbent') };
  const promote: Progress = { logE: Math.min(due, plan.leastDue), needs: plan.leastDue, counts: 'trials' };
  const numbers = numbersOf({
    ticks: state.ticks,
    candidate: { n: state.candidate.due, bad: state.candidate.due - state.candidate.got },
    incumbent: { n: state.incumbent.due, bad: state.incumbent.due - state.incumbent.got },
    estimate: { what: 'share missing on the candidate', value: lost.candidate, interval: [null, null] },
    harm: { logE: nearest.logE, needs: nearest.needs },
    promote,
    moreTrials: enough || wrong.length > 0 ? 0 : plan.leastDue - state.candidate.due,
  });
  const records = plan.kind === 'captureLoss' ? 'captured requests' : 'labels';
  const share = (arm: 'candidate' | 'incumbent') =>
    `${lost[arm] === null ? 'none due' : `${formatRate(lost[arm])} missing of ${formatCount(state.expected[arm])}`}`;
  const say = (text: string) =>
    `${plan.name}: ${records}: ${share('candidate')} on the candidate, ${share('incumbent')} on the incumbent; ${text}`;
  if (wrong.length > 0) {
    const why = wrong.map(
      ({ name, logE, needs }) => `${names[name]} with e = ${formatLogE(logE)} ≥ ${formatLogE(needs)}`
    );
    return { kind: 'inconclusive', reason: say(`${why.join(', ')}, so the comparison is held`), numbers, holds: true };
  }
  if (enough) return { kind: 'pass', reason: say('nothing speaks against the records'), numbers };
  const more = formatCount(plan.leastDue - due);
  return { kind: 'inconclusive', reason: say(`${more} more due on the arm that has fewest are needed`), numbers };
}

/** Share of what was to be recorded that was not; null before anything was. */
function lostShare(state: CoverageState, arm: 'candidate' | 'incumbent'): number | null {
  const expected = state.expected[arm];
  return expected > 0 ? Math.max(0, 1 - state[arm].got / expected) : null;
}

import { stepEProcess } from '../e-process';
import type { EProcessDesign } from '../e-process';
import { allAtStart } from '../onset';
import type { Coverage, CoverageEvidence, CoveragePlan, CoverageState } from './coverage';
import { twoSidedDesign } from './two-sided';

/** `difference`: the arms miss alike. `candidate`, `incumbent`: the arm misses no more than is tolerated. */
export type CoverageTest = 'difference' | 'candidate' | 'incumbent';

const LOG_STEPS = [0.1, 0.3, 0.7, 1.5, 3];

/** Alternatives of "more is missing than tolerated", as multiples of the tolerated odds. */
const MORE = [1.2, 1.5, 2, 4, 10, 40].map((multiple) => ({ multiple, prior: 1 / 6 }));

/** Half of the plan's alpha is for the difference, a quarter for each arm; all of it for the difference when nothing else is judged. */
export function coverageDesigns(plan: CoveragePlan): Readonly<Record<CoverageTest, EProcessDesign>> {
  const parts = plan.tolerated === null ? 1 : 2;
  const arm: EProcessDesign = {
    nullTheta: 1,
    alternatives: MORE,
    logCap: Math.log((2 * parts) / plan.alpha),
    boosted: true,
    onset: allAtStart,
  };
  return { difference: twoSidedDesign(plan.alpha / parts, LOG_STEPS), candidate: arm, incumbent: arm };
}

/** Counts one tick. A surplus of records over what is due is kept for the next tick: windows of two sources never match exactly. */
export function stepCoverage(plan: CoveragePlan, state: CoverageState, evidence: CoverageEvidence): CoverageState {
  const designs = coverageDesigns(plan);
  const candidate = settled(evidence.candidate, state.surplus.candidate);
  const incumbent = settled(evidence.incumbent, state.surplus.incumbent);
  const [own, other] = [candidate.due - candidate.got, incumbent.due - incumbent.got];
  const difference = {
    kind: 'hypergeometric',
    drawn: candidate.due,
    others: incumbent.due,
    events: own + other,
  } as const;
  const lossOf = (arm: 'candidate' | 'incumbent', { due, got }: Coverage) => {
    const test = state.tests[arm];
    if (plan.tolerated === null) return test;
    const missing = 1 - evidence.sampling * (1 - plan.tolerated);
    const family = { kind: 'binomial', trials: due, odds: missing / (1 - missing) } as const;
    return stepEProcess({ design: designs[arm], state: test, family, count: due - got });
  };
  const add = (sum: Coverage, more: Coverage): Coverage => ({ due: sum.due + more.due, got: sum.got + more.got });
  return {
    ...state,
    lastKey: evidence.key,
    ticks: state.ticks + 1,
    candidate: add(state.candidate, candidate),
    incumbent: add(state.incumbent, incumbent),
    surplus: { candidate: candidate.surplus, incumbent: incumbent.surplus },
    expected: {
      candidate: state.expected.candidate + candidate.due * evidence.sampling,
      incumbent: state.expected.incumbent + incumbent.due * evidence.sampling,
    },
    tests: {
      difference: stepEProcess({
        design: designs.difference,
        state: state.tests.difference,
        family: difference,
        count: own,
      }),
      candidate: lossOf('candidate', candidate),
      incumbent: lossOf('incumbent', incumbent),
    },
  };
}

function settled({ due, got }: Coverage, before: number): Coverage & { readonly surplus: number } {
  const all = got + before;
  return { due, got: Math.min(all, due), surplus: Math.max(0, all - due) };
}

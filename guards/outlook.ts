import { plainLogE } from './e-process';
import type { EProcessDesign } from './e-process';
import { logPmfFrom, mode, normaliser, support } from './hypergeometric';
import type { CountFamily } from './hypergeometric';
import { ratePrior } from './noise/noisy-rate';
import { moreOfTheSame } from './noise/score-test';
import { rateDesigns, rateFamilies } from './rate';
import type { EProcessState, RatePlan, RateState } from './types';

/** Expected growth of each alternative's log wealth over a stratum when theta is `truth`. */
export function expectedGrowth(family: CountFamily, truth: number, design: EProcessDesign): readonly number[] {
  const [low, high] = support(family);
  if (low >= high) return design.alternatives.map(() => 0);
  const at = mode(family, truth);
  const excess = normaliser(family, truth).mean - at;
  const logP = (theta: number) => logPmfFrom({ family, theta, window: normaliser(family, theta), u: at });
  const base = logP(design.nullTheta);
  return design.alternatives.map(
    ({ multiple }) => logP(design.nullTheta * multiple) - base + excess * Math.log(multiple)
  );
}

/**
 * Expected further candidate trials until some test decides, if the estimated odds ratio holds and traffic goes on as it
 * did: each bet's distance to its cap over its expected growth, the shortest. Null when at this estimate the evidence
 * moves towards no decision, or nothing was seen yet.
 */
export function moreTrials(plan: RatePlan, state: RateState): number | null {
  const trials = state.candidate.n;
  if (trials === 0) return null;
  const designs = rateDesigns(plan);
  const shortest = Math.min(
    until({ plan, state, test: 'harm', design: designs.harm }),
    until({ plan, state, test: 'promote', design: designs.promote }),
    designs.slo === null ? Infinity : until({ plan, state, test: 'slo', design: designs.slo })
  );
  return Number.isFinite(shortest) ? Math.ceil(shortest * trials) : null;
}

/** Strata like everything seen so far until one test decides; where arms may wobble, until each of its two e-values does. */
function until(p: {
  readonly plan: RatePlan;
  readonly state: RateState;
  readonly test: 'harm' | 'promote' | 'slo';
  readonly design: EProcessDesign;
}): number {
  const { plan, state, test, design } = p;
  const pair = state.noise?.[test];
  if (plan.noise === undefined || pair === undefined || pair === null) return strataUntil(p, state[test]);
  const byScatter = moreOfTheSame(pair.scored.test, ratePrior(plan.noise, plan.horizonTicks), design.logCap);
  return pair.exact === null ? byScatter : Math.max(byScatter, strataUntil(p, pair.exact));
}

/** The truth that a test will meet if the estimate holds, as it sees it. */
function truthFor(state: RateState, test: 'harm' | 'promote' | 'slo', family: CountFamily): number {
  if (test === 'harm') return steadyOddsRatio(state);
  if (test === 'promote') return 1 / steadyOddsRatio(state);
  const { n, bad } = state.candidate;
  // A rate of exactly zero has infinite odds; one in a million trials is as good.
  return family.kind === 'binomial' ? (n - bad) / Math.max(bad, 1e-6 * n) / family.odds : 1;
}

/** How many more strata like everything seen so far an exact test needs; infinite when no bet grows. */
function strataUntil(
  p: {
    readonly plan: RatePlan;
    readonly state: RateState;
    readonly test: 'harm' | 'promote' | 'slo';
    readonly design: EProcessDesign;
  },
  now: EProcessState | null
): number {
  const { design } = p;
  const family = rateFamilies(p.plan, p.state.candidate, p.state.incumbent)[p.test];
  if (now === null || family === null) return Infinity;
  const boost = now.logE - plainLogE(now);
  const growth = expectedGrowth(family, truthFor(p.state, p.test, family), design);
  const waits = growth.map((rate, j) => {
    const distance = design.logCap - (now.logBets[j] ?? 0) - boost;
    return rate > 1e-12 ? Math.max(0, distance) / rate : Infinity;
  });
  return Math.min(...waits);
}

/** Stratified estimate, or with half an event added to each cell when an arm has no event yet. */
function steadyOddsRatio(state: RateState): number {
  const { above, below } = state.mantelHaenszel;
  if (above > 0 && below > 0) return above / below;
  const { candidate, incumbent } = state;
  return (
    ((candidate.bad + 0.5) * (incumbent.n - incumbent.bad + 0.5)) /
    ((incumbent.bad + 0.5) * (candidate.n - candidate.bad + 0.5))
  );
}

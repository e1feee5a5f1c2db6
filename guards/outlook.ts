import { plainLogE } from './e-process';
import type { EProcessDesign } from './e-process';
import { logPmfFrom, mode, normaliser, support } from './hypergeometric';
import type { CountFamily } from './hypergeometric';
import { moreOfTheSame } from './noise/noisy-rate';
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
  if (state.noise !== undefined) {
    const { harm, promote, slo } = state.noise;
    const times = Math.min(
      moreOfTheSame(harm, designs.harm.logCap),
      moreOfTheSame(promote, designs.promote.logCap),
      slo === null || designs.slo === null ? Infinity : moreOfTheSame(slo, designs.slo.logCap)
    );
    return Number.isFinite(times) ? Math.ceil(times * trials) : null;
  }
  const families = rateFamilies(plan, state.candidate, state.incumbent);
  const odds = steadyOddsRatio(state);
  const strata = [
    strataUntil({ design: designs.harm, state: state.harm, family: families.harm, truth: odds }),
    strataUntil({ design: designs.promote, state: state.promote, family: families.promote, truth: 1 / odds }),
  ];
  if (designs.slo !== null && state.slo !== null && families.slo?.kind === 'binomial') {
    // A rate of exactly zero has infinite odds; one in a million trials is as good.
    const truth = (trials - state.candidate.bad) / Math.max(state.candidate.bad, 1e-6 * trials) / families.slo.odds;
    strata.push(strataUntil({ design: designs.slo, state: state.slo, family: families.slo, truth }));
  }
  const shortest = Math.min(...strata);
  return Number.isFinite(shortest) ? Math.ceil(shortest * trials) : null;
}

/** How many more strata like everything seen so far; infinite when no bet grows. */
function strataUntil(p: {
  readonly design: EProcessDesign;
  readonly state: EProcessState;
  readonly family: CountFamily;
  readonly truth: number;
}): number {
  const { design, state, family, truth } = p;
  const boost = state.logE - plainLogE(state);
  const growth = expectedGrowth(family, truth, design);
  const waits = growth.map((rate, j) => {
    const distance = design.logCap - (state.logBets[j] ?? 0) - boost;
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

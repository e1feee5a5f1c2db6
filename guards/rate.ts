import { aloneHarm, countAlone } from './alone';
import { addToCurve, flatCurve } from './curve';
import { hasCrossed, plainLogE, startEProcess, stepEProcess } from './e-process';
import type { EProcessDesign } from './e-process';
import type { CountFamily } from './hypergeometric';
import { allAtStart } from './onset';
import { countNoisy, startNoise } from './noise/noisy-rate';
import { addCounts } from './numbers';
import type { ArmCounts, EProcessState, RatePlan, RateState, TickEvidence } from './types';

/**
 * Mixtures over odds ratios, as multiples of the null bound. Harm is tuned for a small ratio to the sequential test that
 * knows both rates, at doublings above all (docs/statistics.md); its third column is for onsets after the start. Promotion
 * leans towards a candidate that equals the incumbent, at a margin of 1.5. The absolute route gets more weight far from its
 * bound, because a healthy model is usually well below its objective.
 */
const mixtures = {
  harm: mixture(
    [1.2, 0.005, 0.005],
    [1.5, 0.07, 0.01],
    [2, 0.55, 0.08],
    [3, 0.06, 0.3],
    [5, 0.175, 0.45],
    [10, 0.095, 0.1],
    [30, 0.025, 0.025],
    [100, 0.02, 0.03]
  ),
  promote: mixture([0.9, 0.05], [0.8, 0.15], [0.67, 0.47], [0.5, 0.2], [0.33, 0.07], [0.2, 0.04], [0.1, 0.02]),
  slo: mixture([0.8, 0.1], [0.67, 0.15], [0.5, 0.2], [0.33, 0.15], [0.2, 0.15], [0.1, 0.15], [0.01, 0.1]),
} as const;

function mixture(...rows: readonly (readonly [number, number, number?])[]) {
  return rows.map(([multiple, prior, latePrior = prior]) => ({ multiple, prior, latePrior }));
}

/** Part of the expected overshoot that is spent beforehand (guards/overshoot); more favours large effects over small ones. */
const ANTICIPATION = 0.6;

/** The non-inferiority test and the absolute one ask for small odds: their arms are swapped, so multiples are inverted. */
const inverted = (alternatives: typeof mixtures.promote) =>
  alternatives.map(({ multiple, prior }) => ({ multiple: 1 / multiple, prior }));

/** The sequential tests of a plan. `slo` is null when the plan has no absolute route. */
export interface RateDesigns {
  readonly harm: EProcessDesign;
  readonly promote: EProcessDesign;
  readonly slo: EProcessDesign | null;
}

/** Nulls: harm, odds ratio ≤ rollbackOddsRatio; promote, odds ratio ≥ promoteOddsRatio; slo, candidate's rate ≥ slo. */
export function rateDesigns(plan: RatePlan): RateDesigns {
  const alpha = plan.promoteAlpha / (plan.slo === null ? 1 : 2);
  const { rollbackOddsRatio: nullTheta, rollbackAlpha, horizonTicks } = plan;
  return {
    harm: harmDesign({ nullTheta, alpha: rollbackAlpha, horizonTicks }),
    promote: favourDesign({ nullTheta: 1 / plan.promoteOddsRatio, alpha, mixture: 'promote' }),
    slo: plan.slo === null ? null : favourDesign({ nullTheta: 1, alpha, mixture: 'slo' }),
  };
}

/** The test of "theta ≤ nullTheta", looking for harm from the start or later. */
export function harmDesign(p: {
  readonly nullTheta: number;
  readonly alpha: number;
  readonly horizonTicks: number;
}): EProcessDesign {
  return {
    nullTheta: p.nullTheta,
    alternatives: mixtures.harm,
    logCap: -Math.log(p.alpha),
    boosted: true,
    anticipation: ANTICIPATION,
    onset: {
      atStart: 0.89,
      everyTicks: 5,
      horizonTicks: p.horizonTicks,
      withinHorizon: 0.099,
      beyondHorizon: 0.011,
    },
  };
}

/** The test of "theta ≤ nullTheta" whose rejection speaks for the candidate: theta is that of the other arm's bad events. */
export function favourDesign(p: {
  readonly nullTheta: number;
  readonly alpha: number;
  readonly mixture: 'promote' | 'slo';
}): EProcessDesign {
  const { nullTheta, alpha } = p;
  const alternatives = inverted(mixtures[p.mixture]);
  return { nullTheta, alternatives, logCap: -Math.log(alpha), boosted: true, onset: allAtStart };
}

/** State before the first tick. */
export function startRate(plan: RatePlan): RateState {
  const designs = rateDesigns(plan);
  return {
    version: 1,
    lastKey: null,
    ticks: 0,
    candidate: { n: 0, bad: 0 },
    incumbent: { n: 0, bad: 0 },
    mantelHaenszel: { above: 0, below: 0 },
    harm: startEProcess(designs.harm),
    promote: startEProcess(designs.promote),
    slo: designs.slo === null ? null : startEProcess(designs.slo),
    curve: flatCurve,
    ...(plan.noise === undefined || plan.noise.mode === 'exact'
      ? {}
      : { noise: startNoise({ noise: plan.noise, horizonTicks: plan.horizonTicks }, designs) }),
  };
}

/** Totals of both arms seen from each test: the law of its count given what does not depend on the odds ratio. */
export interface RateFamilies {
  readonly harm: CountFamily;
  readonly promote: CountFamily;
  readonly slo: CountFamily | null;
}

/**
 * The laws of a stratum with these totals. Of shadow pairs only the discordant ones speak: which arm got such a pair wrong is a
 * coin toss if the arms are equal (McNemar's test, as an e-process).
 */
export function rateFamilies(plan: RatePlan, candidate: ArmCounts, incumbent: ArmCounts): RateFamilies {
  const events = candidate.bad + incumbent.bad;
  const slo: CountFamily | null =
    plan.slo === null ? null : { kind: 'binomial', trials: candidate.n, odds: (1 - plan.slo) / plan.slo };
  if (plan.kind === 'shadow') {
    const discordant = { kind: 'binomial', trials: events, odds: 1 } as const;
    return { harm: discordant, promote: discordant, slo };
  }
  return {
    harm: { kind: 'hypergeometric', drawn: candidate.n, others: incumbent.n, events },
    promote: { kind: 'hypergeometric', drawn: incumbent.n, others: candidate.n, events },
    slo,
  };
}

/** One stratum's part of the Mantel–Haenszel odds ratio; of pairs, the two kinds of discordant ones. */
function mantelHaenszel(plan: RatePlan, candidate: ArmCounts, incumbent: ArmCounts) {
  if (plan.kind === 'shadow') return { above: candidate.bad, below: incumbent.bad };
  const total = candidate.n + incumbent.n;
  return {
    above: total === 0 ? 0 : (candidate.bad * (incumbent.n - incumbent.bad)) / total,
    below: total === 0 ? 0 : (incumbent.bad * (candidate.n - candidate.bad)) / total,
  };
}

/** Counts one tick whose numbers are sane and whose key is new. */
export function countRate(plan: RatePlan, state: RateState, evidence: TickEvidence): RateState {
  const compared = countCompared(plan, state, evidence);
  if (evidence.isAlone !== true || evidence.incumbent.n > 0) return compared;
  const alone = countAlone(plan, state.alone, evidence.candidate);
  return alone === undefined ? compared : { ...compared, alone };
}

function countCompared(plan: RatePlan, state: RateState, evidence: TickEvidence): RateState {
  const { candidate, incumbent } = evidence;
  const designs = rateDesigns(plan);
  const families = rateFamilies(plan, candidate, incumbent);
  const { above, below } = mantelHaenszel(plan, candidate, incumbent);
  const counted = {
    version: 1,
    lastKey: evidence.key,
    ticks: state.ticks + 1,
    candidate: addCounts(state.candidate, candidate),
    incumbent: addCounts(state.incumbent, incumbent),
    mantelHaenszel: { above: state.mantelHaenszel.above + above, below: state.mantelHaenszel.below + below },
    ...(state.alone !== undefined && { alone: state.alone }),
  } as const;
  const { noise } = state;
  const exactSlo = () =>
    designs.slo === null || families.slo === null || state.slo === null
      ? null
      : stepEProcess({
          design: designs.slo,
          state: state.slo,
          family: families.slo,
          count: candidate.n - candidate.bad,
        });
  if (plan.noise !== undefined && noise !== undefined) {
    const tests = countNoisy({
      designs,
      families,
      before: noise,
      tick: state.ticks,
      bad: candidate.bad,
      incumbentBad: incumbent.bad,
      trials: candidate.n,
    });
    const exactCounts = plan.noise.mode === 'both';
    return {
      ...counted,
      ...tests,
      slo: tests.slo ?? exactSlo(),
      curve: exactCounts ? addToCurve(state.curve, families.harm, candidate.bad) : state.curve,
    };
  }
  return {
    ...counted,
    harm: stepEProcess({ design: designs.harm, state: state.harm, family: families.harm, count: candidate.bad }),
    promote: stepEProcess({
      design: designs.promote,
      state: state.promote,
      family: families.promote,
      count: incumbent.bad,
    }),
    slo: exactSlo(),
    curve: addToCurve(state.curve, families.harm, candidate.bad),
  };
}

/** One way to `pass`. */
export interface PassRoute {
  readonly route: 'comparison' | 'slo';
  readonly logE: number;
  readonly needs: number;
  /** Reached its cap, and the evidence since has not turned against it. */
  readonly stands: boolean;
}

/**
 * The route to `pass` that stands, or else the one nearest to its cap. A route that reached its cap is withdrawn while its
 * e-value without boosting is below 1: that only ever takes a pass away, so the false-promotion budget still holds.
 */
export function passRoute(plan: RatePlan, state: RateState): PassRoute {
  const designs = rateDesigns(plan);
  const comparison = routeOf('comparison', designs.promote, state.promote);
  if (designs.slo === null || state.slo === null) return comparison;
  const absolute = routeOf('slo', designs.slo, state.slo);
  if (comparison.stands !== absolute.stands) return comparison.stands ? comparison : absolute;
  return absolute.logE > comparison.logE ? absolute : comparison;
}

function routeOf(route: PassRoute['route'], design: EProcessDesign, state: EProcessState): PassRoute {
  const crossed = hasCrossed(design, state);
  const plain = plainLogE(state);
  const stands = crossed && plain >= 0;
  return { route, logE: crossed && !stands ? plain : state.logE, needs: design.logCap, stands };
}

/** Whether a harm test has rejected by this guard's own part of the budget: the comparison, or the limit for a candidate that serves alone. */
export function isHarmful(plan: RatePlan, state: RateState): boolean {
  return hasCrossed(rateDesigns(plan).harm, state.harm) || aloneHarm(plan, state.alone)?.isShown === true;
}

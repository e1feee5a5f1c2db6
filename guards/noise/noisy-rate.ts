import { AT_CAP, plainLogE, startEProcess, stepEProcess } from '../e-process';
import type { EProcessDesign } from '../e-process';
import type { CountFamily } from '../hypergeometric';
import type { RateDesigns, RateFamilies } from '../rate';
import type { EProcessState, NoiseMode } from '../types';
import { stratumScore } from './score';
import { addToTest, noisePrior, startScoreTest, testLogE } from './score-test';
import type { ScorePrior, ScoreTest } from './score-test';

/** A score test, and its log e-value, which stays at the cap once there. */
export interface Scored {
  readonly test: ScoreTest;
  readonly logE: number;
}

/** One test of a rate guard where arms may wobble. */
interface Pair {
  readonly scored: Scored;
  /** The exact e-process, where both must agree. */
  readonly exact: EProcessState | null;
}

/** What the tests that allow for noise remember; the e-values that decide stand where the exact mode has its own. */
export interface RateNoiseState {
  /** Bound that the harm test's scores are taken at. */
  readonly nullTheta: number;
  readonly harm: Pair;
  readonly promote: Pair;
  /**
   * Null when the plan has no absolute route, and where both tests must agree: that route compares with no other arm, so that it
   * stays exact.
   */
  readonly slo: Pair | null;
}

/** Log odds ratios are looked for within a deviation of 1. */
const TAU = 1;

export const ratePrior = (noise: NoiseMode, horizonTicks: number): ScorePrior =>
  noisePrior(noise, { tau: TAU, horizonTicks });

export function startNoise(
  { noise, horizonTicks }: { readonly noise: NoiseMode; readonly horizonTicks: number },
  designs: RateDesigns
): RateNoiseState {
  const test = startScoreTest(ratePrior(noise, horizonTicks));
  const pair = (design: EProcessDesign): Pair => ({
    scored: { test, logE: 0 },
    exact: noise.mode === 'both' ? startEProcess(design) : null,
  });
  return {
    nullTheta: designs.harm.nullTheta,
    harm: pair(designs.harm),
    promote: pair(designs.promote),
    slo: designs.slo === null || noise.mode === 'both' ? null : pair(designs.slo),
  };
}

/** The e-values that decide, null for a route that stays exact; and what is remembered besides. */
interface Tests {
  readonly harm: EProcessState;
  readonly promote: EProcessState;
  readonly slo: EProcessState | null;
  readonly noise: RateNoiseState;
}

/**
 * Counts one tick where arms may wobble: each test's score at its own bound, judged by scatter; in the mode `both` the exact
 * test, too, of whose two e-values the smaller decides. `bad` are the candidate's bad events, `trials` its trials.
 */
export function countNoisy(p: {
  readonly designs: RateDesigns;
  readonly families: RateFamilies;
  readonly before: RateNoiseState;
  readonly tick: number;
  readonly bad: number;
  readonly incumbentBad: number;
  readonly trials: number;
}): Tests {
  const { designs, families, before, tick } = p;
  const step = (
    design: EProcessDesign,
    pair: Pair,
    seen: { family: CountFamily; theta: number; count: number }
  ): Pair => ({
    scored: followScore(design.logCap, pair.scored.logE, addToTest(pair.scored.test, stratumScore(seen), tick)),
    exact: pair.exact === null ? null : stepEProcess({ design, state: pair.exact, ...seen }),
  });
  const harm = step(designs.harm, before.harm, { family: families.harm, theta: designs.harm.nullTheta, count: p.bad });
  const promote = step(designs.promote, before.promote, {
    family: families.promote,
    theta: designs.promote.nullTheta,
    count: p.incumbentBad,
  });
  const slo =
    designs.slo === null || families.slo === null || before.slo === null
      ? null
      : step(designs.slo, before.slo, { family: families.slo, theta: 1, count: p.trials - p.bad });
  const decisive = (pair: Pair) => decisiveOf(pair, tick + 1);
  return {
    harm: decisive(harm),
    promote: decisive(promote),
    slo: slo === null ? null : decisive(slo),
    noise: {
      nullTheta: before.nullTheta,
      harm,
      promote,
      slo,
    },
  };
}

/** The running e-value stays at the cap once there. */
export function followScore(logCap: number, before: number, test: ScoreTest): Scored {
  const crossed = before >= logCap - AT_CAP;
  return { test, logE: crossed ? before : Math.min(testLogE(test), logCap) };
}

/** In the words of an e-process: `logCash` is the e-value that keeps moving after the cap. */
function decisiveOf({ scored, exact }: Pair, ticks: number): EProcessState {
  const now = testLogE(scored.test);
  return exact === null
    ? { ticks, logE: scored.logE, logCash: now, logBets: [] }
    : { ticks, logE: Math.min(scored.logE, exact.logE), logCash: Math.min(now, plainLogE(exact)), logBets: [] };
}

import { AT_CAP } from '../e-process';
import type { EProcessDesign } from '../e-process';
import type { CountFamily } from '../hypergeometric';
import type { RateDesigns, RateFamilies } from '../rate';
import type { EProcessState } from '../types';
import { addDispersion, noDispersion, runningPhi } from './dispersion';
import type { RunningDispersion } from './dispersion';
import { addScore, noScore, scoreLogE, stratumScore } from './score';
import type { ScoreSum } from './score';

/** What the quasi-likelihood mode remembers besides the e-values. */
export interface RateNoiseState {
  readonly running: RunningDispersion;
  /** Sums at odds ratio 1, for the interval. */
  readonly centre: ScoreSum;
  readonly harm: ScoreSum;
  readonly promote: ScoreSum;
  /** Null when the plan has no absolute route. */
  readonly slo: ScoreSum | null;
}

export function startNoise(designs: Pick<RateDesigns, 'slo'>): RateNoiseState {
  const slo = designs.slo === null ? null : noScore;
  return { running: noDispersion, centre: noScore, harm: noScore, promote: noScore, slo };
}

/** The tests of a rate guard, with the state of each. */
interface Tests {
  readonly harm: EProcessState;
  readonly promote: EProcessState;
  readonly slo: EProcessState | null;
  readonly noise: RateNoiseState;
}

/**
 * Counts one tick in the quasi-likelihood mode: each test's score at its own bound, and its variance, divided by a φ that is
 * known before the tick. `bad` are the candidate's bad events, `trials` its trials.
 */
export function countNoisy(p: {
  readonly designs: RateDesigns;
  readonly families: RateFamilies;
  readonly before: Tests;
  readonly frozen: number;
  readonly tick: number;
  readonly bad: number;
  readonly incumbentBad: number;
  readonly trials: number;
}): Tests {
  const { designs, families, before, tick } = p;
  const phi = runningPhi(p.frozen, before.noise.running);
  const at = (family: CountFamily, theta: number, count: number) => stratumScore({ family, theta, count });
  const centre = at(families.harm, 1, p.bad);
  const harm = addScore(before.noise.harm, at(families.harm, designs.harm.nullTheta, p.bad), phi);
  const promote = addScore(before.noise.promote, at(families.promote, designs.promote.nullTheta, p.incumbentBad), phi);
  const slo =
    families.slo === null || before.noise.slo === null
      ? null
      : addScore(before.noise.slo, at(families.slo, 1, p.trials - p.bad), phi);
  return {
    harm: followScore(designs.harm, before.harm, harm),
    promote: followScore(designs.promote, before.promote, promote),
    slo: designs.slo === null || before.slo === null || slo === null ? null : followScore(designs.slo, before.slo, slo),
    noise: {
      running: addDispersion(before.noise.running, centre, tick),
      centre: addScore(before.noise.centre, centre, phi),
      harm,
      promote,
      slo,
    },
  };
}

/** The running e-value in the words of an e-process: `logCash` follows it, `logE` stays at the cap once there. */
export function followScore(design: EProcessDesign, before: EProcessState, sum: ScoreSum): EProcessState {
  const now = scoreLogE(sum);
  const crossed = before.logE >= design.logCap - AT_CAP;
  return {
    ticks: before.ticks + 1,
    logE: crossed ? before.logE : Math.min(now, design.logCap),
    logCash: now,
    logBets: [],
  };
}

/** How many more times all that was seen until a sum reaches the cap, if it goes on as it did; infinite when it does not. */
export function moreOfTheSame(sum: ScoreSum, logCap: number): number {
  const at = (times: number) => scoreLogE({ score: sum.score * times, information: sum.information * times });
  let high = 1;
  while (at(high) < logCap) {
    high *= 2;
    if (high > 1e6) return Infinity;
  }
  let low = high / 2;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (at(middle) < logCap) low = middle;
    else high = middle;
  }
  return Math.max(0, high - 1);
}

import { onsetMass } from '../onset';
import type { NoiseMode } from '../types';
import { ASSUMED_PHI } from './mode';
import { addScatter, addScore, noScore } from './score';
import type { Scatter, ScoreSum } from './score';
import { logStudentCdf } from './student';

/** What is known of the noise before the first tick, and how effects are looked for. Fixed with the plan. */
export interface ScorePrior {
  readonly ticks: Scatter;
  readonly blocks: Scatter;
  readonly blockTicks: number;
  /** Deviation of the half-normal mixture over effects, on the scale of the score's parameter, where φ is as it was. */
  readonly tau: number;
  /** Ticks over which late onsets are expected. */
  readonly horizonTicks: number;
}

/** Counts for as many ticks, and blocks, as an A/A phase would have given. */
const ASSUMED_COUNT = 20;
const ASSUMED_BLOCK_TICKS = 15;

/** What an overdispersion that is assumed, not measured, stands for. */
export function assumedPrior(p: {
  readonly phi: number;
  readonly tau: number;
  readonly horizonTicks: number;
  readonly count?: number;
}): ScorePrior {
  const { phi, tau, horizonTicks, count = ASSUMED_COUNT } = p;
  const scatter = { squares: phi * count, count };
  return { ticks: scatter, blocks: scatter, blockTicks: ASSUMED_BLOCK_TICKS, tau, horizonTicks };
}

/** The prior of a guard's tests: the A/A phase, or φ as if it had been measured a little. */
export function noisePrior(
  { phi, measured }: NoiseMode,
  p: { readonly tau: number; readonly horizonTicks: number }
): ScorePrior {
  return measured === undefined ? assumedPrior({ phi: Math.max(1, phi ?? ASSUMED_PHI), ...p }) : { ...measured, ...p };
}

/** A running test of "the effect is at most that of the scores". Plain JSON. */
export interface ScoreTest {
  readonly sum: ScoreSum;
  /** Scatter around the null, with the A/A phase's. */
  readonly ticks: Scatter;
  readonly blocks: Scatter;
  /** The block that is not complete, the one before it, and how many are complete. */
  readonly open: ScoreSum;
  readonly before: ScoreSum;
  readonly done: number;
  /** What bets on late onsets, each times its part, have won for good: by scatter of ticks and of blocks. */
  readonly won: { readonly ticks: number; readonly blocks: number };
  /** Blocks over which late onsets are expected. */
  readonly horizon: number;
  readonly blockTicks: number;
  /** Squared deviation of the mixture over effect/√φ. */
  readonly tau2: number;
}

/** A test of independent requests whose sums are these: as if φ = 1 were known. */
export function quietTest(sum: ScoreSum, tau: number): ScoreTest {
  return { ...startScoreTest(assumedPrior({ phi: 1, tau, horizonTicks: 1, count: 1e6 })), sum };
}

export function startScoreTest({ ticks, blocks, blockTicks, tau, horizonTicks }: ScorePrior): ScoreTest {
  const mean = ({ squares, count }: Scatter) => (count > 0 ? squares / count : 1);
  return {
    sum: noScore,
    ticks,
    blocks,
    open: noScore,
    before: noScore,
    done: 0,
    won: { ticks: 0, blocks: 0 },
    horizon: Math.ceil(horizonTicks / blockTicks),
    blockTicks,
    // Any constant will do; six digits keep states short.
    tau2: Number(((tau * tau) / Math.max(1, mean(ticks), mean(blocks))).toPrecision(6)),
  };
}

/** Counts one tick's score; `tick` is its number from 0. */
export function addToTest(test: ScoreTest, score: ScoreSum, tick: number): ScoreTest {
  const next = {
    ...test,
    sum: addScore(test.sum, score),
    ticks: addScatter(test.ticks, score),
    open: addScore(test.open, score),
  };
  if ((tick + 1) % test.blockTicks !== 0) return next;
  return {
    ...next,
    blocks: withOpen(next),
    open: noScore,
    before: next.open,
    done: test.done + 1,
    won: {
      ticks: test.won.ticks + lastOnset(next, next.ticks),
      blocks: test.won.blocks + lastOnset(next, withOpen(next)),
    },
  };
}

/** Part of the wealth that bets on late onsets. */
const LATE = 0.15;

/** Part of those bets that is placed on an onset with block number `block`, from 0. */
const onsetPart = (test: Pick<ScoreTest, 'horizon'>, block: number): number =>
  onsetMass(
    { atStart: 0, everyTicks: 1, horizonTicks: test.horizon + 1, withinHorizon: 0.9, beyondHorizon: 0.1 },
    block + 1
  );

const wealthOf = (sum: ScoreSum, scatter: Scatter, tau2: number): number =>
  Math.exp(Math.min(600, studentLogE(sum, scatter, tau2)));

/** Bets on an onset look at two blocks, that in which they are placed and the next: this one ends with the open block. */
const lastOnset = (test: ScoreTest, scatter: Scatter): number =>
  test.done === 0 ? 0 : onsetPart(test, test.done - 1) * wealthOf(addScore(test.before, test.open), scatter, test.tau2);

/**
 * Log e-value: the smaller of that from single ticks and that from blocks, so that it is one if noise lasts no longer than a
 * block. Each is the t-test's for an unknown φ (right Haar prior on its root, half-normal on effect over root φ: Pérez-Ortiz,
 * Lardy, de Heide and Grünwald 2024), most of it on an effect from the start, the rest on later onsets, so that a model that breaks
 * late is not averaged with its better days: exact at every look at whole blocks while scores of blocks are independent and normal
 * with variance φ times their information, in the A/A phase and now, whatever φ is.
 */
export function testLogE(test: ScoreTest): number {
  const { won } = test;
  return Math.min(
    withOnsets(test, { scatter: test.ticks, won: won.ticks }),
    withOnsets(test, { scatter: withOpen(test), won: won.blocks })
  );
}

function withOnsets(test: ScoreTest, { scatter, won }: { readonly scatter: Scatter; readonly won: number }): number {
  let placed = 0;
  for (let block = 0; block <= test.done; block++) placed += onsetPart(test, block);
  const newest = onsetPart(test, test.done) * wealthOf(test.open, scatter, test.tau2);
  const late = Math.log(LATE * (won + lastOnset(test, scatter) + newest + Math.max(0, 1 - placed)));
  const fromStart = Math.log(1 - LATE) + studentLogE(test.sum, scatter, test.tau2);
  return Math.max(fromStart, late) + Math.log1p(Math.exp(-Math.abs(fromStart - late)));
}

/** The open block counts as one of its own: its scatter is at most that of a whole one. */
const withOpen = ({ blocks, open }: Pick<ScoreTest, 'blocks' | 'open'>): Scatter => addScatter(blocks, open);

/** Log e-value of one effect in all of the scores. */
export function studentLogE({ score, information }: ScoreSum, { squares, count }: Scatter, tau2: number): number {
  if (!(information > 0) || count === 0) return 0;
  const d = 1 + tau2 * information;
  if (!(squares > 0)) return -0.5 * Math.log(d);
  const left = squares - (tau2 * score * score) / d;
  const t = score * Math.sqrt((tau2 / d) * (count / left));
  return (
    -0.5 * Math.log(d) + (count / 2) * Math.log(squares / left) + Math.max(-690, Math.LN2 + logStudentCdf(t, count))
  );
}

/**
 * Approximate anytime-valid interval of the effect at 1 − alpha, around scores taken at effect 0: what the two-sided test does
 * not reject. Null bounds are open.
 */
export function testInterval(test: ScoreTest, alpha: number): readonly [number | null, number | null] {
  const { sum, ticks, tau2 } = test;
  const { score, information } = sum;
  if (!(information > 0)) return [null, null];
  const reach = Math.max(...[ticks, withOpen(test)].map((scatter) => reachOf(sum, scatter, { tau2, alpha })));
  if (!Number.isFinite(reach)) return [null, null];
  return [score / information - reach, score / information + reach];
}

/** Farthest effect from score/information that is not rejected; the scatter around an effect θ is Q − 2θS + θ²W. */
function reachOf(
  { score, information }: ScoreSum,
  { squares, count }: Scatter,
  { tau2, alpha }: { readonly tau2: number; readonly alpha: number }
): number {
  const d = 1 + tau2 * information;
  const room = -d * Math.expm1((-2 / count) * (Math.log(1 / alpha) + 0.5 * Math.log(d)));
  const curvature = tau2 * information * information - room * information;
  const around = Math.max(0, squares - (score * score) / information);
  return curvature > 0 ? Math.sqrt((room * around) / curvature) : Infinity;
}

/** How many more times all that was seen until the test reaches `logCap`, if it goes on as it did; infinite when it does not. */
export function moreOfTheSame(test: ScoreTest, prior: Pick<ScorePrior, 'ticks' | 'blocks'>, logCap: number): number {
  const { tau2 } = test;
  const grown = (now: Scatter, before: Scatter, times: number): Scatter => ({
    squares: before.squares + (now.squares - before.squares) * times,
    count: before.count + (now.count - before.count) * times,
  });
  const at = (times: number) => {
    const sum = { score: test.sum.score * times, information: test.sum.information * times };
    const by = (now: Scatter, before: Scatter) => studentLogE(sum, grown(now, before, times), tau2);
    return Math.min(by(test.ticks, prior.ticks), by(withOpen(test), prior.blocks));
  };
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

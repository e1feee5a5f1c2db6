import { normaliser } from '../hypergeometric';
import type { CountFamily } from '../hypergeometric';
import { logNormalCdf } from './normal';

/** Score of a log odds ratio and its variance, summed over ticks; with overdispersion both are divided by φ. */
export interface ScoreSum {
  readonly score: number;
  readonly information: number;
}

export const noScore: ScoreSum = { score: 0, information: 0 };

/** How far events on the arm under test lie above what `theta` expects, and the variance of that, given the tick's totals. */
export function stratumScore(p: {
  readonly family: CountFamily;
  readonly theta: number;
  readonly count: number;
}): ScoreSum {
  const { family, theta, count } = p;
  if (family.kind === 'binomial') {
    const rate = (family.odds * theta) / (1 + family.odds * theta);
    return { score: count - family.trials * rate, information: family.trials * rate * (1 - rate) };
  }
  const { drawn, others, events } = family;
  const total = drawn + others;
  if (total < 2 || drawn === 0 || others === 0 || events === 0 || events === total) return noScore;
  const mean = theta === 1 ? (events * drawn) / total : normaliser(family, theta).mean;
  // Cornfield's form of the variance; at theta = 1 it is the exact one.
  const cells = 1 / mean + 1 / (drawn - mean) + 1 / (events - mean) + 1 / (others - events + mean);
  return { score: count - mean, information: Number.isFinite(cells) ? total / (total - 1) / cells : 0 };
}

export function addScore(sum: ScoreSum, more: ScoreSum, phi = 1): ScoreSum {
  return { score: sum.score + more.score / phi, information: sum.information + more.information / phi };
}

/** Deviation of the normal prior over the log odds ratio. */
const TAU = 1;

/**
 * Log e-value of "the log odds ratio is at most that of the sums", by a half-normal mixture of deviation 1. An e-process as
 * far as the score is normal with the stated variance: approximate (statistics note; Robbins' normal mixture).
 */
export function scoreLogE({ score, information }: ScoreSum): number {
  const d = 1 + TAU * TAU * information;
  const z = (TAU * score) / Math.sqrt(d);
  return -0.5 * Math.log(d) + (z * z) / 2 + Math.max(-690, Math.LN2 + logNormalCdf(z));
}

/** Approximate anytime-valid interval of exp(log odds ratio) at 1 − alpha, around sums taken at odds ratio 1. */
export function scoreInterval(
  { score, information }: ScoreSum,
  alpha: number
): readonly [number | null, number | null] {
  if (!(information > 0)) return [null, null];
  const d = 1 + TAU * TAU * information;
  const reach = Math.sqrt((d / (TAU * TAU)) * (2 * Math.log(1 / alpha) + Math.log(d)));
  const bound = (x: number) => (Math.abs(x / information) > 3 ? null : Math.exp(x / information));
  return [bound(score - reach), bound(score + reach)];
}

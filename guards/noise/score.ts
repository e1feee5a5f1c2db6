import { normaliser } from '../hypergeometric';
import type { CountFamily } from '../hypergeometric';

/** Score of a log odds ratio, and its variance if requests were independent draws; summed over ticks. */
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

export const addScore = (sum: ScoreSum, more: ScoreSum): ScoreSum => ({
  score: sum.score + more.score,
  information: sum.information + more.information,
});

/** Sum of squared scores over their variances, and how many there were: their mean estimates the overdispersion φ. */
export interface Scatter {
  readonly squares: number;
  readonly count: number;
}

export const noScatter: Scatter = { squares: 0, count: 0 };

export function addScatter(scatter: Scatter, { score, information }: ScoreSum): Scatter {
  if (!(information > 0)) return scatter;
  return { squares: scatter.squares + (score * score) / information, count: scatter.count + 1 };
}

/** Deviation of the normal mixture behind `scoreInterval`. */
const TAU = 1;

/**
 * Approximate anytime-valid interval of exp(log odds ratio) at 1 − alpha, around sums taken at odds ratio 1, for independent
 * requests (Robbins' normal mixture).
 */
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

import { deviationAt, logPmfFrom, mode, NEGLIGIBLE, normaliser, pmfWindow, support } from './hypergeometric';
import type { CountFamily, PmfWindow } from './hypergeometric';

/** Everything about one tick that depends on its totals but not on which count was seen. */
export interface TickModel {
  readonly underNull: PmfWindow;
  readonly underAlternatives: readonly PmfWindow[];
  /** log of P_theta/P_null at the null's mode, for every alternative, and how much one more count adds. */
  readonly logRatiosAtMode: readonly number[];
  readonly logMultiples: readonly number[];
  /** Variance of the count under the null. */
  readonly variance: number;
  /** False when the totals leave only one possible count, so that the tick says nothing. */
  readonly informative: boolean;
}

/**
 * Laws of the count under the null bound and under `multiples` of it. `logCap` is the largest log cap that `boostFactor`
 * will be asked for: the null's upper tail is kept as far as it matters there; null where it will not be asked, because only the likelihood
 * ratios matter, whose cost does not grow with the counts.
 */
export function tickModel(p: {
  readonly family: CountFamily;
  readonly nullTheta: number;
  readonly multiples: readonly number[];
  readonly logCap: number | null;
}): TickModel {
  const { family, nullTheta, multiples, logCap } = p;
  const [low, high] = support(family);
  const underNull =
    logCap === null
      ? onItsMode(family, nullTheta)
      : pmfWindow({ family, theta: nullTheta, upperTail: NEGLIGIBLE * Math.exp(-Math.max(0, logCap)) });
  const top = underNull.from + underNull.weights.length - 1;
  const underAlternatives = multiples.map((multiple) => {
    const theta = nullTheta * multiple;
    return logCap === null ? onItsMode(family, theta) : alternativeWindow({ family, theta, top });
  });
  const u = underNull.mode;
  return {
    underNull,
    underAlternatives,
    logRatiosAtMode: multiples.map((multiple, j) => {
      const window = underAlternatives[j] ?? underNull;
      return logPmfFrom({ family, theta: nullTheta * multiple, window, u }) + Math.log(underNull.sum);
    }),
    logMultiples: multiples.map(Math.log),
    variance: varianceOf(underNull),
    informative: low < high,
  };
}

/**
 * The law under an alternative, which lies above the null's. Where the two do not overlap only its mass matters: it is
 * then put on the mode. (Twelve deviations and forty counts are beyond 1e-30 by Bernstein's inequality.)
 */
function alternativeWindow(p: {
  readonly family: CountFamily;
  readonly theta: number;
  readonly top: number;
}): PmfWindow {
  const { family, theta, top } = p;
  const peak = mode(family, theta);
  if (peak - 12 * deviationAt(family, peak) - 40 <= top) return pmfWindow({ family, theta });
  return onItsMode(family, theta);
}

/** A law of which only the sum of its weights is wanted. */
function onItsMode(family: CountFamily, theta: number): PmfWindow {
  const { mode: peak, sum } = normaliser(family, theta);
  return { from: peak, mode: peak, weights: [sum], sum };
}

/** log of P_theta(u) / P_null(u) for every alternative: a straight line in u. */
export function logLikelihoodRatios(model: TickModel, u: number): readonly number[] {
  const distance = u - model.underNull.mode;
  return model.logRatiosAtMode.map((ratio, j) => ratio + distance * (model.logMultiples[j] ?? 0));
}

function varianceOf({ from, mode: peak, weights, sum }: PmfWindow): number {
  let [first, second] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    const distance = from + i - peak;
    const mass = (weights[i] ?? 0) / sum;
    first += mass * distance;
    second += mass * distance * distance;
  }
  return second - first * first;
}

/** How a boosted test bets on one tick: it wins the cap from `jumpFrom` on, and `factor` times the plain bet below. */
export interface Boost {
  readonly factor: number;
  readonly jumpFrom: number;
}

/**
 * Sequential boosting (Fischer & Ramdas, "Improving the (approximate) sequential probability ratio test by avoiding
 * overshoot", 2024): what a bet would win beyond the cap is worth nothing to a test that stops there, so it is taken back
 * and spread over the other outcomes, with the factor that makes the mean under the null exactly 1.
 *
 * `shares[j]` is the predictive weight of alternative j and `cashShare` that of the null. `reach[j]` ≥ 1 lets outcomes jump
 * to the cap already when the bets on j, times `reach[j]`, are there (guards/overshoot): the factor pays for it and may then
 * be below 1. With all of `reach` at 1 this is the published rule. The payoff grows with the count whatever `reach` is, and
 * its mean is 1, which is all that validity needs; one pass from the top finds the outcomes that jump.
 */
export function boostFactor(p: {
  readonly model: TickModel;
  readonly cashShare: number;
  readonly shares: readonly number[];
  readonly reach: readonly number[] | null;
  readonly logCap: number;
}): Boost {
  const { model, cashShare, shares, reach, logCap } = p;
  // Beyond this cap the truncated outcomes have a null probability that a double cannot hold; g = 1 is always valid.
  if (logCap > 600) return { factor: 1, jumpFrom: Infinity };
  const cap = Math.exp(logCap);
  const { from, weights, sum } = model.underNull;
  const negligible = (NEGLIGIBLE * sum) / Math.max(1, cap);
  let top = weights.length - 1;
  while (top > 0 && (weights[top] ?? 0) < negligible) top -= 1;

  const bets = betsWithin(model, { shares, reach, low: from, high: from + top });
  const least = reach === null ? 1 : 0;
  let nullTail = 0;
  let betTail = massAbove(model, shares, from + top);
  let factor = Math.max(1, 1 / (1 - betTail));
  let jumpFrom = from + top + 1;
  for (let i = top; i >= 0; i--) {
    const null_ = (weights[i] ?? 0) / sum;
    let bet = cashShare * null_;
    let far = bet;
    for (const { window, share, reaching } of bets) {
      const weight = window.weights[from + i - window.from] ?? 0;
      bet += share * weight;
      far += reaching * weight;
    }
    if (factor * far <= cap * null_) break;
    if (cap * (nullTail + null_) >= 1 || betTail + bet >= 1) break;
    nullTail += null_;
    betTail += bet;
    factor = Math.max(least, (1 - cap * nullTail) / (1 - betTail));
    jumpFrom = from + i;
  }
  return { factor, jumpFrom };
}

/** Bets on alternatives whose laws reach into these counts, each share over the sum of its law's weights. */
function betsWithin(
  model: TickModel,
  p: {
    readonly shares: readonly number[];
    readonly reach: readonly number[] | null;
    readonly low: number;
    readonly high: number;
  }
) {
  return model.underAlternatives.flatMap((window, j) => {
    if (window.from > p.high || window.from + window.weights.length <= p.low) return [];
    const share = (p.shares[j] ?? 0) / window.sum;
    return [{ window, share, reaching: share * (p.reach?.[j] ?? 1) }];
  });
}

function massAbove(model: TickModel, shares: readonly number[], u: number): number {
  let mass = 0;
  model.underAlternatives.forEach((window, j) => {
    let tail = 0;
    for (let i = Math.max(0, u + 1 - window.from); i < window.weights.length; i++) tail += window.weights[i] ?? 0;
    mass += ((shares[j] ?? 0) * tail) / window.sum;
  });
  return Math.min(mass, 1 - 1e-12);
}

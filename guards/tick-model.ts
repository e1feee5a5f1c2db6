import { deviationAt, logPmfFrom, mode, NEGLIGIBLE, normaliser, pmfWindow, support } from './hypergeometric';
import type { CountFamily, PmfWindow } from './hypergeometric';

/** Everything about one tick that depends on its totals but not on which count was seen. */
export interface TickModel {
  readonly underNull: PmfWindow;
  readonly underAlternatives: readonly PmfWindow[];
  /** log of P_theta/P_null at the null's mode, for every alternative, and how much one more count adds. */
  readonly logRatiosAtMode: readonly number[];
  readonly logMultiples: readonly number[];
  /** False when the totals leave only one possible count, so that the tick says nothing. */
  readonly informative: boolean;
}

/**
 * Laws of the count under the null bound and under `multiples` of it. `logCap` is the largest log cap that `boostFactor`
 * will be asked for: the null's upper tail is kept as far as it matters there.
 */
export function tickModel(p: {
  readonly family: CountFamily;
  readonly nullTheta: number;
  readonly multiples: readonly number[];
  readonly logCap: number;
}): TickModel {
  const { family, nullTheta, multiples } = p;
  const [low, high] = support(family);
  const underNull = pmfWindow({ family, theta: nullTheta, upperTail: NEGLIGIBLE * Math.exp(-Math.max(0, p.logCap)) });
  const top = underNull.from + underNull.weights.length - 1;
  const underAlternatives = multiples.map((multiple) =>
    alternativeWindow({ family, theta: nullTheta * multiple, top })
  );
  const u = underNull.mode;
  return {
    underNull,
    underAlternatives,
    logRatiosAtMode: multiples.map((multiple, j) => {
      const window = underAlternatives[j] ?? underNull;
      return logPmfFrom({ family, theta: nullTheta * multiple, window, u }) + Math.log(underNull.sum);
    }),
    logMultiples: multiples.map(Math.log),
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
  const { sum } = normaliser(family, theta);
  return { from: peak, mode: peak, weights: [sum], sum };
}

/** log of P_theta(u) / P_null(u) for every alternative: a straight line in u. */
export function logLikelihoodRatios(model: TickModel, u: number): readonly number[] {
  const distance = u - model.underNull.mode;
  return model.logRatiosAtMode.map((ratio, j) => ratio + distance * (model.logMultiples[j] ?? 0));
}

/**
 * The factor g ≥ 1 of sequential boosting (Fischer & Ramdas, "Improving the (approximate) sequential probability ratio
 * test by avoiding overshoot", 2024): the largest with E₀ min(g Q/P₀, cap) = 1. What a bet would win beyond the cap is
 * worth nothing to a test that stops there, so it is taken back and spread over the other outcomes.
 *
 * `shares[j]` is the predictive weight of alternative j and `cashShare` that of the null; Q/P₀ grows with the count, so
 * one pass from the top finds the truncated tail.
 */
export function boostFactor(p: {
  readonly model: TickModel;
  readonly cashShare: number;
  readonly shares: readonly number[];
  readonly logCap: number;
}): number {
  const { model, cashShare, shares, logCap } = p;
  // Beyond this cap the truncated outcomes have a null probability that a double cannot hold; g = 1 is always valid.
  if (logCap > 600) return 1;
  const cap = Math.exp(logCap);
  const { from, weights, sum } = model.underNull;
  const negligible = (NEGLIGIBLE * sum) / Math.max(1, cap);
  let top = weights.length - 1;
  while (top > 0 && (weights[top] ?? 0) < negligible) top -= 1;

  let nullTail = 0;
  let betTail = massAbove(model, shares, from + top);
  let factor = Math.max(1, 1 / (1 - betTail));
  for (let i = top; i >= 0; i--) {
    const null_ = (weights[i] ?? 0) / sum;
    const bet = cashShare * null_ + betAt(model, shares, from + i);
    if (factor * bet <= cap * null_) break;
    if (cap * (nullTail + null_) >= 1 || betTail + bet >= 1) break;
    nullTail += null_;
    betTail += bet;
    factor = Math.max(1, (1 - cap * nullTail) / (1 - betTail));
  }
  return factor;
}

function betAt(model: TickModel, shares: readonly number[], u: number): number {
  let bet = 0;
  for (let j = 0; j < shares.length; j++) {
    const window = model.underAlternatives[j];
    const weight = window?.weights[u - window.from];
    if (window !== undefined && weight !== undefined) bet += ((shares[j] ?? 0) * weight) / window.sum;
  }
  return bet;
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

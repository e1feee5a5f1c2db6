import { logPmfFrom, pmfWindow, support } from './hypergeometric';
import type { CountFamily, PmfWindow } from './hypergeometric';

/** Everything about one tick that depends on its totals but not on which count was seen. */
export interface TickModel {
  readonly family: CountFamily;
  readonly nullTheta: number;
  readonly thetas: readonly number[];
  readonly underNull: PmfWindow;
  readonly underAlternatives: readonly PmfWindow[];
  /** False when the totals leave only one possible count, so that the tick says nothing. */
  readonly informative: boolean;
}

/** Laws of the count under the null bound and under `multiples` of it. */
export function tickModel(p: {
  readonly family: CountFamily;
  readonly nullTheta: number;
  readonly multiples: readonly number[];
}): TickModel {
  const { family, nullTheta } = p;
  const [low, high] = support(family);
  const thetas = p.multiples.map((multiple) => nullTheta * multiple);
  return {
    family,
    nullTheta,
    thetas,
    underNull: pmfWindow({ family, theta: nullTheta, upperTail: 1e-290 }),
    underAlternatives: thetas.map((theta) => pmfWindow({ family, theta })),
    informative: low < high,
  };
}

/** log of P_theta(u) / P_null(u) for every alternative. */
export function logLikelihoodRatios(model: TickModel, u: number): readonly number[] {
  const { family, nullTheta, underNull } = model;
  const base = logPmfFrom({ family, theta: nullTheta, window: underNull, u });
  return model.thetas.map((theta, j) => {
    const window = model.underAlternatives[j] ?? underNull;
    return logPmfFrom({ family, theta, window, u }) - base;
  });
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
  const negligible = (1e-18 * sum) / Math.max(1, cap);
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

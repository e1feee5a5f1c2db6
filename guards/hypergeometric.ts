import { logWeightRatio } from './log-weights';

/**
 * Law of the number of events that fall on the arm under test in one tick, given the tick's totals. `theta` tilts it:
 * P(u) ∝ P₁(u) · theta^u.
 * - `hypergeometric`: Fisher's noncentral hypergeometric. `events` bad events fell on `drawn` trials of the arm under
 *   test and `others` trials of the other arm; theta is the odds ratio.
 * - `binomial`: `trials` trials with success odds `odds` at theta = 1; theta multiplies the odds.
 */
export type CountFamily =
  | { readonly kind: 'hypergeometric'; readonly drawn: number; readonly others: number; readonly events: number }
  | { readonly kind: 'binomial'; readonly trials: number; readonly odds: number };

/** Part of a probability mass function that matters: P(from + i) = weights[i] / sum; `mode` has weight 1. */
export interface PmfWindow {
  readonly from: number;
  readonly mode: number;
  readonly weights: readonly number[];
  readonly sum: number;
}

/** Smallest and largest possible count. */
export function support(family: CountFamily): readonly [number, number] {
  if (family.kind === 'binomial') return [0, family.trials];
  return [Math.max(0, family.events - family.others), Math.min(family.events, family.drawn)];
}

/** P(u + 1) / P(u). */
export function ratioUp(family: CountFamily, theta: number, u: number): number {
  if (family.kind === 'binomial') return ((family.trials - u) / (u + 1)) * family.odds * theta;
  return (((family.drawn - u) * (family.events - u)) / ((u + 1) * (family.others - family.events + u + 1))) * theta;
}

/** A most probable count. The quadratic is solved in the form whose terms do not cancel. */
export function mode(family: CountFamily, theta: number): number {
  const [low, high] = support(family);
  return Math.min(Math.max(Math.floor(modeRoot(family, theta)), low), high);
}

function modeRoot(family: CountFamily, theta: number): number {
  if (family.kind === 'binomial') {
    const odds = family.odds * theta;
    return (family.trials + 1) * (odds / (1 + odds));
  }
  const { drawn, others, events } = family;
  if (Math.abs(theta - 1) < 1e-12) return ((events + 1) * (drawn + 1)) / (drawn + others + 2);
  const b = (drawn + events + 2) * theta + others - events;
  const c = (drawn + 1) * (events + 1) * theta;
  return (2 * c) / (b + Math.sqrt(Math.max(0, b * b - 4 * (theta - 1) * c)));
}

/** Cells under this share of the sum are left out. */
export const NEGLIGIBLE = 1e-18;

/**
 * Probabilities by ratio recursion from the mode: only + × ÷, so no large terms cancel. Cells under 1e-18 of the sum are
 * left out; `upperTail` asks for a longer upper side (a smaller bound, at least 1e-290).
 */
export function pmfWindow(p: {
  readonly family: CountFamily;
  readonly theta: number;
  readonly upperTail?: number;
}): PmfWindow {
  const { family, theta } = p;
  const [low, high] = support(family);
  const peak = mode(family, theta);
  const weights: number[] = [];
  let sum = 1;
  for (let u = peak, weight = 1; u > low; u--) {
    weight /= ratioUp(family, theta, u - 1);
    if (weight < NEGLIGIBLE * sum) break;
    weights.push(weight);
    sum += weight;
  }
  const from = peak - weights.length;
  weights.reverse();
  weights.push(1);
  const tail = Math.min(NEGLIGIBLE, Math.max(p.upperTail ?? NEGLIGIBLE, 1e-290));
  for (let u = peak, weight = 1; u < high; u++) {
    weight *= ratioUp(family, theta, u);
    if (weight < tail * sum) break;
    weights.push(weight);
    sum += weight;
  }
  return { from, mode: peak, weights, sum };
}

/** log P(u) of a count inside the support, from a window of the same law; exact to 1e-13 also far outside the window. */
export function logPmfFrom(p: {
  readonly family: CountFamily;
  readonly theta: number;
  readonly window: { readonly mode: number; readonly sum: number };
  readonly u: number;
}): number {
  const { family, theta, window, u } = p;
  return logWeightFromMode({ family, theta, mode: window.mode, u }) - Math.log(window.sum);
}

function logWeightFromMode(p: {
  readonly family: CountFamily;
  readonly theta: number;
  readonly mode: number;
  readonly u: number;
}): number {
  const { family, theta, mode: peak, u } = p;
  if (Math.abs(u - peak) <= 32) {
    let weight = 1;
    let logs = 0;
    for (let v = Math.min(u, peak); v < Math.max(u, peak); v++) {
      weight *= ratioUp(family, theta, v);
      if (weight < 1e-200 || weight > 1e200) {
        logs += Math.log(weight);
        weight = 1;
      }
    }
    return (u > peak ? 1 : -1) * (logs + Math.log(weight));
  }
  const [low, high] = support(family);
  const r = Math.min(Math.max(peak, low + 1), high - 1);
  return logWeightRatio({ family, theta, u, r }) - logWeightRatio({ family, theta, u: peak, r });
}

/** log P(u); `u` must lie inside the support. */
export function logPmf(family: CountFamily, theta: number, u: number): number {
  return logPmfFrom({ family, theta, window: normaliser(family, theta), u });
}

/** The law's normaliser relative to the mode, and its mean. */
export interface Normaliser {
  readonly mode: number;
  readonly sum: number;
  readonly mean: number;
}

/** Standard deviation from which summing every few cells is cheaper than the recursion. */
const WIDE = 48;

/**
 * Normaliser and mean at a cost that does not grow with the counts. A wide law is summed at every (σ/1.5)-th cell: the
 * law is a sum of independent Bernoulli variables, so by Poisson's summation formula the error is below
 * 2 exp(−2π²σ²/h²) < 1e-18 of the sum at a stride of h = σ/1.5.
 */
export function normaliser(family: CountFamily, theta: number): Normaliser {
  const peak = mode(family, theta);
  const deviation = deviationAt(family, peak);
  return deviation >= WIDE
    ? stridedNormaliser({ family, theta, peak, stride: Math.floor(deviation / 1.5) })
    : summedNormaliser({ family, theta, peak });
}

interface Peaked {
  readonly family: CountFamily;
  readonly theta: number;
  readonly peak: number;
}

function summedNormaliser({ family, theta, peak }: Peaked): Normaliser {
  const [low, high] = support(family);
  let sum = 1;
  let moment = 0;
  for (let u = peak, weight = 1; u > low && weight >= NEGLIGIBLE * sum; u--) {
    weight /= ratioUp(family, theta, u - 1);
    sum += weight;
    moment += weight * (u - 1 - peak);
  }
  for (let u = peak, weight = 1; u < high && weight >= NEGLIGIBLE * sum; u++) {
    weight *= ratioUp(family, theta, u);
    sum += weight;
    moment += weight * (u + 1 - peak);
  }
  return { mode: peak, sum, mean: peak + moment / sum };
}

function stridedNormaliser({ family, theta, peak, stride }: Peaked & { readonly stride: number }): Normaliser {
  const [low, high] = support(family);
  let sum = 1;
  let moment = 0;
  for (const direction of [-stride, stride]) {
    for (let u = peak + direction; u >= low && u <= high; u += direction) {
      const weight = Math.exp(logWeightRatio({ family, theta, u, r: peak }));
      sum += weight;
      moment += weight * (u - peak);
      if (weight < NEGLIGIBLE * sum) break;
    }
  }
  return { mode: peak, sum: sum * stride, mean: peak + moment / sum };
}

/** Standard deviation of the law whose mode is `u`, by the harmonic mean of its cells. */
export function deviationAt(family: CountFamily, u: number): number {
  if (family.kind === 'binomial') return Math.sqrt((u * (family.trials - u)) / family.trials);
  const { drawn, others, events } = family;
  return 1 / Math.sqrt(1 / u + 1 / (drawn - u) + 1 / (events - u) + 1 / (others - events + u));
}

import { panelRule, POINTS } from './gauss-legendre';

/** Beta posterior of an arm's mean reward; both shapes are positive, not necessarily whole. */
export interface Beta {
  readonly alpha: number;
  readonly beta: number;
}

/**
 * P(arm's mean is the largest) for independent Beta posteriors: ∫ f_a Π F_b by panels of Gauss–Legendre points on the
 * log-odds scale, where a Beta density is smooth and has light tails. No random numbers, so a replay gives the same
 * weights; off by less than 1e-11 (test/guards/bandits-quadrature.test.ts). The probabilities sum to 1.
 */
export function bestArmProbabilities(posteriors: readonly Beta[]): readonly number[] {
  if (posteriors.length === 1) return [1];
  const arms = posteriors.map(logOddsDensity);
  const edges = edgesOf(arms);
  const integrals = arms.map(() => 0);
  const reached = arms.map(() => 0);
  const density = arms.map(() => new Float64Array(POINTS));
  const below = arms.map(() => new Float64Array(POINTS));
  for (let cell = 0; cell + 1 < edges.length; cell++) {
    const left = edges[cell] ?? 0;
    const half = ((edges[cell + 1] ?? 0) - left) / 2;
    arms.forEach((arm, a) => {
      const mass = fillPanel({ arm, left, half, start: reached[a] ?? 0, into: density[a], below: below[a] });
      reached[a] = (reached[a] ?? 0) + mass;
    });
    for (let i = 0; i < POINTS; i++) {
      const weight = (panelRule.weights[i] ?? 0) * half;
      for (let a = 0; a < arms.length; a++) {
        let product = weight * (density[a]?.[i] ?? 0);
        for (let b = 0; b < arms.length && product > 0; b++) if (b !== a) product *= below[b]?.[i] ?? 0;
        integrals[a] = (integrals[a] ?? 0) + product;
      }
    }
  }
  // Each density was scaled to 1 at its mode, so every term carries the same product of all normalisers.
  const sum = integrals.reduce((total, value) => total + value, 0);
  return integrals.map((value) => value / sum);
}

/** A Beta law on the log-odds scale. */
interface LogOddsDensity {
  readonly beta: Beta;
  readonly mode: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** Below the mode's density by e^−42 the law adds nothing that a double could hold. */
const DEPTH = 42;

function logOddsDensity(beta: Beta): LogOddsDensity {
  const size = beta.alpha + beta.beta;
  const base = { beta, mode: Math.log(beta.alpha / beta.beta), rate: beta.alpha / size };
  const deviation = Math.sqrt(1 / beta.alpha + 1 / beta.beta);
  return {
    ...base,
    low: base.mode - reach(base, -deviation),
    high: base.mode + reach(base, deviation),
    // The density's nearest poles lie π above the line: panels of 1.5 keep the interpolation at 1e-13.
    step: 1.5 * Math.min(deviation, 1),
  };
}

/** Distance from the mode at which the density has fallen by DEPTH. */
function reach(arm: Pick<LogOddsDensity, 'beta' | 'rate'>, direction: number): number {
  let distance = direction;
  while (logDensity(arm, distance) > -DEPTH) distance *= 1.25;
  return Math.abs(distance);
}

/** log of density over density at the mode, `distance` from it, in the form whose large terms do not cancel. */
function logDensity({ beta, rate }: Pick<LogOddsDensity, 'beta' | 'rate'>, distance: number): number {
  // log(1 + r(e^d − 1)) overflows for a large d: there it is d + log(r + (1 − r)e^−d).
  const logSum =
    distance > 1
      ? distance + Math.log(rate + (1 - rate) * Math.exp(-distance))
      : Math.log1p(rate * Math.expm1(distance));
  return beta.alpha * distance - (beta.alpha + beta.beta) * logSum;
}

function fillPanel(p: {
  readonly arm: LogOddsDensity;
  readonly left: number;
  readonly half: number;
  readonly start: number;
  readonly into: Float64Array | undefined;
  readonly below: Float64Array | undefined;
}): number {
  const { arm, left, half, start, into, below } = p;
  if (into === undefined || below === undefined) return 0;
  if (left >= arm.high || left + 2 * half <= arm.low) {
    into.fill(0);
    below.fill(start);
    return 0;
  }
  let mass = 0;
  for (let i = 0; i < POINTS; i++) {
    const node = left + half * (1 + (panelRule.nodes[i] ?? 0));
    const value = Math.exp(logDensity(arm, node - arm.mode));
    into[i] = value;
    mass += (panelRule.weights[i] ?? 0) * value;
  }
  for (let i = 0; i < POINTS; i++) {
    const row = panelRule.upTo[i];
    let sum = 0;
    for (let j = 0; j < POINTS; j++) sum += (row?.[j] ?? 0) * (into[j] ?? 0);
    below[i] = start + half * sum;
  }
  return half * mass;
}

/** Panel borders: every arm's own steps over its own range, so that each panel is narrow for the narrowest law in it. */
function edgesOf(arms: readonly LogOddsDensity[]): readonly number[] {
  const all = arms.flatMap(({ mode, low, high, step }) => {
    const own = [low, high];
    for (let edge = mode; edge < high; edge += step) own.push(edge);
    for (let edge = mode - step; edge > low; edge -= step) own.push(edge);
    return own;
  });
  return all.sort((x, y) => x - y).filter((edge, i, sorted) => i === 0 || edge > (sorted[i - 1] ?? 0));
}

import { logFactorial } from './log-weights';

/**
 * Anytime-valid interval of a proportion, from `k` of `n` trials at level 1 − alpha: the values that the uniform mixture of likelihoods does not
 * rule out (Robbins 1970; Ville's inequality makes it hold at every look). Null without a trial.
 */
export function proportionInterval(p: {
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
}): readonly [low: number, high: number] | null {
  const { n, k, alpha } = p;
  if (n === 0) return null;
  const mixture = logFactorial(k) + logFactorial(n - k) - logFactorial(n + 1);
  const isRuledOut = (rate: number): boolean => mixture - logLikelihood(n, k, rate) >= -Math.log(alpha);
  const seen = k / n;
  return [
    k === 0 ? 0 : edge({ inside: seen, outside: 0, isRuledOut }),
    k === n ? 1 : edge({ inside: seen, outside: 1, isRuledOut }),
  ];
}

function logLikelihood(n: number, k: number, rate: number): number {
  const hits = k === 0 ? 0 : k * Math.log(rate);
  return hits + (k === n ? 0 : (n - k) * Math.log1p(-rate));
}

/** Where the mixture begins to rule out, by halving: the likelihood falls from what was seen to either end. */
function edge(p: {
  readonly inside: number;
  readonly outside: number;
  readonly isRuledOut: (rate: number) => boolean;
}): number {
  let { inside, outside } = p;
  for (let i = 0; i < 60; i++) {
    const middle = (inside + outside) / 2;
    if (p.isRuledOut(middle)) outside = middle;
    else inside = middle;
  }
  return outside;
}

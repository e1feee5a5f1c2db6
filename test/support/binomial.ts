/** Two-sided exact binomial test: how likely a count at least this far out is, when each of `trials` has probability `rate`. */
export function binomialPValue(successes: number, trials: number, rate: number): number {
  if (rate <= 0 || rate >= 1) return successes === Math.round(trials * rate) ? 1 : 0;
  let [atMost, atLeast] = [0, 0];
  let logChoose = 0;
  for (let k = 0; k <= trials; k++) {
    const probability = Math.exp(logChoose + k * Math.log(rate) + (trials - k) * Math.log1p(-rate));
    if (k <= successes) atMost += probability;
    if (k >= successes) atLeast += probability;
    logChoose += Math.log(trials - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * Math.min(atMost, atLeast));
}

/** Kullback–Leibler divergence of two coins, KL(p, q), in nats. */
export function bernoulliDivergence(p: number, q: number): number {
  const successes = p > 0 ? p * Math.log(p / q) : 0;
  return successes + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0);
}

/**
 * KL-UCB index (Garivier & Cappé 2011): the largest mean q with n · KL(sum/n, q) ≤ log of the number of trials of all arms.
 * Also valid for rewards on 0 to 1. An arm without trials has 1.
 */
export function klUcbIndex(arm: { readonly n: number; readonly sum: number }, allTrials: number): number {
  if (arm.n <= 0) return 1;
  const mean = Math.min(1, arm.sum / arm.n);
  const limit = Math.log(Math.max(1, allTrials)) / arm.n;
  let [low, high] = [mean, 1 - 1e-15];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (bernoulliDivergence(mean, middle) > limit) high = middle;
    else low = middle;
  }
  return low;
}

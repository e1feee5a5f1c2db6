import { logFactorial } from '../../guards/log-weights';

/** P(at least `hits` of `n`) when each comes with probability `share`. */
export function binomialTail(hits: number, n: number, share: number): number {
  if (hits <= 0) return 1;
  if (share <= 0) return 0;
  let sum = 0;
  for (let k = hits; k <= n; k++) {
    const choose = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    const term = Math.exp(choose + k * Math.log(share) + (n - k) * Math.log1p(-Math.min(share, 1 - 1e-16)));
    sum += term;
    // Beyond the mean terms fall, ever faster.
    if (k > n * share && term < 1e-17 * sum) break;
  }
  return Math.min(1, sum);
}

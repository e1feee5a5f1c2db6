/**
 * Interval of a probability from `hits` in `runs`, by Clopper and Pearson (1934): coverage at least `level`, exactly.
 */
export function clopperPearson(hits: number, runs: number, level = 0.95): readonly [number, number] {
  const side = (1 - level) / 2;
  const low = hits === 0 ? 0 : solve((p) => 1 - binomialCdf(hits - 1, runs, p) < side);
  const high = hits === runs ? 1 : solve((p) => binomialCdf(hits, runs, p) > side);
  return [low, high];
}

/** The point up to which `holds` is true. */
function solve(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X ≤ k), summed downwards from k relative to the largest term that is needed. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  const mode = Math.floor((n + 1) * p);
  const odds = p / (1 - p);
  let [below, above] = [0, 0];
  let term = 1;
  for (let i = mode; i >= 0 && term > 1e-20; i--) {
    if (i <= k) below += term;
    else above += term;
    term *= i / ((n - i + 1) * odds);
  }
  term = 1;
  for (let i = mode + 1; i <= n && term > 1e-20; i++) {
    term *= ((n - i + 1) / i) * odds;
    if (i <= k) below += term;
    else above += term;
  }
  return below / (below + above);
}

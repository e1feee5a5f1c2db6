import { bernoulliDivergence } from '../../guards/bandits';

/**
 * Half width of the band around an empirical distribution function that holds the true one everywhere with probability 1 − alpha:
 * √(ln(2/alpha)/2n), for every n and every distribution, ties included (Dvoretzky–Kiefer–Wolfowitz with Massart's constant, 1990).
 */
export function dkwHalfWidth(rows: number, alpha: number): number {
  return rows > 0 ? Math.min(1, Math.sqrt(Math.log(2 / alpha) / (2 * rows))) : 1;
}

/**
 * Range of a probability after `hits` in `rows`, each side missing with at most alpha/2: all p with n·KL(hits/n, p) ≤ ln(2/alpha)
 * (Chernoff). Holds for every n, and is narrow near 0 and 1.
 */
export function chernoffRange(hits: number, rows: number, alpha: number): readonly [number, number] {
  if (!(rows > 0)) return [0, 1];
  const share = hits / rows;
  const limit = Math.log(2 / alpha) / rows;
  const edge = (end: number): number => {
    let [inside, outside] = [share, end];
    for (let step = 0; step < 60; step++) {
      const middle = (inside + outside) / 2;
      if (bernoulliDivergence(share, middle) > limit) outside = middle;
      else inside = middle;
    }
    return outside;
  };
  return [share === 0 ? 0 : edge(0), share === 1 ? 1 : edge(1)];
}

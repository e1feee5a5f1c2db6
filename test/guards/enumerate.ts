import { logPmf, support } from '../../guards/hypergeometric';
import type { CountFamily } from '../../guards/hypergeometric';

/**
 * Mean of exp(logE) and probability of ever crossing, by visiting every possible sequence of counts. `theta` is the truth;
 * a path ends where the test crossed.
 */
export function enumerateCounts<S>(p: {
  readonly families: readonly CountFamily[];
  readonly theta: number;
  readonly start: S;
  readonly step: (state: S, family: CountFamily, count: number, tick: number) => S;
  readonly logE: (state: S) => number;
  readonly crossed: (state: S) => boolean;
}): { readonly mean: number; readonly crossing: number } {
  let [mean, crossing] = [0, 0];
  const visit = (state: S, tick: number, probability: number): void => {
    const family = p.families[tick];
    if (family === undefined || p.crossed(state)) {
      mean += probability * Math.exp(p.logE(state));
      if (p.crossed(state)) crossing += probability;
      return;
    }
    const [low, high] = support(family);
    for (let count = low; count <= high; count++) {
      visit(p.step(state, family, count, tick), tick + 1, probability * Math.exp(logPmf(family, p.theta, count)));
    }
  };
  visit(p.start, 0, 1);
  return { mean, crossing };
}

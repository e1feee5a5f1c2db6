import type { CountPair } from './categorical';
import { chiSquareTail } from './tails';

export interface ChiSquare {
  readonly statistic: number;
  readonly freedom: number;
  readonly pValue: number;
}

/**
 * Two-sample chi-square test of equal shares (homogeneity). Both samples are treated as samples, and categories that only one of them has
 * count. Categories that are expected less than five times in either are put together, from the rarest. Null where fewer
 * than two remain.
 */
export function chiSquareHomogeneity(pairs: readonly CountPair[]): ChiSquare | null {
  const [n, m] = pairs.reduce(([a, b], [x, y]) => [a + x, b + y], [0, 0]);
  const total = n + m;
  const least = Math.min(n, m);
  const groups = groupRare(
    pairs.filter(([a, b]) => a + b > 0),
    ([a, b]) => ((a + b) * least) / total >= 5
  );
  if (groups.length < 2) return null;
  const statistic = groups.reduce((sum, [a, b]) => {
    const [ea, eb] = [((a + b) * n) / total, ((a + b) * m) / total];
    return sum + (a - ea) ** 2 / ea + (b - eb) ** 2 / eb;
  }, 0);
  const freedom = groups.length - 1;
  return { statistic, freedom, pValue: chiSquareTail(statistic, freedom) };
}

function groupRare(pairs: readonly CountPair[], isEnough: (pair: CountPair) => boolean): readonly CountPair[] {
  const ascending = [...pairs].sort((x, y) => x[0] + x[1] - (y[0] + y[1]));
  const first = ascending.findIndex(isEnough);
  if (first === 0) return ascending;
  const rare = first < 0 ? ascending : ascending.slice(0, first);
  const rest = first < 0 ? [] : ascending.slice(first);
  const together = rare.reduce<CountPair>(([a, b], [x, y]) => [a + x, b + y], [0, 0]);
  if (isEnough(together) || rest.length === 0) return [together, ...rest];
  const [next, ...others] = rest;
  return next === undefined ? [together] : [[together[0] + next[0], together[1] + next[1]], ...others];
}

/**
 * What Deequ's `Distance.categoricalDistance` answers with its chi-square method: goodness of fit of the live counts to the baseline's
 * shares, as if those were known exactly. Live categories that the baseline lacks are left out. Two categories must each be expected ten times;
 * of more, at most a fifth may be expected less than five times; until then the rarest joins the next (among equals by name; Deequ goes
 * by the order of a hash table). Null, as its NaN, where fewer than two remain.
 */
export function deequChiSquare(categories: Readonly<Record<string, CountPair>>): ChiSquare | null {
  const known = Object.entries(categories).filter(([, [baseline]]) => baseline > 0);
  const n = known.reduce((sum, [, [baseline]]) => sum + baseline, 0);
  const m = known.reduce((sum, [, [, live]]) => sum + live, 0);
  let groups = known
    .map(([name, [baseline, live]]) => ({ name, expected: (baseline / n) * m, live }))
    .sort((a, b) => a.expected - b.expected || (a.name < b.name ? -1 : 1));
  while (groups.length >= 2 && mustRegroup(groups.map(({ expected }) => expected))) {
    const [rarest, next, ...rest] = groups;
    if (!rarest || !next) break;
    const joined = { name: next.name, expected: next.expected + rarest.expected, live: next.live + rarest.live };
    groups = [joined, ...rest].sort((a, b) => a.expected - b.expected || (a.name < b.name ? -1 : 1));
  }
  if (groups.length < 2) return null;
  const statistic = groups.reduce((sum, { expected, live }) => sum + (live - expected) ** 2 / expected, 0);
  const freedom = groups.length - 1;
  return { statistic, freedom, pValue: chiSquareTail(statistic, freedom) };
}

function mustRegroup(expected: readonly number[]): boolean {
  const isPair = expected.length === 2;
  const few = expected.filter((count) => count < (isPair ? 10 : 5)).length;
  return few > (isPair ? 0 : Math.floor(0.2 * expected.length));
}

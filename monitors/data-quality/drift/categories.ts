import { jensenShannon, lInfinity, populationStability } from '../distances/categorical';
import { chiSquareHomogeneity, deequChiSquare } from '../distances/chi-square';
import type { ChiSquare } from '../distances/chi-square';
import type { Category } from '../state/tallies';
import { bootstrapDistances } from './bootstrap';
import type { BootstrapPlan } from './bootstrap';
import type { Comparison } from './numbers';

export interface CategoryComparison {
  readonly comparison: Comparison;
  readonly chiSquare: ChiSquare | null;
  readonly deequChiSquare: ChiSquare | null;
}

/** Stands for live values beyond the most frequent, none of which is in the baseline's histogram. No value can be it. */
const REST = '\u0000rest';

/**
 * @param live the most frequent values; `liveTotal` says how many rows had any. Both samples must have rows.
 */
export function compareCategories(
  baseline: readonly Category[],
  live: { readonly categories: readonly Category[]; readonly total: number },
  plan: BootstrapPlan
): CategoryComparison {
  const counts = new Map<string, [number, number]>(baseline.map(({ value, count }) => [value, [count, 0]]));
  let counted = 0;
  for (const { value, count } of live.categories) {
    const pair = counts.get(value) ?? [0, 0];
    pair[1] += count;
    counted += count;
    counts.set(value, pair);
  }
  // Too many to tell apart: they are new together, but no one of them is the largest difference.
  if (live.total > counted) counts.set(REST, [0, live.total - counted]);
  const named = [...counts].filter(([value]) => value !== REST).map(([, pair]) => pair);
  const pairs = [...counts.values()];
  const n = baseline.reduce((sum, { count }) => sum + count, 0);
  const distance = lInfinity(named, [n, live.total]);
  const half = halfWidth({ n, m: live.total, categories: pairs.length, alpha: 1 - plan.level });
  const [stability, shannon] = bootstrapDistances(pairs, plan, (cells) => [
    populationStability(cells),
    jensenShannon(cells),
  ]);
  const fresh = [...counts].filter(([, [b]]) => b === 0);
  return {
    comparison: {
      distance,
      interval: [Math.max(0, distance - half), Math.min(1, distance + half)],
      baselineRows: n,
      liveRows: live.total,
      populationStability: { value: populationStability(pairs), interval: stability ?? [0, 0] },
      jensenShannon: { value: jensenShannon(pairs), interval: shannon ?? [0, 1] },
      wasserstein: null,
      extras: {
        newCategoryShare: fresh.reduce((sum, [, [, l]]) => sum + l, 0) / live.total,
        newCategories: fresh
          .filter(([value]) => value !== REST)
          .slice(0, 5)
          .map(([value]) => value),
      },
    },
    chiSquare: chiSquareHomogeneity(pairs),
    deequChiSquare: deequChiSquare(Object.fromEntries(counts)),
  };
}

/** Hoeffding's inequality for every category of each side: the largest difference of shares is off by no more than this, but for alpha. */
function halfWidth(of: {
  readonly n: number;
  readonly m: number;
  readonly categories: number;
  readonly alpha: number;
}): number {
  const log = Math.log((4 * Math.max(1, of.categories)) / of.alpha);
  return Math.sqrt(log / (2 * of.n)) + Math.sqrt(log / (2 * of.m));
}

import { differenceInterval, ratioInterval } from './two-proportions';
import type { Proportion } from './two-proportions';
import type { FacetMetric } from './types';

/** Trials of one side of a facet by outcome. */
export type Outcomes = ReadonlyMap<string, number>;

interface Rule {
  /** Whether labels are needed, so that outcomes are `tp`, `fp`, `fn`, `tn`. */
  readonly labelled: boolean;
  /** Outcomes that count, and those among them that are hits. */
  readonly of: readonly string[] | 'all';
  readonly hits: readonly string[] | 'positive';
  /** Clarify takes what is about acceptance as a minus d, what is about rejection the other way round, and DI as d over a. */
  readonly compare: 'a-d' | 'd-a' | 'd/a';
}

const RULES: Readonly<Record<FacetMetric, Rule>> = {
  DPPL: { labelled: false, of: 'all', hits: 'positive', compare: 'a-d' },
  DI: { labelled: false, of: 'all', hits: 'positive', compare: 'd/a' },
  RD: { labelled: true, of: ['tp', 'fn'], hits: ['tp'], compare: 'a-d' },
  SD: { labelled: true, of: ['tn', 'fp'], hits: ['tn'], compare: 'd-a' },
  AD: { labelled: true, of: ['tp', 'fp', 'fn', 'tn'], hits: ['tp', 'tn'], compare: 'a-d' },
  DAR: { labelled: true, of: ['tp', 'fp'], hits: ['tp'], compare: 'a-d' },
  DRR: { labelled: true, of: ['tn', 'fn'], hits: ['tn'], compare: 'd-a' },
};

export const needsLabels = (metric: FacetMetric): boolean => RULES[metric].labelled;

/** The proportion of one side that a metric compares. */
export function proportionOf(metric: FacetMetric, outcomes: Outcomes, positive: string | null): Proportion {
  const { of, hits } = RULES[metric];
  let [k, n] = [0, 0];
  for (const [outcome, count] of outcomes) {
    if (of !== 'all' && !of.includes(outcome)) continue;
    n += count;
    if (hits === 'positive' ? outcome === positive : hits.includes(outcome)) k += count;
  }
  return { k, n };
}

export interface Compared {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** A metric with its interval of ±z deviations. Both sides must have trials. 0/0 is 0, as in Clarify: two sides that are never accepted are not alike by DI. */
export function compareSides(
  metric: FacetMetric,
  sides: { readonly a: Proportion; readonly d: Proportion },
  z: number
): Compared {
  const { a, d } = sides;
  const [pa, pd] = [a.k / a.n, d.k / d.n];
  switch (RULES[metric].compare) {
    case 'a-d':
      return { value: pa - pd, interval: differenceInterval(a, d, z) };
    case 'd-a':
      return { value: pd - pa, interval: differenceInterval(d, a, z) };
    case 'd/a':
      return { value: pa === 0 ? (pd === 0 ? 0 : Infinity) : pd / pa, interval: ratioInterval(d, a, z) };
  }
}

/** What is good: a difference within ± the threshold, a ratio from the threshold to its inverse (0.8: the four-fifths rule, either way). */
export function goodRange(metric: FacetMetric, threshold: number): readonly [number, number] {
  return metric === 'DI' ? [threshold, 1 / threshold] : [-threshold, threshold];
}

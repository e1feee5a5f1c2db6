import {
  jensenShannon,
  lInfinity,
  populationStability,
  type CountPair,
} from '../../../monitors/data-quality/distances/categorical';
import { chiSquareHomogeneity } from '../../../monitors/data-quality/distances/chi-square';
import { numericDistances } from '../../../monitors/data-quality/distances/numeric';
import { kolmogorovTail } from '../../../monitors/data-quality/distances/tails';
import type { Json } from '../../../monitors/types';
import { sampleMaker } from '../random-data';
import type { Answers, PeerCase, PeerSuite } from '../types';
import { SCIENTIFIC } from './scientific';

interface Numbers {
  readonly kind: 'numbers';
  readonly baseline: readonly number[];
  readonly live: readonly number[];
}
interface Categories {
  readonly kind: 'categories';
  readonly pairs: readonly CountPair[];
}

function cases(): readonly PeerCase[] {
  const make = sampleMaker(11);
  const numbers: Record<string, Numbers> = {
    'normal, shifted by half a deviation': {
      kind: 'numbers',
      baseline: make.normals(1000),
      live: make.normals(400, 0.5),
    },
    'counts with many ties': { kind: 'numbers', baseline: make.counts(800, 3), live: make.counts(700, 4) },
    'long tail': { kind: 'numbers', baseline: make.skewed(500), live: make.skewed(900, 1.1) },
    'nothing in common': { kind: 'numbers', baseline: make.normals(50), live: make.normals(30, 100) },
    'equal samples': { kind: 'numbers', baseline: [1, 2, 2, 3], live: [1, 2, 2, 3] },
    'the ties that Deequ loses': {
      kind: 'numbers',
      baseline: [...Array<number>(90).fill(0), ...Array<number>(10).fill(1)],
      live: [...Array<number>(10).fill(0), ...Array<number>(90).fill(1)],
    },
  };
  const categories: Record<string, Categories> = {
    'three categories': {
      kind: 'categories',
      pairs: [
        [500, 210],
        [300, 190],
        [200, 100],
      ],
    },
    'a new category': {
      kind: 'categories',
      pairs: [
        [500, 400],
        [500, 400],
        [0, 50],
      ],
    },
    'a lost category': {
      kind: 'categories',
      pairs: [
        [90, 95],
        [60, 55],
        [40, 0],
      ],
    },
    'tiny p-value': {
      kind: 'categories',
      pairs: [
        [700, 400],
        [400, 700],
      ],
    },
    'twelve alike': { kind: 'categories', pairs: Array.from({ length: 12 }, (_, i) => [100 + i, 110 - i] as const) },
  };
  return Object.entries({ ...numbers, ...categories }).map(([name, input]) => ({
    name,
    input: input as unknown as Json,
  }));
}

function ofNumbers({ baseline, live }: Numbers): Answers {
  const both = [...new Set([...baseline, ...live])].sort((a, b) => a - b);
  const pass = numericDistances({ baseline: baseline.length, live: live.length });
  for (const x of both) pass.add(x, baseline.filter((y) => y === x).length, live.filter((y) => y === x).length);
  const { kolmogorovSmirnov, wasserstein } = pass.done();
  const effective = (baseline.length * live.length) / (baseline.length + live.length);
  return {
    kolmogorovSmirnov,
    wasserstein,
    kolmogorovTail: kolmogorovTail(Math.sqrt(effective) * kolmogorovSmirnov),
  };
}

function ofCategories({ pairs }: Categories): Answers {
  const chi = chiSquareHomogeneity(pairs);
  return {
    jensenShannon: jensenShannon(pairs),
    lInfinity: lInfinity(pairs),
    populationStability: populationStability(pairs),
    chiSquare: chi?.statistic ?? null,
    chiSquareFreedom: chi?.freedom ?? null,
    chiSquareLogP: chi ? Math.log(chi.pValue) : null,
  };
}

/** Distances between two samples, against SciPy (and NumPy for what SciPy has no name for). */
export const distancesSuite: PeerSuite = {
  name: 'distances',
  peer: SCIENTIFIC,
  script: 'distances.py',
  cases,
  ours: (input) => {
    const one = input as unknown as Numbers | Categories;
    return one.kind === 'numbers' ? ofNumbers(one) : ofCategories(one);
  },
  tolerance: { default: 1e-12 },
};

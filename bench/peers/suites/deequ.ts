import { robustCorrection } from '../../../monitors/data-quality/checks/drift';
import { deequChiSquare } from '../../../monitors/data-quality/distances/chi-square';
import { lInfinity, type CountPair } from '../../../monitors/data-quality/distances/categorical';
import { deequWeightsOf, largestGap } from '../../../monitors/data-quality/kll/ranks';
import { KllSketch } from '../../../monitors/data-quality/kll/sketch';
import type { Json } from '../../../monitors/types';
import { sampleMaker } from '../random-data';
import type { Answers, Peer, PeerCase, PeerSuite } from '../types';

export const DEEQU: Peer = {
  name: 'deequ',
  packages: ['pyspark==3.5.9'],
  jars: ['com.amazon.deequ:deequ:2.0.7-spark-3.5'],
};

/** Parts of a sketch, in the order in which they are merged; and a second sample. */
interface Sketches {
  readonly kind: 'sketches';
  readonly parts: readonly (readonly number[])[];
  readonly other: readonly number[];
}
interface Categories {
  readonly kind: 'categories';
  readonly counts: Readonly<Record<string, CountPair>>;
}

function cases(): readonly PeerCase[] {
  const make = sampleMaker(23);
  const sketches: Record<string, Omit<Sketches, 'kind'>> = {
    'few values, kept as they are': { parts: [make.normals(300)], other: make.normals(200, 0.4) },
    'exactly full': { parts: [make.normals(2050)], other: make.normals(2051) },
    '20,000 values': { parts: [make.skewed(20_000)], other: make.skewed(7_000, 1.2) },
    'five parts': {
      parts: [make.normals(5000), make.normals(77), make.normals(3001), make.normals(2050), make.normals(9000)],
      other: make.normals(4000, 0.2),
    },
    'values that repeat': { parts: [make.counts(9000, 4), make.counts(2500, 4)], other: make.counts(5000, 6) },
    'ninety zeros, ten ones': {
      parts: [[...Array<number>(90).fill(0), ...Array<number>(10).fill(1)]],
      other: [...Array<number>(10).fill(0), ...Array<number>(90).fill(1)],
    },
  };
  const categories: Record<string, Categories['counts']> = {
    'two categories': { a: [800, 300], b: [200, 120] },
    'two, one rare': { a: [9990, 400], b: [10, 3] },
    'many, some rare': { a: [500, 51], b: [300, 24], c: [150, 22], d: [31, 4], e: [12, 0], f: [7, 3] },
    'a new category': { a: [500, 400], b: [500, 380], z: [0, 220] },
    'a lost category': { a: [500, 400], b: [400, 380], c: [100, 0] },
  };
  return [
    ...Object.entries(sketches).map(([name, input]) => ({ name, input: { kind: 'sketches', ...input } })),
    ...Object.entries(categories).map(([name, counts]) => ({ name, input: { kind: 'categories', counts } as const })),
  ] as readonly { readonly name: string; readonly input: Json }[];
}

function sketchOf(values: readonly number[]): KllSketch {
  const sketch = new KllSketch();
  for (const value of values) sketch.update(value);
  return sketch;
}

const robust = (gap: number, n: number, m: number): number => Math.max(0, gap - robustCorrection(n, m));

/** Sum over positions, so that order counts; a list of thousands of items would swell the golden file. */
const checksum = (items: readonly number[]): number => items.reduce((sum, x, i) => sum + x * ((i % 97) + 1), 0);

function ofSketches({ parts, other }: Sketches): Answers {
  const [first, ...rest] = parts.map(sketchOf);
  for (const part of rest) first?.merge(part);
  const levels = (first ?? new KllSketch()).toLevels().map(({ items }) => items);
  const { gap, n, m } = largestGap(
    deequWeightsOf(levels),
    deequWeightsOf(
      sketchOf(other)
        .toLevels()
        .map(({ items }) => items)
    )
  );
  return {
    itemsByLevel: levels.map((items) => items.length),
    checksumByLevel: levels.map(checksum),
    simpleDistance: gap,
    robustDistance: robust(gap, n, m),
  };
}

function ofCategories({ counts }: Categories): Answers {
  const pairs = Object.values(counts);
  const gap = lInfinity(pairs);
  const [n, m] = pairs.reduce(([a, b], [x, y]) => [a + x, b + y], [0, 0]);
  const chi = deequChiSquare(counts);
  return {
    simpleDistance: gap,
    robustDistance: robust(gap, n, m),
    chiSquare: chi?.statistic ?? 'NaN',
    chiSquarePValue: chi?.pValue ?? 'NaN',
  };
}

/** Sketches level by level, and distances, against Deequ's own classes. */
export const deequSuite: PeerSuite = {
  name: 'deequ',
  peer: DEEQU,
  script: 'deequ.py',
  cases,
  ours: (input) => {
    const one = input as unknown as Sketches | Categories;
    return one.kind === 'sketches' ? ofSketches(one) : ofCategories(one);
  },
  tolerance: { default: 1e-12 },
};

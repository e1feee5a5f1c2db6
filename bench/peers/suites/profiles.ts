import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openSession, readDataset } from '../../../monitors/data';
import { dataQuality } from '../../../monitors/data-quality';
import { describeState } from '../../../monitors/data-quality/describe';
import { DEFAULT_OPTIONS } from '../../../monitors/data-quality/options';
import type { FeatureStatistics } from '../../../monitors/data-quality/files/shapes';
import { sampleMaker } from '../random-data';
import type { Answers, PeerCase, PeerSuite } from '../types';
import { DEEQU } from './deequ';

interface Column {
  /** As written; null is missing. */
  readonly values: readonly (string | null)[];
}

/** Every column a case of its own, so that a table of differences names it. */
function cases(): readonly PeerCase[] {
  const make = sampleMaker(31);
  const holes = (values: readonly string[]) => values.map((value) => (make.uniform() < 0.07 ? null : value));
  const columns: Record<string, readonly (string | null)[]> = {
    'whole numbers': make.counts(1500, 9).map(String),
    'fractions with holes': holes(make.normals(1500, 5, 3).map((x) => x.toFixed(3))),
    'more than a sketch keeps': make.skewed(9000).map((x) => x.toFixed(2)),
    'fractions, some printed as whole': make
      .normals(800, 0, 4)
      .map((x) => (make.uniform() < 0.3 ? x.toFixed(0) : x.toFixed(1))),
    'scientific notation': make.normals(300, 0, 1e6).map((x) => x.toExponential(3)),
    signs: ['+5', '-3', '+2.5', '-0.25', '7'],
    'text that is nearly a number': ['.5', '5.', '1,000', 'NaN', 'inf', '1e', ' 7'],
    'one text among numbers': [...make.counts(400, 9).map(String), 'n/a'],
    truths: holes(make.categories(600, { true: 3, false: 2 })),
    categories: holes(make.categories(900, { red: 5, green: 3, 'light blue': 1, '': 0 })),
    'more categories than a histogram has': make.counts(2000, 400).map((n) => `c${n}`),
  };
  return Object.entries(columns).map(([name, values]) => ({ name, input: { values } }));
}

async function ours({ values }: Column): Promise<Answers> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'sluice-profiles-'));
  const session = await openSession({ dir: path.join(dir, 'session') });
  try {
    const file = path.join(dir, 'data.jsonl');
    await writeFile(file, values.map((x) => `${JSON.stringify({ x, row: '1' })}\n`).join(''));
    const key = { source: 'data', etag: null, bytes: 0 };
    const dataset = await readDataset(session, { sources: [{ path: file, key }], format: 'jsonl' });
    const work = { db: session.db, progress: () => undefined };
    await dataQuality.digest(work, dataset, { options: { ...DEFAULT_OPTIONS, exclude: ['row'] }, dir });
    const { statistics } = await describeState(work, dir);
    const [feature] = statistics.features;
    return feature ? answersOf(feature, values.length) : {};
  } finally {
    await session.close();
    await rm(dir, { recursive: true, force: true });
  }
}

function answersOf(feature: FeatureStatistics, rows: number): Answers {
  const { numerical_statistics: numbers, string_statistics: text } = feature;
  const present = numbers?.common.num_present ?? text?.common.num_present ?? 0;
  const common = { type: feature.inferred_type, completeness: present / rows };
  if (numbers) {
    const { mean, sum, std_dev: deviation, min, max, distribution } = numbers;
    const counts = distribution?.kll.buckets.map(({ count }) => count) ?? [];
    const lower = distribution?.kll.buckets.map((bucket) => bucket.lower_bound) ?? [];
    return { ...common, mean, sum, deviation, min, max, bucketCounts: counts, bucketBounds: lower };
  }
  const buckets = text?.distribution?.categorical.buckets;
  const sorted = [...(buckets ?? [])].sort((a, b) => (a.value < b.value ? -1 : 1));
  return {
    ...common,
    histogram: buckets ? sorted.map(({ value, count }) => `${value}: ${count}`) : null,
    distinct: text?.distinct_count ?? 0,
  };
}

/** Types, completeness, moments, buckets and histograms against Deequ's column profiler, which reads the same text. */
export const profilesSuite: PeerSuite = {
  name: 'profiles',
  peer: DEEQU,
  script: 'profiles.py',
  cases,
  ours: (input) => ours(input as unknown as Column),
  tolerance: { default: 1e-12 },
  deviations: ['one text among numbers', 'more categories than a histogram has'].map((name) => ({
    where: `${name}/distinct`,
    why: 'ours is exact; HLL++ estimates, with a relative error of some 5 %',
  })),
};

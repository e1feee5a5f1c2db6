import { textOf } from '../cell';
import type { BaselineFeature } from '../files/read-baseline';
import type { SketchData } from '../kll/ranks';
import { weightsOf } from '../kll/ranks';
import { chunkOf, streamOf } from '../profile/numbers';
import type { NumberStream } from '../profile/numbers';
import { MOST_CATEGORIES } from '../state/tallies';
import type { Category, Tallies } from '../state/tallies';

/** What a baseline still knows of a feature's numbers. */
export interface NumericSample {
  readonly from: 'tally' | 'sketch';
  readonly total: number;
  readonly stream: () => NumberStream;
  /** Share by which ranks may be off: sketches round. */
  readonly rankError: number;
}

/** Twice the error that such sketches show in nine of ten cases; up to 2,050 values there is none. */
const SKETCH_RANK_ERROR = 0.003;

/** The numbers of a tally; null where there are none. */
export async function tallySample(tallies: Tallies, position: number): Promise<NumericSample | null> {
  const total = (await tallies.facts())[position]?.numbers ?? 0;
  return total > 0 ? { from: 'tally', total, stream: await tallies.numbers(position), rankError: 0 } : null;
}

/** Items by level, from a file of which nothing else is known. */
export function sketchData(feature: BaselineFeature): SketchData {
  const data: unknown = feature.statistics?.numerical_statistics?.distribution?.kll.sketch?.data;
  if (!Array.isArray(data)) return [];
  return data.map((level: unknown) =>
    Array.isArray(level) ? level.map(Number).filter((x) => Number.isFinite(x)) : []
  );
}

export function sketchSample(feature: BaselineFeature): NumericSample | null {
  const data = sketchData(feature);
  const weights = weightsOf(data);
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return null;
  const rankError = data.length > 1 ? SKETCH_RANK_ERROR : 0;
  return { from: 'sketch', total, stream: () => streamOf(chunkOf(weights)), rankError };
}

/** Categories of a baseline whose state is at hand may be this many. */
const MOST_TALLIED = 1000;
/** Live values beyond these are counted together: none of them can be large. */
const MOST_LIVE = 2000;

/** Values of a column, most frequent first; null where there are too many to be categories. */
export async function tallyCategories(tallies: Tallies, position: number): Promise<readonly Category[] | null> {
  const distinct = (await tallies.facts())[position]?.distinct ?? 0;
  return distinct > MOST_TALLIED ? null : tallies.categories(position, MOST_TALLIED);
}

export const liveCategories = (tallies: Tallies, position: number): Promise<readonly Category[]> =>
  tallies.categories(position, MOST_LIVE);

export function fileCategories(feature: BaselineFeature): readonly Category[] | null {
  const buckets: unknown = feature.statistics?.string_statistics?.distribution?.categorical.buckets;
  if (!Array.isArray(buckets)) return null;
  return buckets
    .slice(0, MOST_CATEGORIES * 10)
    .flatMap((bucket: { value?: unknown; count?: unknown }) =>
      bucket.value === undefined ? [] : [{ value: textOf(bucket.value), count: Number(bucket.count ?? 0) }]
    );
}

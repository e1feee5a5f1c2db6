import { bucketsOf } from '../kll/ranks';
import { KLL_SHRINK, KLL_SIZE } from '../kll/sketch';
import type { KllSketch } from '../kll/sketch';
import type { ColumnProfile } from '../profile/profile';
import type { FeatureStatistics, Statistics } from './shapes';

/** `statistics.json` of profiles and of the merged sketches of their number columns. */
export function statisticsOf(
  profiles: readonly ColumnProfile[],
  { rows, sketches }: { readonly rows: number; readonly sketches: ReadonlyMap<string, KllSketch> }
): Statistics {
  return {
    version: 0,
    dataset: { item_count: rows },
    features: profiles.map((profile) => featureOf(profile, sketches.get(profile.name))),
  };
}

function featureOf(profile: ColumnProfile, sketch: KllSketch | undefined): FeatureStatistics {
  const { name, inferred, moments, categories, distinct } = profile;
  const common = { num_present: profile.present, num_missing: profile.missing };
  if (moments === null)
    return {
      name,
      inferred_type: inferred,
      string_statistics: {
        common,
        distinct_count: distinct,
        ...(categories ? { distribution: { categorical: { buckets: categories } } } : {}),
      },
    };
  const data = sketch?.toLevels().map(({ items }) => items) ?? [];
  const { mean, sum, deviation, min, max } = moments;
  return {
    name,
    inferred_type: inferred,
    numerical_statistics: {
      common,
      mean,
      sum,
      std_dev: deviation,
      min,
      max,
      distribution: {
        kll: {
          buckets: bucketsOf(data, { min, max }),
          sketch: { parameters: { c: KLL_SHRINK, k: KLL_SIZE }, data },
        },
      },
    },
  };
}

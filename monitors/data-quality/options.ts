import { OptionReader } from '../option-reader';
import type { Json, OptionProblem } from '../types';

/** How data quality is judged, beside what the baseline's `monitoring_config` says. */
export interface DataQualityOptions {
  /** Below this many rows the verdict is `inconclusive`. */
  readonly minRows: number;
  /** Columns that are not looked at. */
  readonly exclude: readonly string[];
  /** Which distance decides `baseline_drift_check`: the exact one, or what Deequ would have found (with its loss of ties). */
  readonly distance: 'exact' | 'deequ';
  /** Level of the intervals, 0–1. */
  readonly level: number;
  /** For the intervals of distances that no inequality bounds. */
  readonly resamples: number;
  readonly seed: number;
  /** Over all features and all windows; null: no sequential test. */
  readonly falseAlarmProbability: number | null;
  /** A change of a share by less than this is not worth an alarm of the sequential test. */
  readonly toleratedShare: number;
  /** Limits of further distances; what has none is only reported. */
  readonly limits: Limits;
  /** Columns of running text; null: text columns with more than 120 different values and three words on average. */
  readonly text: readonly string[] | null;
  /** Share of words by which unknown ones may exceed what is to be expected of fresh text. */
  readonly unknownWords: number;
  /** Whether rows as a whole are compared, too. */
  readonly multivariate: boolean;
}

export interface Limits {
  readonly populationStability: number | null;
  readonly jensenShannon: number | null;
  /** In standard deviations of the baseline. */
  readonly wasserstein: number | null;
}

export const DEFAULT_OPTIONS: DataQualityOptions = {
  minRows: 100,
  exclude: [],
  distance: 'exact',
  level: 0.95,
  resamples: 200,
  seed: 1,
  falseAlarmProbability: 0.01,
  toleratedShare: 0.02,
  limits: { populationStability: null, jensenShannon: null, wasserstein: null },
  text: null,
  unknownWords: 0.1,
  multivariate: true,
};

const LIMITS = { populationStability: 100, jensenShannon: 1, wasserstein: 1e6 } as const;

/** All mistakes at once, each with its remedy. */
export function parseOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: DataQualityOptions } | { readonly problems: readonly OptionProblem[] } {
  const read = new OptionReader(raw, Object.keys(DEFAULT_OPTIONS));
  const d = DEFAULT_OPTIONS;
  const limits = readLimits(raw['limits'] ?? {}, read);
  const options: DataQualityOptions = {
    minRows: read.whole('minRows', 1) ?? d.minRows,
    exclude: read.names('exclude') ?? d.exclude,
    distance: read.choice('distance', ['exact', 'deequ']) ?? d.distance,
    level: read.number('level', { low: 0.5, high: 0.9999 }) ?? d.level,
    resamples: read.whole('resamples', 20) ?? d.resamples,
    seed: read.whole('seed', 0) ?? d.seed,
    falseAlarmProbability:
      raw['falseAlarmProbability'] === null
        ? null
        : (read.number('falseAlarmProbability', { low: 1e-6, high: 0.5 }) ?? d.falseAlarmProbability),
    toleratedShare: read.number('toleratedShare', { low: 0, high: 0.5 }) ?? d.toleratedShare,
    limits,
    text: read.names('text') ?? d.text,
    unknownWords: read.number('unknownWords', { low: 0, high: 1 }) ?? d.unknownWords,
    multivariate: read.flag('multivariate') ?? d.multivariate,
  };
  return read.problems.length > 0 ? { problems: read.problems } : { options };
}

function readLimits(found: Json, outer: OptionReader): Limits {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    outer.problem('limits', `${JSON.stringify(found)} is no map`, `Write { ${Object.keys(LIMITS).join(': …, ')}: … }.`);
    return DEFAULT_OPTIONS.limits;
  }
  const read = new OptionReader(found as Readonly<Record<string, Json>>, Object.keys(LIMITS));
  const limit = (key: keyof Limits) => read.number(key, { low: 0, high: LIMITS[key] }) ?? null;
  const limits = {
    populationStability: limit('populationStability'),
    jensenShannon: limit('jensenShannon'),
    wasserstein: limit('wasserstein'),
  };
  for (const { option, what, remedy } of read.problems) outer.problem(`limits.${option}`, what, remedy);
  return limits;
}

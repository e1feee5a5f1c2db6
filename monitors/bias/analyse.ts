import { bootstrap } from './bootstrap';
import { countTuples } from './counts';
import type { Counts, Tuple } from './counts';
import { flipTest } from './flip-test';
import type { FlipRow } from './flip-test';
import { METRICS } from './metrics';
import type { BiasStage, MetricName } from './metrics';
import { normalQuantile } from './bootstrap';
import type { BiasOptions } from './options';

/** One metric of one facet. Exactly one of value and error is there. */
export interface Measured {
  readonly name: MetricName;
  readonly stage: BiasStage;
  readonly description: string;
  readonly value: number | null;
  readonly error: string | null;
  readonly interval: readonly [number, number] | null;
  /** Finite resamples behind the interval. */
  readonly finite: number;
  /** What smclarify 0.5 would have given, where that differs. */
  readonly compatible: number | null;
}

/** One facet with its disadvantaged values. */
export interface FacetMeasured {
  readonly column: string;
  readonly valueOrThreshold: string;
  readonly n: { readonly a: number; readonly d: number };
  readonly metrics: readonly Measured[];
}

/** What is asked of the rows of one facet. */
export interface FacetRows {
  readonly column: string;
  readonly valueOrThreshold: string;
  readonly tuples: readonly Tuple[];
  /** Null: the flip test is not asked for; a text: why it cannot be had. */
  readonly flip: readonly FlipRow[] | string | null;
}

/** Every metric that the options ask for, in the order of their names within a stage, with its interval. */
export function measureFacet(rows: FacetRows, options: BiasOptions): FacetMeasured {
  const { column, valueOrThreshold } = rows;
  const tuples = distinct(rows.tuples);
  const counts = countTuples(tuples);
  const names = [...options.preTraining, ...options.postTraining];
  const counted = names.filter((name) => name !== 'FT');
  const refused = refusal(counts);
  const intervals =
    refused === null
      ? bootstrap(tuples, options.bootstrap, (resampled) => {
          const own = countTuples(resampled);
          return counted.map((name) => METRICS[name].of(own));
        })
      : [];
  const metrics = names.map((name): Measured => {
    if (name === 'FT') return measureFlips(rows.flip, options, refused);
    const { stage, description, of, compatible } = METRICS[name];
    const error = refused ?? lacking(name, counts);
    const value = error === null ? of(counts) : null;
    const { interval, finite } = intervals[counted.indexOf(name)] ?? { interval: null, finite: 0 };
    const other = error === null ? (compatible?.(counts) ?? null) : null;
    return {
      ...{ name, stage, description, value, error },
      ...{ interval: error === null ? interval : null, finite: error === null ? finite : 0 },
      compatible: other === value ? null : other,
    };
  });
  return { column, valueOrThreshold, n: { a: counts.a.n, d: counts.d.n }, metrics };
}

/** Adds up what is the same, in one order, whatever the order of the tally: resamples must not depend on it. */
function distinct(tuples: readonly Tuple[]): readonly Tuple[] {
  const sums = new Map<string, Tuple>();
  for (const tuple of tuples) {
    const { isDisadvantaged, group, isPositive, isPredicted } = tuple;
    const key = JSON.stringify([isDisadvantaged, group, isPositive, isPredicted]);
    sums.set(key, { ...tuple, count: tuple.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tuple]) => tuple);
}

/** Clarify gives an error entry where a side is empty. */
function refusal({ a, d }: Counts): string | null {
  if (d.n === 0) return 'Facet set is empty';
  return a.n === 0 ? 'Negated facet set is empty' : null;
}

function lacking(name: MetricName, { a, d, byLabel, byPrediction }: Counts): string | null {
  if (name !== 'CDDL' && name !== 'CDDPL') return null;
  if ((name === 'CDDL' ? byLabel : byPrediction).length === 0) return 'Group variable is empty or not provided';
  const positive = name === 'CDDL' ? a.n1 + d.n1 : a.p1 + d.p1;
  if (positive === 0) return 'No positive labels in set';
  return positive === a.n + d.n ? 'No negative labels in set' : null;
}

/** The interval is that of the disadvantaged rows, their neighbours held fixed. */
function measureFlips(flip: FacetRows['flip'], options: BiasOptions, refused: string | null): Measured {
  const base = { name: 'FT', stage: 'post_training', description: 'Flip Test (FT)', finite: 0 } as const;
  const found = typeof flip === 'string' || flip === null || refused !== null ? null : flipTest(flip);
  if (found === null) {
    const error = refused ?? (typeof flip === 'string' ? flip : 'No row of a side is known');
    return { ...base, value: null, error, interval: null, compatible: null };
  }
  const { value, compatible, toAccepted, toRejected, n } = found;
  const z = normalQuantile((1 + options.bootstrap.level) / 2);
  const half = z * Math.sqrt(Math.max(0, (toAccepted + toRejected) / n - value ** 2) / n);
  return {
    ...{ ...base, value, error: null, interval: [value - half, value + half] },
    compatible: compatible === value ? null : compatible,
  };
}

import type { DuckDBConnection } from '@duckdb/node-api';
import { normalUpper } from '../../model-quality/numbers';
import { short, tooFew } from '../checks/context';
import type { CheckContext } from '../checks/context';
import { compareNumbers, cutsOf } from '../drift/numbers';
import { asSubject, watchNumbers } from '../drift/watch';
import type { WatchedFeature, WatchPlan } from '../drift/watch';
import { chunkOf, streamOf } from '../profile/numbers';
import type { BaselineFeature } from '../files/read-baseline';
import type { Check } from '../../types';
import { BAND, errorBand, spreadOf } from './band';
import { fitComponents, reconstructionError } from './pca';
import { encodedRows, encodingsOf } from './rows';

export const ALL_FEATURES = '(all features together)';

/** NannyML's share of variance. */
const EXPLAINED = 0.65;
/** Baseline rows for each column below which components are mostly noise. */
const ROWS_A_COLUMN = 10;

export interface Multivariate {
  readonly checks: readonly Check[];
  readonly watched: readonly WatchedFeature[];
  readonly notChecked: string | null;
}

/**
 * Whether rows as a whole still look as before, also where every column alone does: the mean error when rows are put together again
 * from the principal components. Components are fitted on one half of the baseline's sample, the band comes from the other (`errorBand`).
 */
export async function checkTogether(
  db: DuckDBConnection,
  context: CheckContext,
  given: {
    readonly baseline: readonly BaselineFeature[];
    readonly excluded: ReadonlySet<string>;
    readonly samples: { readonly baseline: string; readonly live: string };
    readonly watch: WatchPlan;
  }
): Promise<Multivariate> {
  const encodings = encodingsOf(given.baseline, given.excluded);
  const rows = encodings.length < 2 ? [] : await encodedRows(db, given.samples.baseline, encodings);
  const fitting = rows.filter((_, i) => i % 2 === 0);
  if (encodings.length < 2 || fitting.length < ROWS_A_COLUMN * encodings.length)
    return {
      checks: [],
      watched: [],
      notChecked: `${rows.length} baseline rows of ${encodings.length} columns are too few`,
    };
  const fitted = fitComponents(fitting, EXPLAINED);
  const errors = (of: readonly (readonly number[])[]) => of.map((row) => reconstructionError(row, fitted));
  const baseline = errors(rows.filter((_, i) => i % 2 === 1));
  const live = errors(await encodedRows(db, given.samples.live, encodings));
  const watched = asSubject(ALL_FEATURES, await watchErrors(baseline, live, given.watch));
  const extras = { columns: encodings.length, components: fitted.components.length, explainedShare: fitted.explained };
  const check = checkOf(context, { unseen: baseline, fitted: errors(fitting), live, extras });
  return { checks: [check], watched: [watched], notChecked: null };
}

async function watchErrors(baseline: readonly number[], live: readonly number[], watch: WatchPlan) {
  const sample = (errors: readonly number[]) => {
    const items = [...errors].sort((a, b) => a - b).map((x) => ({ x, weight: 1 }));
    return { from: 'tally' as const, total: items.length, stream: () => streamOf(chunkOf(items)), rankError: 0 };
  };
  const sizes = { baselineRows: baseline.length, liveRows: live.length, rankError: 0 };
  if (live.length === 0) return watchNumbers(await cutsOf(sample(baseline)), sizes, watch);
  // Of the comparison only the cuts are wanted: two resamples cost nothing.
  const { cuts } = await compareNumbers(sample(baseline), sample(live), { seed: 1, resamples: 2, level: 0.95 });
  return watchNumbers(cuts, sizes, watch);
}

function checkOf(
  context: CheckContext,
  given: {
    readonly unseen: readonly number[];
    readonly fitted: readonly number[];
    readonly live: readonly number[];
    readonly extras: Check['extras'];
  }
): Check {
  const now = spreadOf(given.live);
  const width = context.alpha === null ? BAND : normalUpper(context.alpha / 2);
  const { low, high, baselineMean } = errorBand({ ...given, width });
  const error = (1.96 * now.deviation) / Math.sqrt(Math.max(1, now.n));
  const few = now.n === 0 ? 'no row to look at' : tooFew(context);
  const isOut = now.mean < low || now.mean > high;
  const seen = `mean error ${short(now.mean)} of ${now.n} rows`;
  return {
    subject: ALL_FEATURES,
    check: 'multivariate_drift_check',
    ...(context.alpha !== null && { class: 'approximate' as const }),
    verdict: few !== null ? 'inconclusive' : isOut ? 'fail' : 'pass',
    value: now.n > 0 ? now.mean : null,
    interval: now.n > 0 ? [now.mean - error, now.mean + error] : null,
    threshold: now.mean < low ? low : high,
    reason: few ?? `${seen} is ${isOut ? 'outside' : 'within'} ${short(low)} to ${short(high)}`,
    extras: { ...given.extras, band: [low, high], baselineMean, standardErrors: width },
  };
}

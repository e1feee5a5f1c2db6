import { chernoffRange } from '../../budget';
import type { Check } from '../../types';
import type { DataQualityOptions } from '../options';

/** What all checks of a window share. */
export interface CheckContext {
  readonly options: DataQualityOptions;
  /** Rows of the window. */
  readonly rows: number;
  /** False-alarm probability of one check of this window; null: there is no budget. */
  readonly alpha: number | null;
}

/** What a person does about too few rows. */
export function tooFew({ options, rows }: Pick<CheckContext, 'options' | 'rows'>): string | null {
  if (rows >= options.minRows) return null;
  return `${rows} rows of the ${options.minRows} that a verdict needs; ${options.minRows - rows} more, or a longer window`;
}

export const percent = (share: number): string => {
  const value = 100 * share;
  // What is not all must not be printed as all.
  const digits = value > 99 && value < 100 ? Math.min(8, Math.ceil(-Math.log10(100 - value)) + 1) : 2;
  return `${Number(value.toFixed(Math.max(2, digits)))} %`;
};

export const short = (value: number): string => String(Number(value.toPrecision(4)));

/** A share of values that must not be below a limit. */
export function shareCheck(
  context: CheckContext,
  p: {
    readonly subject: string;
    readonly check: string;
    readonly hits: number;
    readonly total: number;
    readonly least: number;
    /** `of the type Integral`: what the share is of. */
    readonly what: string;
    /**
     * The limit is itself an estimate, of so many of the baseline's values (null: somebody has set it), so that half of all windows would fall below it by chance: only
     * what chance does not explain fails.
     */
    readonly estimate?: { readonly hits: number; readonly total: number } | null;
    readonly extras?: Check['extras'];
  }
): Check {
  const { subject, check, hits, total, least, what } = p;
  const interval = chernoffRange(hits, total, 1 - context.options.level);
  const isEstimate = p.estimate !== undefined && least < 1;
  const common = {
    ...{ subject, check, threshold: least, interval: total > 0 ? interval : null },
    ...(isEstimate && context.alpha !== null && { class: 'guaranteed' as const }),
  };
  const few = tooFew(context);
  if (total === 0 || few !== null) {
    const reason = few ?? `no value to look at in ${context.rows} rows`;
    return { ...common, verdict: 'inconclusive', value: total > 0 ? hits / total : null, reason };
  }
  const share = hits / total;
  const isBelow = share < least;
  // Half of alpha for the window, half for the baseline (each a side of a range).
  const alpha = context.alpha ?? 1 - context.options.level;
  const highest = chernoffRange(hits, total, alpha)[1];
  const { estimate } = p;
  const lowest = estimate ? Math.min(least, chernoffRange(estimate.hits, estimate.total, alpha)[0]) : least;
  const byChance = isBelow && isEstimate && highest >= lowest;
  const seen = `${percent(share)} of ${total} values ${what}, at least ${percent(least)} asked for`;
  const extras = { ...p.extras, ...(byChance ? { modelMonitor: 'violation' } : {}) };
  return {
    ...common,
    verdict: isBelow && !byChance ? 'fail' : 'pass',
    value: share,
    reason: byChance
      ? `${seen}; chance explains the difference (${percent(highest)} here, ${percent(lowest)} in the baseline)`
      : seen,
    ...(Object.keys(extras).length > 0 ? { extras } : {}),
  };
}

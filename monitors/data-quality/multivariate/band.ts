/** Width of the band in standard errors where no budget says otherwise, as for NannyML's thresholds: a window like the baseline is outside once in 370 on average. */
export const BAND = 3;

export interface ErrorBand {
  readonly low: number;
  readonly high: number;
  /** Mean error of baseline rows that the components have not seen. */
  readonly baselineMean: number;
}

/**
 * Where the mean error of rows like the baseline's lies. The spread is that of both samples: of skewed columns either may lack the few rows
 * that make up most of it. Components fit the rows that they were found in better than any others, so that a window which holds those very
 * rows has a smaller error without having drifted: the lower end allows for as much.
 */
export function errorBand(given: {
  /** Errors of baseline rows that the components were not fitted to. */
  readonly unseen: readonly number[];
  /** Errors of those that they were fitted to. */
  readonly fitted: readonly number[];
  readonly live: readonly number[];
  /** In standard errors. */
  readonly width: number;
}): ErrorBand {
  const [before, now] = [spreadOf(given.unseen), spreadOf(given.live)];
  const half = given.width * Math.sqrt(before.deviation ** 2 / before.n + now.deviation ** 2 / Math.max(1, now.n));
  const least = Math.min(before.mean, spreadOf(given.fitted).mean);
  return { low: least - half, high: before.mean + half, baselineMean: before.mean };
}

export function spreadOf(values: readonly number[]): {
  readonly n: number;
  readonly mean: number;
  readonly deviation: number;
} {
  const n = values.length;
  const mean = n > 0 ? values.reduce((sum, x) => sum + x, 0) / n : 0;
  const deviation = n > 0 ? Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n) : 0;
  return { n, mean, deviation };
}

import { chernoffRange, dkwHalfWidth } from '../../budget';
import type { WatchedEvent, WatchedSubject, WindowCounts } from '../../budget';
import type { Category } from '../state/tallies';
import type { Cut } from './numbers';

/** How the baseline's ranges are cut: the probability that any of one feature's misses, and what is tolerated beyond them. */
export interface WatchPlan {
  readonly alpha: number;
  readonly toleratedShare: number;
}

/** Events of one feature, with what the window showed of each. */
export interface Watched {
  readonly events: readonly WatchedEvent[];
  readonly window: WindowCounts;
}

const MOST_WATCHED = 20;

function eventOf(name: string, [low, high]: readonly [number, number], tolerated: number): WatchedEvent {
  return { name, low: Math.max(0, low - tolerated), high: Math.min(1, high + tolerated) };
}

/** One band holds for all cuts at once, wherever they were placed. */
export function watchNumbers(
  cuts: readonly Cut[],
  of: { readonly baselineRows: number; readonly liveRows: number; readonly rankError: number },
  { alpha, toleratedShare }: WatchPlan
): Watched {
  const half = dkwHalfWidth(of.baselineRows, alpha) + of.rankError;
  return {
    events: cuts.map(({ at, share }) => eventOf(`≤ ${at}`, [share - half, share + half], toleratedShare)),
    window: { rows: of.liveRows, counts: cuts.map(({ live }) => live) },
  };
}

/**
 * The most frequent categories. Which they are was seen in the same data that their shares are estimated from: a union over as many
 * categories as the baseline has rows pays for that.
 */
export function watchCategories(
  baseline: readonly Category[],
  live: { readonly counts: ReadonlyMap<string, number>; readonly total: number },
  { alpha, toleratedShare }: WatchPlan
): Watched {
  const rows = baseline.reduce((sum, { count }) => sum + count, 0);
  const top = baseline.slice(0, MOST_WATCHED);
  return {
    events: top.map(({ value, count }) =>
      eventOf(value, chernoffRange(count, rows, alpha / Math.max(1, rows)), toleratedShare)
    ),
    window: { rows: live.total, counts: top.map(({ value }) => live.counts.get(value) ?? 0) },
  };
}

export function watchMissing(
  baseline: { readonly missing: number; readonly rows: number },
  live: { readonly missing: number; readonly rows: number },
  { alpha, toleratedShare }: WatchPlan
): Watched {
  return {
    events: [eventOf('missing', chernoffRange(baseline.missing, baseline.rows, alpha), toleratedShare)],
    window: { rows: live.rows, counts: [live.missing] },
  };
}

/** A subject of the budget with its counts. */
export interface WatchedFeature {
  readonly subject: WatchedSubject;
  readonly window: WindowCounts;
}

export const asSubject = (subject: string, { events, window }: Watched): WatchedFeature => ({
  subject: { subject, events },
  window,
});

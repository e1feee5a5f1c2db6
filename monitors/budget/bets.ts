import type { WatchedEvent, WatchedSubject, WindowCounts } from './types';

/**
 * Changes that are bet on, as multiples of the odds of an event: one to find small changes with much data, one to find large ones
 * at once.
 */
const ODDS_MULTIPLES = [1.4, 2.5] as const;

/** One bet: that an event's share has left its range on one side. */
interface Bet {
  readonly event: number;
  readonly nullShare: number;
  readonly share: number;
}

function shifted(share: number, multiple: number): number {
  const odds = (share / (1 - share)) * multiple;
  return odds / (1 + odds);
}

/** No bet is placed on a side on which every share is allowed. */
function betsOn({ low, high }: WatchedEvent, event: number): Bet[] {
  return ODDS_MULTIPLES.flatMap((multiple) => [
    ...(high < 1 && high > 0 ? [{ event, nullShare: high, share: shifted(high, multiple) }] : []),
    ...(low > 0 && low < 1 ? [{ event, nullShare: low, share: shifted(low, 1 / multiple) }] : []),
  ]);
}

export const betsOf = (subject: WatchedSubject): readonly Bet[] => subject.events.flatMap(betsOn);

/**
 * Log likelihood ratio of a window's count: an e-value for every share on the null's side of `nullShare`, since the ratio is
 * monotone in the count.
 */
export function logRatio(bet: Bet, { rows, counts }: WindowCounts): number {
  const hits = counts[bet.event] ?? 0;
  return hits * Math.log(bet.share / bet.nullShare) + (rows - hits) * Math.log((1 - bet.share) / (1 - bet.nullShare));
}

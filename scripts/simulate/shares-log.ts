import type { SharesChange } from '../../rollout';
import type { SharesAt } from './world';

/** Every change of the shares, oldest first. A rollout remembers the last few; a world is asked about ticks that close long after. */
export type SharesLog = readonly SharesChange[];

/** The log with the changes that a rollout has made since. */
export function withShares(log: SharesLog, recent: readonly SharesChange[]): SharesLog {
  const from = recent.findLastIndex((change) => log.includes(change)) + 1;
  return from === recent.length ? log : [...log, ...recent.slice(from)];
}

export function sharesBy(log: SharesLog): SharesAt {
  return (atMs) => log.findLast(({ sinceMs }) => sinceMs <= atMs)?.sharesPct ?? {};
}

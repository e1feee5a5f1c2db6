import { formatCount } from '../../guards/wording';
import type { DataIssue } from '../data/types';
import type { Check } from '../types';
import type { BusinessOptions } from './options';

/**
 * The check of a window for which an object of events could not be read; `undefined` where all could. A call without an event counts as one that
 * nothing followed, so what is left would say that business is worse, or that two variants differ, by what happened to be lost.
 */
export function eventsUnread({ event }: BusinessOptions, issues: readonly DataIssue[]): Check | undefined {
  const unread = issues.find(({ kind }) => kind === 'unreadable');
  if (unread === undefined) return undefined;
  const { count, first } = unread;
  const objects = count === 1 ? 'an object of events' : `${formatCount(count)} objects of events`;
  return {
    subject: event,
    check: 'business_baseline_check',
    verdict: 'error',
    ...{ value: null, interval: null, threshold: null },
    reason: `${event}: ${objects} could not be read, the first is ${first.source} (${first.note ?? 'unknown reason'}); put it right or take it away, and judge again`,
  };
}

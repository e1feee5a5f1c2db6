import type { MonitorSpec } from './monitor-types';
import type { RolloutSpec } from './types';

/** How late an event may be written and is still waited for, so that it is seen of both arms alike. */
export const EVENT_LAG_MS = 60_000;

/** More windows than this are not looked at again in every run. */
export const MOST_LATE_WINDOWS = 200;

/** The business monitor's own default of `withinMs`. */
const EVENT_WITHIN_MS = 1_800_000;

/** After the end of a window, what its verdict rests on is there. */
export interface Ripening {
  readonly what: 'labels' | 'events';
  readonly ms: number;
}

/** What a monitor waits for that comes after the answers themselves; null: nothing. */
export function ripeningOf(
  { kind, options }: Pick<MonitorSpec, 'kind' | 'options'>,
  groundTruth: RolloutSpec['groundTruth']
): Ripening | null {
  if (kind === 'business') {
    const withinMs = options['withinMs'];
    return { what: 'events', ms: (typeof withinMs === 'number' ? withinMs : EVENT_WITHIN_MS) + EVENT_LAG_MS };
  }
  if ((kind !== 'modelQuality' && kind !== 'conceptDrift') || groundTruth === undefined) return null;
  return { what: 'labels', ms: groundTruth.maturityMs };
}

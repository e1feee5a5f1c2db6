import type { ScheduleTimes } from './schedule-types';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Time between two runs, where the schedule is as even as that; null where only the writer can say what a window is. */
export function cadenceOf(times: ScheduleTimes | undefined): number | null {
  if (times === undefined) return null;
  if (times.kind === 'interval') return times.everyMs;
  if (times.kind === 'calendar' || times.expressions.length !== 1) return null;
  const [minute = '', hour = '', ...rest] = times.expressions[0]?.split(' ') ?? [];
  const every = /^\*\/(\d+)$/;
  if (rest.join(' ') !== '* * *') return rest.join(' ') === '* * 0' && /^\d+$/.test(hour) ? 7 * DAY_MS : null;
  if (minute === '*' && hour === '*') return 60_000;
  const minutes = every.exec(minute)?.[1];
  if (minutes !== undefined && hour === '*' && 60 % Number(minutes) === 0) return Number(minutes) * 60_000;
  if (!/^\d+$/.test(minute)) return null;
  if (hour === '*') return HOUR_MS;
  const hours = every.exec(hour)?.[1];
  if (hours !== undefined && 24 % Number(hours) === 0) return Number(hours) * HOUR_MS;
  return /^\d+$/.test(hour) ? DAY_MS : null;
}

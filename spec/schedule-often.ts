import type { ScheduleTimes } from './types';

const DAY_MS = 86_400_000;

/** Whether it may run more than once on one day of the calendar. */
export function runsOften(times: ScheduleTimes): boolean {
  switch (times.kind) {
    case 'cron':
      return times.expressions.length > 1 || times.expressions.some((one) => !/^\d+ \d+ /.test(one));
    case 'interval':
      return times.everyMs < DAY_MS;
    case 'calendar':
      return (
        times.calendars.length > 1 ||
        times.calendars.some(({ hour = [0], minute = [0] }) => hour.length > 1 || minute.length > 1)
      );
  }
}

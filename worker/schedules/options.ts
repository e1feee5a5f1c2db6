import type { ScheduleOptions, ScheduleSpec } from '@temporalio/client';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { formatDuration } from '../../spec/duration';
import type { ScheduleOverlap, ScheduleSettings, ScheduleTimes } from '../../spec/types';

const OVERLAPS: Readonly<Record<ScheduleOverlap, ScheduleOverlapPolicy>> = {
  skip: ScheduleOverlapPolicy.SKIP,
  bufferOne: ScheduleOverlapPolicy.BUFFER_ONE,
  bufferAll: ScheduleOverlapPolicy.BUFFER_ALL,
  cancelOther: ScheduleOverlapPolicy.CANCEL_OTHER,
  terminateOther: ScheduleOverlapPolicy.TERMINATE_OTHER,
  allowAll: ScheduleOverlapPolicy.ALLOW_ALL,
};

export function overlapPolicy(overlap: ScheduleOverlap): ScheduleOverlapPolicy {
  return OVERLAPS[overlap];
}

/** When a Temporal Schedule acts, from the file's settings. */
export function scheduleSpec({ times, timezone, jitterMs }: ScheduleSettings): ScheduleSpec {
  return { ...timesOf(times), timezone, jitter: jitterMs };
}

/** What it does about overlaps, missed starts and failures. */
export function schedulePolicies(settings: ScheduleSettings): NonNullable<ScheduleOptions['policies']> {
  const { overlap, catchUpWindowMs, pauseOnFailure } = settings;
  return { overlap: OVERLAPS[overlap], catchupWindow: catchUpWindowMs, pauseOnFailure };
}

/** `0 2 * * * Europe/Berlin`, `every 6h`, `02:30 on MONDAY, UTC`. */
export function scheduleText({ times, timezone, jitterMs }: ScheduleSettings): string {
  const jitter = jitterMs > 0 ? `, up to ${formatDuration(jitterMs)} later` : '';
  return `${timesText(times)} ${timezone}${jitter}`;
}

function timesOf(times: ScheduleTimes): ScheduleSpec {
  switch (times.kind) {
    case 'cron':
      return { cronExpressions: [...times.expressions] };
    case 'interval':
      return { intervals: [{ every: times.everyMs, offset: times.offsetMs }] };
    case 'calendar':
      return {
        calendars: times.calendars.map(({ minute = [0], hour = [0], dayOfMonth, month, dayOfWeek }) => ({
          minute: [...minute],
          hour: [...hour],
          ...(dayOfMonth !== undefined && { dayOfMonth: [...dayOfMonth] }),
          ...(month !== undefined && { month: month.map((one) => MONTHS[one - 1] ?? 'JANUARY') }),
          ...(dayOfWeek !== undefined && { dayOfWeek: [...dayOfWeek] }),
        })),
      };
  }
}

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

function timesText(times: ScheduleTimes): string {
  switch (times.kind) {
    case 'cron':
      return times.expressions.join(' or ');
    case 'interval':
      return `every ${formatDuration(times.everyMs)}${times.offsetMs > 0 ? ` plus ${formatDuration(times.offsetMs)}` : ''},`;
    case 'calendar':
      return times.calendars
        .map(({ minute = [0], hour = [0], dayOfMonth, month, dayOfWeek }) => {
          const two = (n: number): string => String(n).padStart(2, '0');
          const clock = hour.flatMap((h) => minute.map((m) => `${two(h)}:${two(m)}`)).join(', ');
          const days = [
            dayOfWeek?.join(', '),
            dayOfMonth && `day ${dayOfMonth.join(', ')}`,
            month && `month ${month.join(', ')}`,
          ];
          return [clock, ...days.filter((one) => one !== undefined)].join(' on ');
        })
        .join(' or ');
  }
}

import { z } from 'zod';
import { CRON_ALLOWED, CRON_PATTERN, readCron } from './cron';
import { duration, durationOrZero } from './fields';
import { nearestOf } from './nearest';
import type { Reading } from './scalar';
import { choice, exactlyOneOf, flag, scalar, withNearest } from './scalar';
import type { ScheduleSettings, ScheduleTimes, Weekday } from './schedule-types';
import { scalarOrMap } from './word-or-map';
import { given } from './given';

const WEEKDAYS: readonly [Weekday, ...Weekday[]] = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
];

/** When something runs by itself. */
export function schedule() {
  const map = z.strictObject({
    cron: z
      .array(cron())
      .min(1)
      .optional()
      .meta({ description: 'Cron expressions; it runs when any of them says so.' }),
    every: duration('Runs this often, counted from the epoch.').optional(),
    offset: durationOrZero('How much later than the full interval.').optional(),
    calendar: z.array(calendar()).min(1).optional().meta({ description: 'Times of the calendar.' }),
  });
  return scalarOrMap({
    what: 'a schedule',
    allowed: `${CRON_ALLOWED}; or { every: 6h }, or { calendar: [{ hour: [2], dayOfWeek: [MONDAY] }] }`,
    example: '"0 2 * * *"',
    describe: 'When it runs: a cron expression, an interval, or times of the calendar.',
    json: { type: 'string', pattern: CRON_PATTERN },
    read: readCron,
    map: map.refine(...exactlyOneOf(['every', 'cron', 'calendar'], '6h')),
  });
}

/** What else a schedule is asked: the zone, and what happens when something is in its way. */
export function schedulePolicies() {
  return {
    timezone: timezone().prefault('UTC'),
    jitter: durationOrZero('Each start is moved by a random time up to this.').prefault('0s'),
    overlap: choice({
      what: 'a way to treat overlaps',
      values: ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'terminateOther', 'allowAll'],
      describe: 'What happens when a run is due while one is running.',
    }).prefault('skip'),
    catchUpWindow: duration('Starts missed while Temporal was away are made up for when no older than this.').prefault(
      '1d'
    ),
    pauseOnFailure: flag({ describe: 'Whether a run that failed pauses the schedule, with a note.' }).prefault(true),
  };
}

/** What the file says of a schedule's times, in the words of the program. */
function toTimes(file: z.output<ReturnType<typeof schedule>>): ScheduleTimes {
  if (typeof file === 'string') return { kind: 'cron', expressions: [file] };
  const { cron: expressions, every, offset, calendar: calendars } = file;
  if (expressions !== undefined) return { kind: 'cron', expressions };
  if (every !== undefined) return { kind: 'interval', everyMs: every, offsetMs: offset ?? 0 };
  const times = (calendars ?? []).map((one) => ({
    ...given('minute', one.minute),
    ...given('hour', one.hour),
    ...given('dayOfMonth', one.dayOfMonth),
    ...given('month', one.month),
    ...given('dayOfWeek', one.dayOfWeek),
  }));
  return { kind: 'calendar', calendars: times };
}

/** A schedule of the file with its policies. */
export function toSchedule(
  times: z.output<ReturnType<typeof schedule>>,
  policies: {
    readonly timezone: string;
    readonly jitter: number;
    readonly overlap: ScheduleSettings['overlap'];
    readonly catchUpWindow: number;
    readonly pauseOnFailure: boolean;
  }
): ScheduleSettings {
  const { timezone: zone, jitter, overlap, catchUpWindow, pauseOnFailure } = policies;
  return {
    times: toTimes(times),
    timezone: zone,
    jitterMs: jitter,
    overlap,
    catchUpWindowMs: catchUpWindow,
    pauseOnFailure,
  };
}

function cron() {
  return scalar({
    what: 'a cron expression',
    allowed: CRON_ALLOWED,
    example: '"0 2 * * *"',
    describe: 'A cron expression.',
    json: { type: 'string', pattern: CRON_PATTERN },
    read: readCron,
  });
}

function calendar() {
  const within = (what: string, least: number, most: number) =>
    z
      .array(
        scalar<number>({
          what: `a ${what}`,
          allowed: `a whole number from ${least} to ${most}`,
          example: String(least),
          describe: `A ${what}.`,
          json: { type: 'integer', minimum: least, maximum: most },
          read: (found) =>
            typeof found === 'number' && Number.isInteger(found) && found >= least && found <= most
              ? { ok: true, value: found }
              : { ok: false },
        })
      )
      .min(1)
      .optional();
  const rest = '; without it, all';
  return z
    .strictObject({
      minute: within('minute', 0, 59).meta({ description: 'Minutes; without it, 0.' }),
      hour: within('hour', 0, 23).meta({ description: 'Hours; without it, 0.' }),
      dayOfMonth: within('day of the month', 1, 31).meta({ description: `Days of the month${rest}.` }),
      month: within('month', 1, 12).meta({ description: `Months${rest}.` }),
      dayOfWeek: z
        .array(choice({ what: 'a day', values: WEEKDAYS, describe: 'A day of the week.' }))
        .min(1)
        .optional()
        .meta({ description: `Days of the week${rest}.` }),
    })
    .meta({ description: 'Times of the calendar; every field must match.' });
}

function timezone() {
  const read = (found: unknown): Reading<string> => {
    if (typeof found === 'string' && isZone(found)) return { ok: true, value: found };
    const zones = Intl.supportedValuesOf('timeZone');
    return { ok: false, ...withNearest(typeof found === 'string' ? nearestOf(found, zones) : undefined) };
  };
  return scalar({
    what: 'a time zone',
    allowed: 'a name of the IANA time zone database: UTC, Europe/Berlin, America/New_York',
    example: 'UTC',
    describe: 'Time zone of the schedule, and of the dates in addresses.',
    json: { type: 'string', pattern: '\\S' },
    read,
  });
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

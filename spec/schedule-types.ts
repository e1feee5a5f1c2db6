/** When something runs by itself: a Temporal Schedule, in the words of the file. */
export interface ScheduleSettings {
  readonly times: ScheduleTimes;
  /** IANA name; cron and calendars are read in it. */
  readonly timezone: string;
  /** Each start is moved by a random time up to this, so that not everybody starts at the full hour. */
  readonly jitterMs: number;
  readonly overlap: ScheduleOverlap;
  /** Starts that were missed while Temporal was away are made up for when they are no older than this. */
  readonly catchUpWindowMs: number;
  readonly pauseOnFailure: boolean;
}

export type ScheduleTimes =
  | { readonly kind: 'cron'; readonly expressions: readonly string[] }
  | { readonly kind: 'interval'; readonly everyMs: number; readonly offsetMs: number }
  | { readonly kind: 'calendar'; readonly calendars: readonly CalendarTime[] };

/** Each field lists what matches; absent: everything, but for hour and minute, which are 0. */
export interface CalendarTime {
  readonly minute?: readonly number[];
  readonly hour?: readonly number[];
  readonly dayOfMonth?: readonly number[];
  readonly month?: readonly number[];
  readonly dayOfWeek?: readonly Weekday[];
}

export type Weekday = 'MONDAY' | 'TUESDAY' | 'WEDNESDAY' | 'THURSDAY' | 'FRIDAY' | 'SATURDAY' | 'SUNDAY';

/** What happens when a run is due while one is running. */
export type ScheduleOverlap = 'skip' | 'bufferOne' | 'bufferAll' | 'cancelOther' | 'terminateOther' | 'allowAll';

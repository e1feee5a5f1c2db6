import type { ScheduleSettings, ScheduleTimes } from './schedule-types';

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

/** When a monitoring schedule of SageMaker runs: on the full hour, by so many hours counted from one of the day, in UTC. */
export interface HourlyTimes {
  readonly expression: string;
  readonly everyMs: number;
  readonly offsetMs: number;
}

/** The same times as a SageMaker ScheduleExpression; null where SageMaker has none for them. (API reference, ScheduleConfig.) */
export function monitoringTimes(
  schedule: Pick<ScheduleSettings, 'times' | 'timezone'> | undefined
): HourlyTimes | null {
  if (schedule === undefined) return null;
  const { times, timezone } = schedule;
  const everyMs = cadenceOf(times);
  if (everyMs === null || everyMs % HOUR_MS !== 0 || DAY_MS % everyMs !== 0) return null;
  if (times.kind === 'interval') return times.offsetMs === 0 ? everyHours(everyMs / HOUR_MS) : null;
  if (times.kind === 'calendar') return null;
  const [minute = '', hour = ''] = times.expressions[0]?.split(' ') ?? [];
  if (Number(minute) !== 0 || timezone !== 'UTC') return null;
  if (everyMs < DAY_MS) return everyHours(everyMs / HOUR_MS);
  return { expression: `cron(0 ${Number(hour)} ? * * *)`, everyMs, offsetMs: Number(hour) * HOUR_MS };
}

function everyHours(hours: number): HourlyTimes {
  const expression =
    hours === 1 ? 'cron(0 * ? * * *)' : hours === 24 ? 'cron(0 0 ? * * *)' : `cron(0 0/${hours} ? * * *)`;
  return { expression, everyMs: hours * HOUR_MS, offsetMs: 0 };
}

import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions, ScheduleSpec } from '@temporalio/client';
import type { ScheduleOverlap, ScheduleSettings, ScheduleTimes } from '../spec/types';

const OVERLAP: Readonly<Record<ScheduleOverlap, ScheduleOverlapPolicy>> = {
  skip: ScheduleOverlapPolicy.SKIP,
  bufferOne: ScheduleOverlapPolicy.BUFFER_ONE,
  bufferAll: ScheduleOverlapPolicy.BUFFER_ALL,
  cancelOther: ScheduleOverlapPolicy.CANCEL_OTHER,
  terminateOther: ScheduleOverlapPolicy.TERMINATE_OTHER,
  allowAll: ScheduleOverlapPolicy.ALLOW_ALL,
};

/** A schedule of the rollout file as Temporal has it. */
export function scheduleOptions(
  { times, timezone, jitterMs, overlap, catchUpWindowMs, pauseOnFailure }: ScheduleSettings,
  action: Pick<ScheduleOptions, 'scheduleId' | 'action'> & { readonly note: string }
): ScheduleOptions {
  return {
    scheduleId: action.scheduleId,
    action: action.action,
    spec: { ...specOf(times), timezone, jitter: jitterMs },
    policies: { overlap: OVERLAP[overlap], catchupWindow: catchUpWindowMs, pauseOnFailure },
    state: { note: action.note },
  };
}

/** Makes a schedule, or brings one that is there to these settings; one that a person has paused stays paused, with its note. */
export async function upsertSchedule(client: Client, options: ScheduleOptions): Promise<'made' | 'changed'> {
  try {
    await client.schedule.create(options);
    return 'made';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { scheduleId, spec, action, policies, state } = options;
    await client.schedule.getHandle(scheduleId).update((before) => ({
      spec,
      action: { ...action, workflowId: scheduleId },
      policies: { ...policies },
      state: before.state.paused
        ? { paused: true, ...(before.state.note !== undefined && { note: before.state.note }) }
        : { paused: false, ...(state?.note !== undefined && { note: state.note }) },
    }));
    return 'changed';
  }
}

function specOf(times: ScheduleTimes): ScheduleSpec {
  switch (times.kind) {
    case 'cron':
      return { cronExpressions: [...times.expressions] };
    case 'interval':
      return { intervals: [{ every: times.everyMs, offset: times.offsetMs }] };
    case 'calendar':
      return {
        calendars: times.calendars.map(({ minute, hour, dayOfMonth, month, dayOfWeek }) => ({
          ...(minute !== undefined && { minute: [...minute] }),
          ...(hour !== undefined && { hour: [...hour] }),
          ...(dayOfMonth !== undefined && { dayOfMonth: [...dayOfMonth] }),
          ...(month !== undefined && { month: month.map((one) => MONTHS[one - 1] ?? 'JANUARY') }),
          ...(dayOfWeek !== undefined && { dayOfWeek: [...dayOfWeek] }),
        })),
      };
  }
}

const MONTHS = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE', 'JULY'] as const),
  ...(['AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
];

/** The times of a schedule in a few words, for lists. */
export function timesText(times: ScheduleTimes, timezone: string): string {
  switch (times.kind) {
    case 'cron':
      return `${times.expressions.join(' and ')} ${timezone}`;
    case 'interval':
      return `every ${times.everyMs / 60_000} min`;
    case 'calendar':
      return `by the calendar, ${timezone}`;
  }
}

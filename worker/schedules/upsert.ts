import { ScheduleAlreadyRunning } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import type { ScheduleSettings } from '../../spec/types';
import { schedulePolicies, scheduleSpec, scheduleText } from './options';

/** A schedule of ours: when, and which workflow it starts. */
export interface OwnSchedule {
  readonly id: string;
  readonly settings: ScheduleSettings;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
  readonly summary: string;
  /** What the schedule's note says before its times; nothing by default. */
  readonly how?: string;
  /** What lists show without asking each schedule; fixed when it is first made. */
  readonly memo: Readonly<Record<string, unknown>>;
}

/**
 * Makes the schedule, or brings one that is there to what the file says. Whether it is paused, and by whom, stays as it is: a file does not resume
 * what a person has stopped.
 */
export async function upsertSchedule(client: Client, own: OwnSchedule): Promise<'created' | 'updated'> {
  const spec = scheduleSpec(own.settings);
  const policies = schedulePolicies(own.settings);
  const times = scheduleText(own.settings);
  const note = own.how === undefined ? times : `${own.how}, ${times}`;
  const action = {
    type: 'startWorkflow',
    workflowType: own.workflowType,
    workflowId: own.id,
    taskQueue: own.taskQueue,
    args: [...own.args],
    staticSummary: own.summary,
  } as const satisfies ScheduleOptions['action'];
  try {
    await client.schedule.create({
      scheduleId: own.id,
      ...{ spec, policies, action },
      memo: { ...own.memo },
      state: { note },
    });
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(own.id).update(({ state }) => ({
      ...{ spec, policies, action },
      state: { ...state, ...(!state.paused && { note }) },
    }));
    return 'updated';
  }
}

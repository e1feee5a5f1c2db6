import type { ScalingActivity } from '@aws-sdk/client-application-auto-scaling';
import { randomUUID } from 'node:crypto';
import { validationException } from '../wire/errors';
import type { Answered } from '../wire/types';
import type { AutoScalingContext } from './context';
import { DIMENSION, NAMESPACE } from './names';
import type { ScalingHandlers } from './operations';
import { pageOf } from './page';
import type { ActivityRecord } from './records';

const PAGE_LIMIT = 50;

/** Begins an activity and forgets the oldest of its target, so that a failing policy cannot fill the disk. */
export function recordActivity(
  context: AutoScalingContext,
  activity: Omit<ActivityRecord, 'id' | 'startMs'>
): ActivityRecord {
  const { activities } = context.tables;
  const { activitiesKept, activitiesKeptMs } = context.knobs;
  const nowMs = context.clock.now();
  const own = activities.all().filter(({ resourceId }) => resourceId === activity.resourceId);
  const taken = new Set(own.map(({ startMs }) => startMs));
  let startMs = nowMs;
  // Two of one millisecond would have no order.
  while (taken.has(startMs)) startMs += 1;
  const record: ActivityRecord = { ...activity, id: randomUUID(), startMs };
  activities.put(record);
  journal(context, record);
  const surplus = own.slice(0, Math.max(0, own.length + 1 - activitiesKept));
  const expired = activities.all().filter(({ startMs }) => startMs < nowMs - activitiesKeptMs);
  for (const old of new Set([...surplus, ...expired])) activities.remove(old);
  return record;
}

/** Moves an activity on; one that was forgotten meanwhile stays forgotten. */
export function updateActivity(
  context: AutoScalingContext,
  id: string,
  change: Pick<ActivityRecord, 'status' | 'statusMessage'>
): void {
  const known = context.tables.activities.get(id);
  if (!known) return;
  const isOver = change.status !== 'Pending' && change.status !== 'InProgress';
  const record = { ...known, ...change, ...(isOver ? { endMs: context.clock.now() } : {}) };
  context.tables.activities.put(record);
  if (record.status !== known.status) journal(context, record);
}

/** DescribeScalingActivities: newest first, those that did not scale only when asked for. */
export function activityHandlers(context: AutoScalingContext): ScalingHandlers<'DescribeScalingActivities'> {
  return {
    DescribeScalingActivities: async (input) => {
      if (input.ResourceId !== undefined && input.ScalableDimension === undefined)
        throw validationException('ScalableDimension must be specified when ResourceId is.');
      const isOurs = input.ServiceNamespace === NAMESPACE && (input.ScalableDimension ?? DIMENSION) === DIMENSION;
      const chosen = context.tables.activities
        .all()
        .filter(
          ({ resourceId, notScaled }) =>
            isOurs &&
            (input.ResourceId ?? resourceId) === resourceId &&
            (input.IncludeNotScaledActivities === true || notScaled === undefined)
        );
      const newestFirst = ({ startMs, id }: ActivityRecord): string =>
        `${String(Number.MAX_SAFE_INTEGER - startMs).padStart(16, '0')}/${id}`;
      const { page, NextToken } = pageOf(chosen, input, { keyOf: newestFirst, limit: PAGE_LIMIT });
      return { ScalingActivities: page.map(described), NextToken };
    },
  };
}

function journal(context: AutoScalingContext, { resourceId, status, description, cause }: ActivityRecord): void {
  context.journal.record({ kind: 'scaling', resource: resourceId, to: status, reason: `${description} ${cause}` });
}

function described(activity: ActivityRecord): Answered<ScalingActivity> {
  return {
    ActivityId: activity.id,
    ServiceNamespace: NAMESPACE,
    ResourceId: activity.resourceId,
    ScalableDimension: DIMENSION,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.startMs),
    EndTime: activity.endMs === undefined ? undefined : new Date(activity.endMs),
    StatusCode: activity.status,
    StatusMessage: activity.statusMessage,
    Details: activity.details,
    NotScaledReasons: activity.notScaled && [reason(activity.notScaled)],
  };
}

function reason({ code, capacity }: NonNullable<ActivityRecord['notScaled']>) {
  switch (code) {
    case 'AlreadyAtMaxCapacity':
      return { Code: code, MaxCapacity: capacity };
    case 'AlreadyAtMinCapacity':
      return { Code: code, MinCapacity: capacity };
    case 'AlreadyAtDesiredCapacity':
      return { Code: code, CurrentCapacity: capacity };
  }
}

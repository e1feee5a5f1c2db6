import type { ScheduledAction } from '@aws-sdk/client-application-auto-scaling';
import { validationException } from '../wire/errors';
import type { Answered, Checked } from '../wire/types';
import type { AutoScalingContext } from './context';
import { limitExceeded, objectNotFound } from './errors';
import { childArn, DIMENSION, NAMESPACE, parseTarget } from './names';
import type { ScalingHandlers } from './operations';
import { pageOf } from './page';
import type { ScheduledActionRecord } from './records';
import { findTarget } from './registered';
import type { Schedule } from './schedule';
import { parseSchedule } from './schedule';
import { nameKey } from './tables';
import type { PutScheduledActionCommandInput } from '@aws-sdk/client-application-auto-scaling';

const MAX_ACTIONS = 200;
const PAGE_LIMIT = 50;

type Names = 'PutScheduledAction' | 'DeleteScheduledAction' | 'DescribeScheduledActions';

/** Scheduled actions change a target's limits at a time; the capacity follows. */
export function scheduledActionHandlers(context: AutoScalingContext): ScalingHandlers<Names> {
  const { actions } = context.tables;
  return {
    PutScheduledAction: async (input) => {
      const target = findTarget(context, input);
      const old = actions.get(nameKey(target.resourceId, input.ScheduledActionName));
      if (!old && actions.all().filter(({ resourceId }) => resourceId === target.resourceId).length >= MAX_ACTIONS)
        throw limitExceeded(`A scalable target can have at most ${MAX_ACTIONS} scheduled actions.`);
      const action = actionOf(context, input, old);
      scheduleOf(action);
      actions.put(action);
      return {};
    },

    DeleteScheduledAction: async (input) => {
      parseTarget(input);
      const action = actions.get(nameKey(input.ResourceId, input.ScheduledActionName));
      if (!action) throw objectNotFound('No scheduled action found', input.ResourceId);
      actions.remove(action);
      return {};
    },

    DescribeScheduledActions: async (input) => {
      if (input.ResourceId !== undefined && input.ScalableDimension === undefined)
        throw validationException('ScalableDimension must be specified when ResourceId is.');
      const isOurs = input.ServiceNamespace === NAMESPACE && (input.ScalableDimension ?? DIMENSION) === DIMENSION;
      const chosen = actions
        .all()
        .filter(
          ({ resourceId, name }) =>
            isOurs &&
            (input.ResourceId ?? resourceId) === resourceId &&
            (!input.ScheduledActionNames?.length || input.ScheduledActionNames.includes(name))
        );
      const { page, NextToken } = pageOf(chosen, input, {
        keyOf: ({ resourceId, name }) => nameKey(resourceId, name),
        limit: PAGE_LIMIT,
      });
      return { ScheduledActions: page.map(described), NextToken };
    },
  };
}

/** When an action is due. Throws ValidationException for an expression that cannot be read. */
export function scheduleOf(action: ScheduledActionRecord): Schedule {
  const schedule = parseSchedule({
    text: action.schedule,
    timezone: action.timezone,
    baseMs: action.startMs ?? action.createdMs,
    isBaseDue: action.startMs !== undefined,
  });
  const { startMs = -Infinity, endMs = Infinity } = action;
  return ({ afterMs, untilMs }) =>
    schedule({ afterMs: Math.max(afterMs, startMs - 1), untilMs: Math.min(untilMs, endMs) });
}

/** What is not given again keeps its value, except that a new schedule is looked at from now on. */
function actionOf(
  context: AutoScalingContext,
  input: Checked<PutScheduledActionCommandInput>,
  old: ScheduledActionRecord | undefined
): ScheduledActionRecord {
  const at = { resourceId: input.ResourceId, name: input.ScheduledActionName };
  const schedule = input.Schedule ?? old?.schedule;
  if (schedule === undefined) throw validationException('Schedule must be specified to create a scheduled action.');
  const limits = {
    minCapacity: input.ScalableTargetAction?.MinCapacity ?? old?.minCapacity,
    maxCapacity: input.ScalableTargetAction?.MaxCapacity ?? old?.maxCapacity,
  };
  assertLimits(limits);
  const startMs = input.StartTime?.getTime() ?? old?.startMs;
  const endMs = input.EndTime?.getTime() ?? old?.endMs;
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs)
    throw validationException('EndTime must be after StartTime.');
  const timezone = input.Timezone ?? old?.timezone;
  const nowMs = context.clock.now();
  return {
    ...at,
    arn: old?.arn ?? childArn(context, 'scheduledAction', at),
    createdMs: old?.createdMs ?? nowMs,
    schedule,
    checkedMs: nowMs,
    ...(timezone === undefined ? {} : { timezone }),
    ...(startMs === undefined ? {} : { startMs }),
    ...(endMs === undefined ? {} : { endMs }),
    ...(limits.minCapacity === undefined ? {} : { minCapacity: limits.minCapacity }),
    ...(limits.maxCapacity === undefined ? {} : { maxCapacity: limits.maxCapacity }),
  };
}

function assertLimits(limits: {
  readonly minCapacity: number | undefined;
  readonly maxCapacity: number | undefined;
}): void {
  const { minCapacity, maxCapacity } = limits;
  if (minCapacity === undefined && maxCapacity === undefined)
    throw validationException('ScalableTargetAction must specify MinCapacity, MaxCapacity, or both.');
  if ((minCapacity ?? 0) < 0 || (maxCapacity ?? 0) < 0)
    throw validationException('Minimum capacity and maximum capacity must be greater than or equal to 0.');
  if (minCapacity !== undefined && maxCapacity !== undefined && minCapacity > maxCapacity)
    throw validationException('Maximum capacity cannot be less than minimum capacity.');
}

function described(action: ScheduledActionRecord): Answered<ScheduledAction> {
  return {
    ScheduledActionName: action.name,
    ScheduledActionARN: action.arn,
    ServiceNamespace: NAMESPACE,
    Schedule: action.schedule,
    Timezone: action.timezone,
    ResourceId: action.resourceId,
    ScalableDimension: DIMENSION,
    StartTime: action.startMs === undefined ? undefined : new Date(action.startMs),
    EndTime: action.endMs === undefined ? undefined : new Date(action.endMs),
    ScalableTargetAction: { MinCapacity: action.minCapacity, MaxCapacity: action.maxCapacity },
    CreationTime: new Date(action.createdMs),
  };
}

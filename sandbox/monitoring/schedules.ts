import type { MonitoringScheduleConfig } from '@aws-sdk/client-sagemaker';
import { arnOf } from '../sagemaker/arn';
import type { SageMakerContext } from '../sagemaker/context';
import { listPage } from '../sagemaker/listing';
import type { Handlers } from '../sagemaker/operations';
import { tagResource } from '../sagemaker/tags';
import { validationException } from '../wire/errors';
import type { Checked } from '../wire/types';
import { definitionOf, inlineDefinitionOf } from './definition';
import { assertDefinition, findDefinition } from './definitions';
import { executionsOf, summaryOf } from './executions';
import type { ScheduleRecord } from './records';
import type { MonitoringScheduler } from './scheduler';
import { executionKey } from './scheduler';
import { monitoringExists, monitoringNotFound } from './texts';
import { assertAnalysisTimes, parseTiming } from './windows';

type Names =
  | 'CreateMonitoringSchedule'
  | 'DeleteMonitoringSchedule'
  | 'DescribeMonitoringSchedule'
  | 'ListMonitoringSchedules'
  | 'StartMonitoringSchedule'
  | 'StopMonitoringSchedule'
  | 'UpdateMonitoringSchedule';

export function scheduleHandlers(context: SageMakerContext, scheduler: MonitoringScheduler): Handlers<Names> {
  const { schedules } = context.tables;
  const now = () => context.clock.now();

  function find(name: string): ScheduleRecord {
    const schedule = schedules.get(name);
    if (!schedule || context.visibility.isHidden('MonitoringSchedule', name))
      throw monitoringNotFound('Monitoring Schedule', arnOf(context, 'monitoring-schedule', name));
    return schedule;
  }

  return {
    CreateMonitoringSchedule: async (input) => {
      const name = input.MonitoringScheduleName;
      const arn = arnOf(context, 'monitoring-schedule', name);
      const meant = meaningOf(context, input.MonitoringScheduleConfig);
      if (schedules.get(name)) throw monitoringExists('Monitoring Schedule', arn);
      tagResource(context, arn, input.Tags);
      const nowMs = now();
      schedules.put(name, {
        ...{ name, arn, createdMs: nowMs, modifiedMs: nowMs, checkedMs: nowMs, status: 'Pending' },
        config: input.MonitoringScheduleConfig,
        ...meant,
      });
      context.visibility.created('MonitoringSchedule', name);
      scheduler.settle(name);
      return { MonitoringScheduleArn: arn };
    },

    UpdateMonitoringSchedule: async (input) => {
      const { endpointName: _old, ...schedule } = find(input.MonitoringScheduleName);
      const meant = meaningOf(context, input.MonitoringScheduleConfig);
      schedules.put(schedule.name, {
        ...{ ...schedule, status: 'Pending', modifiedMs: now(), checkedMs: now() },
        config: input.MonitoringScheduleConfig,
        ...meant,
      });
      scheduler.settle(schedule.name);
      return { MonitoringScheduleArn: schedule.arn };
    },

    DescribeMonitoringSchedule: async ({ MonitoringScheduleName: name }) => {
      const schedule = find(name);
      const last = executionsOf(context, schedule.name).at(-1);
      return {
        MonitoringScheduleName: schedule.name,
        MonitoringScheduleArn: schedule.arn,
        MonitoringScheduleStatus: schedule.status,
        MonitoringScheduleConfig: schedule.config,
        MonitoringType: schedule.type,
        EndpointName: schedule.endpointName,
        CreationTime: new Date(schedule.createdMs),
        LastModifiedTime: new Date(schedule.modifiedMs),
        LastMonitoringExecutionSummary: last && summaryOf(context, last),
      };
    },

    ListMonitoringSchedules: async (input) => {
      const all = schedules
        .all()
        .filter(
          ({ name, status, type, endpointName, config }) =>
            (input.StatusEquals ?? status) === status &&
            (input.MonitoringTypeEquals ?? type) === type &&
            (input.EndpointName ?? endpointName) === endpointName &&
            (input.MonitoringJobDefinitionName ?? config.MonitoringJobDefinitionName) ===
              config.MonitoringJobDefinitionName &&
            !context.visibility.isHidden('MonitoringSchedule', name)
        );
      const { page, nextToken } = listPage(all, input);
      return {
        MonitoringScheduleSummaries: page.map((schedule) => ({
          MonitoringScheduleName: schedule.name,
          MonitoringScheduleArn: schedule.arn,
          MonitoringScheduleStatus: schedule.status,
          CreationTime: new Date(schedule.createdMs),
          LastModifiedTime: new Date(schedule.modifiedMs),
          EndpointName: schedule.endpointName,
          MonitoringJobDefinitionName: schedule.config.MonitoringJobDefinitionName,
          MonitoringType: schedule.type,
        })),
        NextToken: nextToken,
      };
    },

    StartMonitoringSchedule: async ({ MonitoringScheduleName: name }) => {
      const schedule = find(name);
      if (schedule.status !== 'Stopped')
        throw validationException(
          `Monitoring Schedule ${schedule.arn} is in status ${schedule.status}. Only schedules in status Stopped can be started.`
        );
      // What would have been due while it was stopped is not made up for.
      schedules.put(name, { ...schedule, status: 'Pending', modifiedMs: now(), checkedMs: now() });
      scheduler.settle(schedule.name);
      return {};
    },

    StopMonitoringSchedule: async ({ MonitoringScheduleName: name }) => {
      const schedule = find(name);
      if (schedule.status !== 'Scheduled' && schedule.status !== 'Pending')
        throw validationException(
          `Monitoring Schedule ${schedule.arn} is in status ${schedule.status}. Only schedules in status Scheduled can be stopped.`
        );
      schedules.put(name, { ...schedule, status: 'Stopped', modifiedMs: now() });
      return {};
    },

    DeleteMonitoringSchedule: async ({ MonitoringScheduleName: name }) => {
      const schedule = find(name);
      if (scheduler.isRunning(schedule.name))
        throw validationException(
          `Monitoring Schedule ${schedule.arn} cannot be deleted while it has executions in progress.`
        );
      for (const execution of executionsOf(context, schedule.name))
        context.tables.executions.remove(executionKey(execution));
      schedules.remove(name);
      context.tables.tags.remove(schedule.arn);
      return {};
    },
  };
}

/** Checks a schedule's configuration, and says what it watches. */
function meaningOf(
  context: SageMakerContext,
  config: Checked<MonitoringScheduleConfig>
): Pick<ScheduleRecord, 'type' | 'endpointName'> {
  const { MonitoringJobDefinition: inline, MonitoringJobDefinitionName: name, ScheduleConfig: times } = config;
  if ((inline === undefined) === (name === undefined))
    throw validationException(
      'Exactly one of MonitoringJobDefinition and MonitoringJobDefinitionName must be specified.'
    );
  if (name !== undefined && config.MonitoringType === undefined)
    throw validationException('MonitoringType must be specified with MonitoringJobDefinitionName.');
  // SageMaker would pick an hour of the day; nothing tells which.
  if (!times) throw validationException('ScheduleConfig must be specified.');
  const { DataAnalysisStartTime: start, DataAnalysisEndTime: end } = times;
  assertAnalysisTimes(parseTiming(times.ScheduleExpression), { start, end });
  const type = config.MonitoringType ?? 'DataQuality';
  const definition = inline
    ? inlineDefinitionOf(inline)
    : definitionOf(findDefinition(context, { type, name: name ?? '' }));
  assertDefinition(context, definition);
  const endpointName = definition.endpoint?.EndpointName;
  return endpointName === undefined ? { type } : { type, endpointName };
}

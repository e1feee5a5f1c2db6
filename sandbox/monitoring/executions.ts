import type { MonitoringExecutionSummary } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../sagemaker/context';
import { listPage } from '../sagemaker/listing';
import type { Handlers } from '../sagemaker/operations';
import type { Answered } from '../wire/types';
import type { ExecutionRecord } from './records';
import { executionKey } from './scheduler';

/** Executions of all schedules or of one, filtered and in the order that is asked for. */
export function executionHandlers(context: SageMakerContext): Handlers<'ListMonitoringExecutions'> {
  return {
    ListMonitoringExecutions: async (input) => {
      const { ScheduledTimeAfter: after, ScheduledTimeBefore: before, MonitoringScheduleName: name } = input;
      const all = context.tables.executions
        .all()
        .map((execution) => ({ ...execution, status: statusOf(context, execution), name: executionKey(execution) }))
        .filter(
          (one) =>
            (name ?? one.scheduleName).toLowerCase() === one.scheduleName.toLowerCase() &&
            (input.EndpointName ?? one.endpointName) === one.endpointName &&
            (input.StatusEquals ?? one.status) === one.status &&
            (input.MonitoringTypeEquals ?? one.type) === one.type &&
            (input.MonitoringJobDefinitionName ?? one.definitionName) === one.definitionName &&
            (after === undefined || one.scheduledMs > after.getTime()) &&
            (before === undefined || one.scheduledMs < before.getTime())
        );
      // The list sorts by the time of creation; where the scheduled time is asked for, it takes that one's place.
      const byScheduled = (input.SortBy ?? 'CreationTime') === 'ScheduledTime';
      const { CreationTimeAfter: madeAfter, CreationTimeBefore: madeBefore, ...rest } = input;
      const sortable = all
        .filter(
          ({ createdMs }) =>
            (madeAfter === undefined || createdMs > madeAfter.getTime()) &&
            (madeBefore === undefined || createdMs < madeBefore.getTime())
        )
        .map((one) => ({
          name: one.name,
          createdMs: byScheduled ? one.scheduledMs : one.createdMs,
          modifiedMs: one.modifiedMs,
          status: one.status,
          one,
        }));
      const sortBy = input.SortBy === 'Status' ? 'Status' : 'CreationTime';
      const { page, nextToken } = listPage(sortable, { ...rest, SortBy: sortBy });
      return {
        MonitoringExecutionSummaries: page.map(({ one }) => summaryOf(context, one)),
        NextToken: nextToken,
      };
    },
  };
}

/** Oldest first. */
export function executionsOf(context: SageMakerContext, name: string): readonly ExecutionRecord[] {
  return context.tables.executions
    .all()
    .filter(({ scheduleName }) => scheduleName.toLowerCase() === name.toLowerCase())
    .sort((a, b) => a.scheduledMs - b.scheduledMs);
}

export function summaryOf(context: SageMakerContext, execution: ExecutionRecord): Answered<MonitoringExecutionSummary> {
  return {
    MonitoringScheduleName: execution.scheduleName,
    ScheduledTime: new Date(execution.scheduledMs),
    CreationTime: new Date(execution.createdMs),
    LastModifiedTime: new Date(execution.modifiedMs),
    MonitoringExecutionStatus: statusOf(context, execution),
    ProcessingJobArn: execution.jobArn,
    EndpointName: execution.endpointName,
    FailureReason: execution.failureReason,
    MonitoringJobDefinitionName: execution.definitionName,
    MonitoringType: execution.type,
  };
}

/** While its job is being stopped, an execution is, too. */
function statusOf({ tables }: SageMakerContext, { status, jobName }: ExecutionRecord): ExecutionRecord['status'] {
  if (status !== 'InProgress' || jobName === undefined) return status;
  return tables.processingJobs.get(jobName)?.status === 'Stopping' ? 'Stopping' : status;
}

import { workflowInfo } from '@temporalio/workflow';

/** Eight characters that tell this execution from every other in names of what it makes. The end is random; the beginning of a run's id is the time, which runs of one minute share. */
export function runToken(): string {
  return workflowInfo().firstExecutionRunId.replaceAll('-', '').slice(-8);
}

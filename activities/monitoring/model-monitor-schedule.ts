import { DescribeProcessingJobCommand, ListMonitoringExecutionsCommand } from '@aws-sdk/client-sagemaker';
import type { MonitoringExecutionSummary } from '@aws-sdk/client-sagemaker';
import { FailureError } from '../../sagemaker/faults';
import { ensureMonitoringSchedule } from '../../sagemaker/monitoring-schedule';
import { tagList, TAGS } from '../../sagemaker/names';
import type { HourlyTimes } from '../../spec/cadence';
import type { ActivityDeps } from '../deps';
import { readArtefacts, writeJson } from './keep';
import { runModelMonitor } from './model-monitor';
import { definitionOf } from './model-monitor-definition';
import { joinsLabels } from './model-monitor-kinds';
import { readModelMonitor } from './model-monitor-verdict';
import { evidenceOf, listData } from './objects';
import type { JobTask, MonitorOutcome } from './types';

const HOUR_MS = 3_600_000;
const POLL_MS = 15_000;
const FILES = ['statistics.json', 'constraints.json', 'constraint_violations.json', 'analysis.json'];
/** SageMaker begins an execution up to 20 minutes late; what is not there after this will not come. */
const LATEST_MS = HOUR_MS;

type Deps = Pick<ActivityDeps, 'aws' | 'now' | 'sleep' | 'heartbeat'>;

/**
 * Lets SageMaker run the monitor by a schedule of its own, and reads what its execution for this window has found. A window for which there is none
 * (it ended before the schedule was made, between two runs, or while somebody had stopped the schedule) is judged by a job of ours.
 */
export async function runByMonitoringSchedule(
  deps: Deps,
  task: JobTask,
  { times, reportsTo, lagMs }: { readonly times: HourlyTimes; readonly reportsTo: string; readonly lagMs: number }
): Promise<MonitorOutcome> {
  const { window } = task;
  // Labels come after their window, and an execution joins what is there: it is put off by whole runs.
  const afterMs = joinsLabels(task) ? Math.ceil(lagMs / times.everyMs) * times.everyMs : 0;
  const schedule = await ensureMonitoringSchedule(deps.aws.sagemaker, {
    endpoint: task.jobs.endpoint,
    monitor: task.jobs.monitor,
    expression: times.expression,
    definition: await definitionOf(deps.aws, task, { to: reportsTo, everyMs: times.everyMs, afterMs }),
    tags: tagList({ ...task.jobs.tags, [TAGS.endpoint]: task.jobs.endpoint }),
  });
  const { MonitoringScheduleName: name = '', CreationTime, MonitoringScheduleStatus: status } = schedule;
  const isDue =
    window !== null &&
    window.toMs - window.fromMs === times.everyMs &&
    (window.toMs - times.offsetMs) % times.everyMs === 0 &&
    (CreationTime?.getTime() ?? Infinity) < window.toMs + afterMs &&
    status !== 'Stopped' &&
    status !== 'Failed';
  const execution = isDue ? await executionAt(deps, name, window.toMs + afterMs) : null;
  return execution === null ? runModelMonitor(deps, task) : outcomeOf(deps, task, execution);
}

/** Waits until the execution of that time has ended; null where there is none. */
async function executionAt(deps: Deps, name: string, atMs: number): Promise<MonitoringExecutionSummary | null> {
  for (;;) {
    const { MonitoringExecutionSummaries: found = [] } = await deps.aws.sagemaker.send(
      new ListMonitoringExecutionsCommand({
        MonitoringScheduleName: name,
        ScheduledTimeAfter: new Date(atMs - 1_000),
        ScheduledTimeBefore: new Date(atMs + 1_000),
      })
    );
    const [one] = found;
    const status = one?.MonitoringExecutionStatus;
    deps.heartbeat({ doing: name, status });
    if (one !== undefined && status !== 'Pending' && status !== 'InProgress' && status !== 'Stopping') return one;
    if (one === undefined && deps.now() > atMs + LATEST_MS) return null;
    await deps.sleep(POLL_MS);
  }
}

async function outcomeOf(deps: Deps, task: JobTask, execution: MonitoringExecutionSummary): Promise<MonitorOutcome> {
  const { s3, sagemaker } = deps.aws;
  const {
    MonitoringExecutionStatus: status,
    MonitoringScheduleName: name,
    FailureReason: why = '',
    ProcessingJobArn: arn,
  } = execution;
  if (status === 'Failed' && /had no data/i.test(why))
    throw new FailureError('NoEvidence', `The execution of ${name} had no data.`);
  if (arn === undefined || (status !== 'Completed' && status !== 'CompletedWithViolations'))
    throw new FailureError('InvalidRequest', `The execution of ${name} is ${status}: ${why || 'no reason given'}`);
  const job = await sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: arn.split('/').at(-1) }));
  const from = job.ProcessingOutputConfig?.Outputs?.[0]?.S3Output?.S3Uri ?? '';
  // Beside what other windows have left, wherever SageMaker has put it.
  for (const [file, content] of Object.entries(await readArtefacts(s3, from, FILES)))
    await writeJson(s3, `${task.output}/${file}`, content);
  const said = job.ExitMessage ?? status;
  const objects = await listData(s3, task);
  const told = await readModelMonitor(s3, task, { said, read: objects });
  return { monitor: task.monitor, output: task.output, evidence: evidenceOf(objects.map(({ key }) => key)), ...told };
}

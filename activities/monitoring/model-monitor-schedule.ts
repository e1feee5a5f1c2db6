import { DescribeProcessingJobCommand, ListMonitoringExecutionsCommand } from '@aws-sdk/client-sagemaker';
import type { MonitoringExecutionSummary, ProcessingInstanceType } from '@aws-sdk/client-sagemaker';
import { FailureError } from '../../sagemaker/faults';
import { analyzerImage } from '../../sagemaker/monitor-images';
import { ensureMonitoringSchedule } from '../../sagemaker/monitoring-schedule';
import { tagList, TAGS } from '../../sagemaker/names';
import type { HourlyTimes } from '../../spec/cadence';
import type { ActivityDeps } from '../deps';
import { readJson, writeJson } from './keep';
import { runModelMonitor } from './model-monitor';
import { MODEL_MONITOR_PLACES as PLACES, excludedColumns } from './model-monitor-contract';
import { readModelMonitor } from './model-monitor-verdict';
import { evidenceOf, listData } from './objects';
import type { JobTask, MonitorOutcome } from './types';

const HOUR_MS = 3_600_000;
const POLL_MS = 15_000;
/** SageMaker begins an execution up to 20 minutes late; what is not there after this will not come. */
const LATEST_MS = HOUR_MS;
/** The whole time between two runs, but for the start of the instance. */
const MAX_RUNTIME_SECONDS = 3_300;

type Deps = Pick<ActivityDeps, 'aws' | 'now' | 'sleep' | 'heartbeat'>;

/**
 * Lets SageMaker run the monitor by a schedule of its own, and reads what its execution for this window has found. A window for which there is none
 * (it ended before the schedule was made, between two runs, or while somebody had stopped the schedule) is judged by a job of ours.
 */
export async function runByMonitoringSchedule(
  deps: Deps,
  task: JobTask,
  { times, reportsTo }: { readonly times: HourlyTimes; readonly reportsTo: string }
): Promise<MonitorOutcome> {
  const { window } = task;
  const schedule = await ensureMonitoringSchedule(deps.aws.sagemaker, {
    endpoint: task.jobs.endpoint,
    monitor: task.jobs.monitor,
    expression: times.expression,
    definition: await definitionOf(deps, task, reportsTo),
    tags: tagList({ ...task.jobs.tags, [TAGS.endpoint]: task.jobs.endpoint }),
  });
  const { MonitoringScheduleName: name = '', CreationTime, MonitoringScheduleStatus: status } = schedule;
  const isDue =
    window !== null &&
    window.toMs - window.fromMs === times.everyMs &&
    (window.toMs - times.offsetMs) % times.everyMs === 0 &&
    (CreationTime?.getTime() ?? Infinity) < window.toMs &&
    status !== 'Stopped' &&
    status !== 'Failed';
  const execution = isDue ? await executionAt(deps, name, window.toMs) : null;
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
  for (const file of ['statistics.json', 'constraints.json', 'constraint_violations.json']) {
    const content = await readJson<unknown>(s3, `${from}/${file}`);
    if (content !== null) await writeJson(s3, `${task.output}/${file}`, content);
  }
  const said = job.ExitMessage ?? status;
  const told = await readModelMonitor(s3, { output: task.output, said, isBaseline: false });
  const objects = await listData(s3, task);
  return { monitor: task.monitor, output: task.output, evidence: evidenceOf(objects.map(({ key }) => key)), ...told };
}

async function definitionOf(
  { aws }: Deps,
  task: JobTask,
  to: string
): Promise<Parameters<typeof ensureMonitoringSchedule>[1]['definition']> {
  const { endpoint, image, instanceType, roleArn } = task.jobs;
  const exclude = excludedColumns(task);
  return {
    DataQualityAppSpecification: { ImageUri: image ?? analyzerImage(await aws.sagemaker.config.region()) },
    DataQualityBaselineConfig: {
      ConstraintsResource: { S3Uri: `${task.baseline}/constraints.json` },
      StatisticsResource: { S3Uri: `${task.baseline}/statistics.json` },
    },
    DataQualityJobInput: {
      EndpointInput: {
        EndpointName: endpoint,
        LocalPath: PLACES.data,
        ...(exclude.length > 0 && { ExcludeFeaturesAttribute: exclude.join(',') }),
      },
    },
    DataQualityJobOutputConfig: {
      MonitoringOutputs: [{ S3Output: { S3Uri: to, LocalPath: PLACES.output, S3UploadMode: 'EndOfJob' } }],
    },
    JobResources: {
      ClusterConfig: { InstanceCount: 1, InstanceType: instanceType as ProcessingInstanceType, VolumeSizeInGB: 20 },
    },
    RoleArn: roleArn,
    StoppingCondition: { MaxRuntimeInSeconds: MAX_RUNTIME_SECONDS },
  };
}

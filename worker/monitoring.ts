import { Context } from '@temporalio/activity';
import { beating } from '../activities/beating';
import { translated } from '../activities/failures';
import { hostedModel, withCopiedModel } from '../activities/monitoring/copied-model';
import type { CopiedModel } from '../activities/monitoring/copied-model';
import { runMonitor } from '../activities/monitoring/run-monitor';
import { createObjectReader } from '../activities/evidence/objects';
import type { Engine } from '../activities/monitoring/judge-window';
import { monitorHome } from '../activities/monitoring/keep';
import { runByMonitoringSchedule } from '../activities/monitoring/model-monitor-schedule';
import { monitoringTimes } from '../spec/cadence';
import { runModelMonitor } from '../activities/monitoring/model-monitor';
import { runProcessing } from '../activities/monitoring/run-processing';
import { runSystemMonitor } from '../activities/monitoring/system';
import type { SystemDeps } from '../activities/monitoring/system';
import { createMonitorRunActivities } from '../activities/monitoring/runs';
import type { MonitorRunActivities, RetrainingActivities, WindowRun } from '../activities/monitoring/run-types';
import type { MonitoringActivities, MonitorOutcome, MonitorTask } from '../activities/monitoring/types';
import type { ModelCaller } from '../monitors/types';
import type { AwsClients } from '../sagemaker/clients';
import { FailureError } from '../sagemaker/faults';
import { jobsOf } from '../rollout';
import type { MonitorEngine } from '../spec/types';
import { readPipeline } from './pipeline';

type Activities = Pick<MonitoringActivities, 'runMonitor' | 'runProcessing' | 'runModelMonitor'> &
  Pick<MonitorRunActivities, 'lookAround' | 'judgeWindow' | 'postAlert'> &
  RetrainingActivities;

/** What monitors, baselines and retraining ask of the outside. */
export function createMonitoringActivities({ aws }: { readonly aws: AwsClients }): Activities {
  const objects = createObjectReader(aws.s3);
  const deps = () => ({
    aws,
    objects,
    now: Date.now,
    heartbeat: (details?: unknown) => Context.current().heartbeat(details),
    sleep: (ms: number) => Context.current().sleep(ms),
    signal: Context.current().cancellationSignal,
    readPipeline: (of: Parameters<SystemDeps['readPipeline']>[0]) => {
      const { client, info } = Context.current();
      const heartbeat = (): void => Context.current().heartbeat({ doing: 'read schedules' });
      return readPipeline(client, { ...of, taskQueue: info.taskQueue, heartbeat });
    },
  });
  // The system is watched by its metrics; all others by data.
  const inWorker = (task: MonitorTask, model?: ModelCaller): Promise<MonitorOutcome> =>
    task.monitor === 'system'
      ? runSystemMonitor(deps(), task)
      : runMonitor({ ...deps(), ...(model && { model }) }, task);
  /** Attributions ask a copy of the model that is judged. */
  const withCopy = <T>(
    task: MonitorTask,
    { request, target: { variant } }: WindowRun,
    use: (copied?: CopiedModel) => Promise<T>
  ): Promise<T> => {
    if (task.monitor !== 'attribution') return use();
    const owner = `monitor ${request.monitor.name}`;
    return withCopiedModel(deps(), { endpoint: request.of.endpoint, variant, owner, options: task.options }, use);
  };
  const engines: Readonly<Record<MonitorEngine, Engine>> = {
    worker: (task, run) => withCopy(task, run, (copied) => inWorker(task, copied?.model)),
    processing: (task, run) =>
      withCopy(task, run, (copied) =>
        runProcessing(
          { ...deps(), ...(copied && { copied }) },
          { ...task, jobs: jobsOf(run.request.monitor, run.request.of) }
        )
      ).catch((error: unknown) => withoutData(error, task)),
    modelMonitor: (task, run) => byModelMonitor(deps(), task, run).catch((error: unknown) => withoutData(error, task)),
  };
  return {
    runMonitor: (task) => translated(`make a ${task.monitor} baseline`, () => beating(() => inWorker(task))),
    runProcessing: (task) =>
      translated(`make a ${task.monitor} baseline by Processing`, () => runProcessing(deps(), task)),
    runModelMonitor: (task) =>
      translated(`make a ${task.monitor} baseline by Model Monitor`, () => runModelMonitor(deps(), task)),
    ...createMonitorRunActivities({ aws, now: Date.now, engines }),
  };
}

/** SageMaker's schedule knows the regular windows of what serves; all else is asked by a job. */
async function byModelMonitor(
  deps: Parameters<typeof runByMonitoringSchedule>[0],
  task: MonitorTask,
  { request, purpose, target }: WindowRun
): Promise<MonitorOutcome> {
  const { monitor, of } = request;
  const model =
    task.monitor === 'attribution' ? await hostedModel(deps, { endpoint: of.endpoint, variant: target.variant }) : null;
  const jobs = {
    ...jobsOf(monitor, of),
    ...(model && { model: { name: model.modelName, instanceType: model.instanceType } }),
  };
  const asked = { ...task, jobs };
  // A baseline has no execution.
  const isRegular = purpose === 'regular' && task.baseline !== null;
  const times = monitor.monitoringSchedule === true && isRegular ? monitoringTimes(monitor.schedule) : null;
  if (times === null) return runModelMonitor(deps, asked);
  const reportsTo = `${monitorHome(request)}/sagemaker`;
  return runByMonitoringSchedule(deps, asked, { times, reportsTo, lagMs: monitor.lagMs });
}

/** SageMaker starts no job without an object: that is a window without data, and no fault. */
function withoutData(error: unknown, { monitor, output }: MonitorTask): MonitorOutcome {
  if (!(error instanceof FailureError) || error.failure.type !== 'NoEvidence') throw error;
  return {
    monitor,
    verdict: 'inconclusive',
    reason: error.failure.what.includes(' label ') ? error.failure.what : 'Nothing was captured in this window.',
    rows: { read: 0, used: 0 },
    violations: [],
    violationCount: 0,
    issueCounts: {},
    output,
    carry: null,
    evidence: { objects: 0, bytes: 0, sha256: '' },
  };
}

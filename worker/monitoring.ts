import { Context } from '@temporalio/activity';
import { translated } from '../activities/failures';
import { createObjectReader } from '../activities/evidence/objects';
import { lookForLate, runMonitor } from '../activities/monitoring/run-monitor';
import { createMonitorRunActivities } from '../activities/monitoring/runs';
import type { MonitorRunActivities, RetrainingActivities } from '../activities/monitoring/run-types';
import { runSystemMonitor } from '../activities/monitoring/system';
import type { MonitoringActivities, MonitorTask } from '../activities/monitoring/types';
import type { AwsClients } from '../sagemaker/clients';
import { FailureError } from '../sagemaker/faults';

type Activities = Pick<MonitoringActivities, 'runMonitor'> &
  Pick<MonitorRunActivities, 'lookAround' | 'judgeWindow' | 'postAlert'> &
  RetrainingActivities;

/** What monitors, baselines and retraining ask of the outside. */
export function createMonitoringActivities({ aws }: { readonly aws: AwsClients }): Activities {
  const inWorker = (task: MonitorTask): ReturnType<typeof runMonitor> => {
    const { heartbeat, cancellationSignal: signal } = Context.current();
    const deps = { aws, now: Date.now, heartbeat: (details?: unknown) => heartbeat(details) };
    // The system is watched by its metrics; all others by data.
    return task.monitor === 'system'
      ? runSystemMonitor({ ...deps, objects: createObjectReader(aws.s3) }, task)
      : runMonitor({ ...deps, signal }, task);
  };
  const engines = {
    worker: inWorker,
    processing: notHere('processing'),
    modelMonitor: notHere('modelMonitor'),
  };
  return {
    runMonitor: (task) => translated(`make a ${task.monitor} baseline`, () => inWorker(task)),
    ...createMonitorRunActivities({ aws, now: Date.now, engines, lookForLate: (task) => lookForLate({ aws }, task) }),
  };
}

function notHere(engine: string) {
  return async (): Promise<never> => {
    throw new FailureError('InvalidRequest', `This worker has no engine ${engine}. Write \`engine: worker\`.`);
  };
}

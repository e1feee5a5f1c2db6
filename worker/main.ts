import { createActivities } from '../activities';
import { createBatchActivities } from '../activities/batch';
import { createAwsClients } from '../sagemaker/clients';
import { readWorkerConfig } from './config';
import { readPrices } from './prices';
import { createRegistryActivities } from './registry';
import { createLifecycleActivities } from './lifecycle';
import { createMonitoringActivities } from './monitoring';
import { prepareWorker, type ReadyWorker } from './run-worker';
import { installRuntime } from './runtime';
import { messageOf } from './thrown';

/** What a parent that forked this process hears once the worker polls. */
export interface WorkerReady {
  readonly kind: 'ready';
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
}

/** A forked worker must not outlive its parent, however that ended: the channel closes with it. */
function stopWithParent({ worker }: ReadyWorker): void {
  process.once('disconnect', () => {
    // It may be stopping already, by a signal to the whole group.
    if (worker.getState() === 'RUNNING') worker.shutdown();
  });
}

/**
 * The worker process: `node dist/worker/main.js`. Settings come from `SLUICE_…`, `TEMPORAL_…` and `AWS_…`. Runs until SIGTERM or SIGINT,
 * then lets activities end in peace. Ends with 0 when asked to stop, 2 for a setting that cannot be, 3 without a cluster, 70 otherwise.
 */
export async function main(): Promise<void> {
  const config = readWorkerConfig();
  const { logger } = installRuntime({ logLevel: config.logLevel, signals: 'process' });
  const aws = createAwsClients();
  try {
    const ready = await prepareWorker({
      config,
      activities: {
        ...createActivities({ aws, prices: readPrices(config.pricesFile) }),
        ...createRegistryActivities({ aws }),
        ...createLifecycleActivities({ aws }),
        ...createBatchActivities({ aws }),
        ...createMonitoringActivities({ aws }),
      },
      log: logger,
    });
    const { address, namespace } = ready;
    const running = ready.run();
    logger.info(`Polling ${config.taskQueue}`, { address, namespace });
    if (process.send !== undefined) {
      stopWithParent(ready);
      process.send({ kind: 'ready', address, namespace, taskQueue: config.taskQueue } satisfies WorkerReady);
    }
    await running;
  } finally {
    aws.close();
  }
}

function exitCodeOf(error: unknown): number {
  return error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : 70;
}

if (require.main === module) {
  main().then(
    () => {
      // An open channel to the parent would keep the process alive.
      if (process.connected) process.disconnect();
    },
    (error: unknown) => {
      const code = exitCodeOf(error);
      // A mistake in the settings needs no stack trace; a mistake of ours does.
      console.error(code === 70 ? error : messageOf(error));
      process.exit(code);
    }
  );
}

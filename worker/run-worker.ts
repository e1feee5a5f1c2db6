import type { Worker, WorkflowBundle } from '@temporalio/worker';
import { bundleKey } from './bundle';
import { type WorkerConfig } from './config';
import { connectClient, type ConnectOptions, connectWorker } from './connection';
import { createWorker } from './create-worker';
import type { Log } from './log';
import { checkSearchAttributes, createCommand } from './search-attributes';

export interface RunWorkerOptions {
  readonly config: WorkerConfig;
  readonly activities: object;
  readonly log: Log;
  readonly bundle?: WorkflowBundle;
  /** Of a versioned worker; the digest of the workflow code unless given. */
  readonly buildId?: string;
  readonly connect?: ConnectOptions;
  readonly shutdownGraceMs?: number;
}

/** A worker with its connection, polling as soon as `run` is called. */
export interface ReadyWorker {
  readonly worker: Worker;
  readonly address: string;
  readonly namespace: string;
  /** Runs until the worker is shut down, then closes the connection. */
  run(): Promise<void>;
}

/**
 * A workflow that sets an unknown search attribute cannot start, so it is said here, with the command that helps, and not later by
 * the first rollout. Only a warning: the attributes may be registered while the worker runs.
 */
async function warnAboutSearchAttributes({ connect, log }: RunWorkerOptions): Promise<void> {
  const temporal = await connectClient(connect);
  try {
    const { missing, wrongType } = await checkSearchAttributes(temporal.connection, temporal);
    if (missing.length > 0) log.warn(`Search attributes are not registered. Run: ${createCommand(missing, temporal)}`);
    for (const { name, type, found } of wrongType) {
      log.warn(
        `Search attribute ${name} is a ${found} here, not a ${type}: set SLUICE_SEARCH_ATTRIBUTES=off or remove it.`
      );
    }
  } catch (error) {
    // Temporal Cloud and restricted clusters do not let workers ask.
    log.debug('cannot look at the search attributes', { error: String(error) });
  } finally {
    await temporal.close();
  }
}

/** Connects, checks, bundles and creates the worker. Throws `TemporalUnreachable` or `TemporalRefused`. */
export async function prepareWorker(options: RunWorkerOptions): Promise<ReadyWorker> {
  const { config, activities, bundle, connect = {}, shutdownGraceMs } = options;
  const temporal = await connectWorker(connect);
  const { connection, namespace, address, dataConverter } = temporal;
  try {
    // The digest of the workflow code: what a run is pinned to changes when, and only when, that does.
    const version =
      config.deployment === null
        ? undefined
        : { deploymentName: config.deployment, buildId: options.buildId ?? (await bundleKey()) };
    if (config.searchAttributes === 'on') await warnAboutSearchAttributes(options);
    const worker = await createWorker({
      connection,
      namespace,
      taskQueue: config.taskQueue,
      activities,
      ...(bundle === undefined ? {} : { bundle }),
      ...(dataConverter === undefined ? {} : { dataConverter }),
      ...(version === undefined ? {} : { version }),
      ...(shutdownGraceMs === undefined ? {} : { shutdownGraceMs }),
    });
    return { worker, address, namespace, run: () => worker.run().finally(() => temporal.close()) };
  } catch (error) {
    await temporal.close();
    throw error;
  }
}

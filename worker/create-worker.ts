import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, type WorkflowBundle, Worker } from '@temporalio/worker';
import { workflowBundle } from './bundle';
import type { BundleOptions } from './bundle';

export interface CreateWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** What `createActivities(deps)` returns. */
  readonly activities: object;
  /** Built or taken from the cache unless given. */
  readonly bundle?: WorkflowBundle;
  readonly dataConverter?: DataConverter;
  /** The version of a worker deployment that this worker is; without it the worker is unversioned. */
  readonly version?: { readonly deploymentName: string; readonly buildId: string };
  /** How long activities may run on after a stop was asked for; `DEFAULT_GRACE_MS` unless given. */
  readonly shutdownGraceMs?: number;
}

/**
 * Long enough for the AWS call in flight to end and be recorded, so that it need not be read back by the next worker. Waits for
 * SageMaker run longer than any grace; they are cut off, and resume on another worker from their heartbeat.
 */
export const DEFAULT_GRACE_MS = 10_000;

/** After the grace, activities get this long to notice. Together below the 30 s after which Kubernetes kills a pod. */
const NOTICE_MS = 15_000;

/** A worker that is ready to `run()`; the caller owns the connection and closes it afterwards. */
export async function createWorker(options: CreateWorkerOptions): Promise<Worker> {
  const {
    connection,
    namespace,
    taskQueue,
    activities,
    dataConverter,
    version,
    shutdownGraceMs = DEFAULT_GRACE_MS,
  } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    workflowBundle: options.bundle ?? (await workflowBundle(bundleOptions(dataConverter))),
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + NOTICE_MS,
    ...(dataConverter === undefined ? {} : { dataConverter }),
    ...(version !== undefined && {
      // A run stays on the code that it began with; rollouts move between stages, owners by themselves (`workflows/renewal`).
      workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'PINNED' },
    }),
  });
}

function bundleOptions({ failureConverterPath }: DataConverter = {}): BundleOptions {
  return failureConverterPath === undefined ? {} : { failureConverterPath };
}

import { SageMaker } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutState } from '../../rollout';
import { endpointWorkflowId } from '../../rollout';
import type { SandboxReady } from '../../scripts/sandbox-process';
import type { RolloutSpec } from '../../spec/types';
import type { endpoint, rollout } from '../../workflows';
import { stateQuery, submitUpdate } from '../../workflows/messages';
import type { SubmitReceipt } from '../../workflows/messages';
import { CLASSIFIER } from './activity-world';
import type { DevServerEnvironment } from './dev-server';
import { forkSource, nextMessage } from './processes';

export type RunningRollout = WorkflowHandleWithFirstExecutionRunId<typeof rollout>;

/** Temporal's dev server, the sandbox and a worker, each a process of its own, as `sluice dev` has them; the last two can be killed. */
export class WholeStack {
  readonly buckets = {
    counts: 's3://counts/whole',
    capture: 's3://capture/whole',
    labels: 's3://labels/whole',
    assignments: 's3://assignments/whole',
  };
  private readonly dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-whole-'));
  readonly taskQueue = 'whole';
  private worker: ChildProcess | undefined;
  private sandbox: ChildProcess | undefined;
  private ready: SandboxReady | undefined;

  constructor(
    private readonly dev: () => DevServerEnvironment,
    /** How much faster the provider's waits pass. */
    private readonly speed = 1_000,
    /** What else is set for sandbox and worker. */
    private readonly env: Readonly<Record<string, string>> = {}
  ) {}

  async start(): Promise<void> {
    await this.startSandbox();
    const s3 = new S3Client(this.aws);
    for (const Bucket of ['counts', 'capture', 'labels', 'assignments'])
      await s3.send(new CreateBucketCommand({ Bucket }));
    s3.destroy();
    await this.startWorker();
  }

  /** Settings of AWS clients; one attempt a call, because a retry would hide a dropped request. */
  get aws() {
    if (this.ready === undefined) throw new Error('the sandbox has not been started');
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return { endpoint: this.ready.url, region: 'us-east-1', credentials, maxAttempts: 1 };
  }

  /** Of what can be killed. */
  get pids(): { readonly worker: number; readonly sandbox: number } {
    return { worker: this.worker?.pid ?? 0, sandbox: this.sandbox?.pid ?? 0 };
  }

  sagemaker(): SageMaker {
    return new SageMaker(this.aws);
  }

  /**
   * A client that forgets connections long before the server closes them (after 75 s): a burst that meets connections which are being
   * closed is lost, and with one attempt a call that would look like our doing.
   */
  runtime(): SageMakerRuntimeClient {
    const httpAgent = new Agent({ keepAlive: true, timeout: 10_000 });
    return new SageMakerRuntimeClient({ ...this.aws, requestHandler: { httpAgent } });
  }

  /** The first time on any free port; after a kill on the same port with the same data. */
  async startSandbox(): Promise<void> {
    const port = this.ready === undefined ? 0 : Number(new URL(this.ready.url).port);
    const options = { port, dataDir: path.join(this.dir, 'sandbox'), images: CLASSIFIER, speed: this.speed };
    this.sandbox = forkSource('scripts/sandbox-process.ts', { args: [JSON.stringify(options)], env: this.env });
    this.ready = (await nextMessage(this.sandbox)) as SandboxReady;
  }

  async startWorker(): Promise<void> {
    this.worker = forkSource('worker/main.ts', {
      env: {
        ...this.ready?.env,
        TEMPORAL_ADDRESS: this.dev().server.address,
        SLUICE_TASK_QUEUE: this.taskQueue,
        SLUICE_LOG_LEVEL: 'ERROR',
        ...this.env,
      },
    });
    await nextMessage(this.worker);
  }

  killWorker(): Promise<void> {
    return end(this.worker, 'SIGKILL');
  }

  killSandbox(): Promise<void> {
    return end(this.sandbox, 'SIGKILL');
  }

  /** Submits a rollout as the command line does. */
  async submit(spec: RolloutSpec, who = 'ana@example.org'): Promise<RunningRollout> {
    const { client } = this.dev().env;
    const start = new WithStartWorkflowOperation<typeof endpoint>('endpoint', {
      workflowId: endpointWorkflowId(spec.endpoint),
      taskQueue: this.taskQueue,
      args: [{ endpoint: spec.endpoint, carried: null }],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    const receipt: SubmitReceipt = await client.workflow.executeUpdateWithStart(submitUpdate, {
      startWorkflowOperation: start,
      args: [{ spec, who }],
    });
    return client.workflow.getHandle<typeof rollout>(receipt.rolloutId) as RunningRollout;
  }

  /** The rollout's state once it fulfils `condition`; fails when it ends without. */
  async until(handle: RunningRollout, condition: (state: RolloutState) => boolean): Promise<RolloutState> {
    for (;;) {
      const state = await handle.query(stateQuery);
      if (condition(state)) return state;
      if (state.phase.kind === 'ended') throw new Error(`it ended: ${JSON.stringify(state.phase.outcome)}`);
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    await end(this.worker, 'SIGTERM');
    await end(this.sandbox, 'SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function end(child: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { logHint } from '../fleet/failure';
import { onAbort } from '../engine/on-abort';
import type { ContainerProcess } from '../fleet/process';
import { startProcess } from '../fleet/process';
import type { SageMakerContext } from '../sagemaker/context';
import type { JobContainer } from './command';
import { commandOf } from './command';
import { graceMs } from './grace';

/** SageMaker waits two minutes between SIGTERM and SIGKILL. */
const STOP_GRACE_PROVIDER_MS = 120_000;

/** The container that one host of a job runs once. */
export class HostContainer {
  readonly #id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
  readonly logFile: string;
  /** Stands for `/opt/ml`. */
  readonly base: string;
  #process: ContainerProcess | undefined;

  constructor(
    private readonly context: SageMakerContext,
    private readonly of: {
      readonly jobName: string;
      readonly container: JobContainer;
      readonly host: string;
      readonly dir: string;
    }
  ) {
    this.base = path.join(of.dir, of.host, 'opt', 'ml');
    this.logFile = path.join(context.fleets.dataDir, 'logs', of.jobName, of.host, `${this.#id}.log`);
  }

  /** `algo-1` and so on. */
  get name(): string {
    return this.of.host;
  }

  /** Process id while the container runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves with the exit code; an abort ends the container, with a grace. Rejects with JobFailure when it cannot be run at all. */
  async run(signal: AbortSignal, meanwhile?: (life: AbortSignal) => Promise<void>): Promise<number> {
    const { context, base, logFile } = this;
    const { jobName, container, host } = this.of;
    const name = `sagemaker-sandbox-${randomUUID()}`;
    const aws = await context.fleets.awsEnvironment();
    const running = startProcess({ ...commandOf(context.fleets, { container, host, base, name, aws }), logFile });
    this.#process = running;
    const site = { service: 'runtime', operation: 'InvokeEndpoint', resource: jobName, variant: host } as const;
    if (context.faults.strike(['crash'], site, ({ at }) => at === 'start')) running.kill();
    context.journal.record({ kind: 'container', resource: `${jobName}/${host}`, to: 'started' });
    const life = new AbortController();
    const { speed } = context.clock;
    const stop = (): void => void running.terminate(graceMs(signal, { providerMs: STOP_GRACE_PROVIDER_MS, speed }));
    // It may have been stopped already, while its rights were asked for.
    const forget = onAbort(signal, stop);
    const following = meanwhile?.(life.signal);
    const exitCode = await running.exited;
    forget();
    this.#process = undefined;
    life.abort();
    context.journal.record({ kind: 'container', resource: `${jobName}/${host}`, to: `exited with code ${exitCode}` });
    await following;
    return exitCode;
  }

  /** What the sandbox adds to a failure: where the log is, and its end. */
  hint(): string {
    const hint = logHint({ variant: this.of.host, label: this.of.jobName, logFile: this.logFile });
    return hint.replace(/^ \(Sandbox: /, '').replace(/\.\)$/, '');
  }
}

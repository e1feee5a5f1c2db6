import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ContainerProcess } from '../../fleet/process';
import { startProcess } from '../../fleet/process';
import { logHint } from '../../fleet/failure';
import type { SageMakerContext } from '../../sagemaker/context';
import { JobFailure, seeJobLogs } from '../failure';
import { graceMs } from '../grace';
import type { ProcessingJobRecord } from '../records';
import { writeConfigFiles } from './config-files';
import { commandOf } from './command';
import type { HostFile } from './inputs';
import { download } from './inputs';
import { exitMessageOf } from './exit-message';
import { HostOutputs } from './outputs';

/** SageMaker waits two minutes between SIGTERM and SIGKILL. */
const STOP_GRACE_PROVIDER_MS = 120_000;

/** What one host's container left behind. */
export interface HostEnd {
  readonly exitMessage: string | undefined;
  readonly failure?: JobFailure;
  /** Stands for `/opt/ml`; there until the job's folder is removed. */
  readonly base: string;
}

/** One instance of a processing job: copies its inputs, runs the container once, and stores what it writes. */
export class ProcessingHost {
  readonly id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
  readonly logFile: string;
  readonly base: string;
  #process: ContainerProcess | undefined;

  constructor(
    private readonly context: SageMakerContext,
    private readonly of: {
      readonly job: ProcessingJobRecord;
      readonly host: string;
      readonly hosts: readonly string[];
      readonly dir: string;
    }
  ) {
    this.base = path.join(of.dir, of.host, 'opt', 'ml');
    this.logFile = path.join(context.fleets.dataDir, 'logs', of.job.name, of.host, `${this.id}.log`);
  }

  /** `algo-1` and so on. */
  get name(): string {
    return this.of.host;
  }

  /** Process id while the container runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Rejects with JobFailure when the container could not be run at all. An abort ends it, with a grace. */
  async run(files: readonly HostFile[], signal: AbortSignal): Promise<HostEnd> {
    const { context, base } = this;
    const { job, host, hosts } = this.of;
    const outputs = new HostOutputs(context, job, base);
    for (const dir of [path.join(base, 'output'), ...outputs.folders]) await mkdir(dir, { recursive: true });
    await writeConfigFiles(base, job, { host, hosts });
    await download(context, files, base);
    if (signal.aborted) return { exitMessage: undefined, base };
    const exitCode = await this.#runContainer(outputs, signal);
    const exitMessage = await exitMessageOf(base);
    if (exitMessage === 'not UTF-8')
      return {
        exitMessage: undefined,
        base,
        failure: new JobFailure('ClientError: The exit message is not UTF-8 text.'),
      };
    const ended = { exitMessage: exitMessage?.text, base };
    if (signal.aborted) return ended;
    if (exitCode !== 0 && context.knobs.failedProcessingOutputs === 'stored') await outputs.uploadAtEnd();
    if (exitCode !== 0) return { ...ended, failure: seeJobLogs('AlgorithmError', { exitCode, hint: this.#hint() }) };
    await outputs.uploadAtEnd();
    return ended;
  }

  async #runContainer(outputs: HostOutputs, signal: AbortSignal): Promise<number> {
    const { context, base, logFile } = this;
    const { job, host } = this.of;
    const name = `sagemaker-sandbox-${randomUUID()}`;
    const aws = await context.fleets.awsEnvironment();
    const running = startProcess({ ...commandOf(context.fleets, { job, host, base, name, aws }), logFile });
    this.#process = running;
    const site = { service: 'runtime', operation: 'InvokeEndpoint', resource: job.name, variant: host } as const;
    if (context.faults.strike(['crash'], site, ({ at }) => at === 'start')) running.kill();
    context.journal.record({ kind: 'container', resource: `${job.name}/${host}`, to: 'started' });
    const life = new AbortController();
    const { speed } = context.clock;
    const stop = (): void => void running.terminate(graceMs(signal, { providerMs: STOP_GRACE_PROVIDER_MS, speed }));
    signal.addEventListener('abort', stop, { once: true });
    const following = outputs.follow(life.signal);
    const exitCode = await running.exited;
    signal.removeEventListener('abort', stop);
    this.#process = undefined;
    life.abort();
    context.journal.record({ kind: 'container', resource: `${job.name}/${host}`, to: `exited with code ${exitCode}` });
    await following;
    return exitCode;
  }

  #hint(): string {
    const { job, host } = this.of;
    const hint = logHint({ variant: host, label: job.name, logFile: this.logFile });
    return hint.replace(/^ \(Sandbox: /, '').replace(/\.\)$/, '');
  }
}

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { SageMakerContext } from '../../sagemaker/context';
import { JobFailure, seeJobLogs } from '../failure';
import { HostContainer } from '../host-container';
import type { ProcessingJobRecord } from '../records';
import { writeConfigFiles } from './config-files';
import type { HostFile } from './inputs';
import { download } from './inputs';
import { exitMessageOf } from './exit-message';
import { HostOutputs } from './outputs';

/** What one host's container left behind. */
export interface HostEnd {
  readonly exitMessage: string | undefined;
  readonly failure?: JobFailure;
  /** Stands for `/opt/ml`; there until the job's folder is removed. */
  readonly base: string;
}

/** One instance of a processing job: copies its inputs, runs the container once, and stores what it writes. */
export class ProcessingHost {
  readonly container: HostContainer;

  constructor(
    private readonly context: SageMakerContext,
    private readonly of: {
      readonly job: ProcessingJobRecord;
      readonly host: string;
      readonly hosts: readonly string[];
      readonly dir: string;
    }
  ) {
    const { job, host, dir } = of;
    const { ImageUri, ContainerEntrypoint, ContainerArguments = [] } = job.input.AppSpecification;
    this.container = new HostContainer(context, {
      ...{ jobName: job.name, host, dir },
      container: {
        image: ImageUri,
        entrypoint: ContainerEntrypoint,
        arguments: ContainerArguments,
        environment: job.input.Environment ?? {},
      },
    });
  }

  get base(): string {
    return this.container.base;
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
    const exitCode = await this.container.run(signal, (life) => outputs.follow(life));
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
    if (exitCode !== 0)
      return { ...ended, failure: seeJobLogs('AlgorithmError', { exitCode, hint: this.container.hint() }) };
    await outputs.uploadAtEnd();
    return ended;
  }
}

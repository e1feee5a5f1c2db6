import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { MetricSink } from '../../ports';
import type { SageMakerContext } from '../../sagemaker/context';
import { JobFailure } from '../failure';
import type { ProcessingJobRecord } from '../records';
import type { JobEnd, JobKind } from '../runner';
import { runTogether } from '../together';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './config-files';
import { publishMetrics } from './container-metrics';
import { joinedMessages } from './exit-message';
import type { HostEnd } from './host';
import { ProcessingHost } from './host';
import { inputsByHost } from './inputs';

/** Processing jobs, and the hosts of those that run now. */
export class ProcessingJobs implements JobKind<ProcessingJobRecord> {
  readonly createOperation = 'CreateProcessingJob';
  readonly #hosts = new Map<string, readonly ProcessingHost[]>();

  constructor(
    private readonly context: SageMakerContext,
    private readonly sink: MetricSink
  ) {}

  get table() {
    return this.context.tables.processingJobs;
  }

  /** The hosts of every job that runs, by the job's name. */
  get hosts(): ReadonlyMap<string, readonly ProcessingHost[]> {
    return this.#hosts;
  }

  instanceType({ input }: ProcessingJobRecord): string {
    return input.ProcessingResources.ClusterConfig.InstanceType ?? '';
  }

  maxRuntimeMs({ input }: ProcessingJobRecord): number {
    return (input.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS) * 1000;
  }

  async run(
    job: ProcessingJobRecord,
    { signal }: { readonly signal: AbortSignal }
  ): Promise<JobEnd<ProcessingJobRecord>> {
    const { context } = this;
    const dir = path.join(context.fleets.dataDir, 'fleets', `${job.name}-${randomUUID().slice(0, 8)}`);
    const count = job.input.ProcessingResources.ClusterConfig.InstanceCount ?? 1;
    const names = Array.from({ length: count }, (_, index) => `algo-${index + 1}`);
    const hosts = names.map((host) => new ProcessingHost(context, { job, host, hosts: names, dir }));
    try {
      const files = await inputsByHost(context, job, count);
      this.#hosts.set(job.name, hosts);
      const ends = await runTogether(hosts, signal, (host, index, own) =>
        endOf(host, () => host.run(files[index] ?? [], own))
      );
      const message = joinedMessages(ends.map(({ exitMessage }) => exitMessage));
      const failure = ends.find((end) => end.failure)?.failure;
      if (!failure && !signal.aborted)
        for (const { base } of ends) await publishMetrics(this.sink, job, { base, nowMs: context.clock.now() });
      return {
        ...(message === undefined ? {} : { members: { exitMessage: message } }),
        ...(failure ? { failure } : {}),
      };
    } finally {
      this.#hosts.delete(job.name);
      await rm(dir, { recursive: true, force: true });
    }
  }
}

/** A host that could not be run at all has failed as one that ran has. */
async function endOf(host: ProcessingHost, run: () => Promise<HostEnd>): Promise<HostEnd> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    return { exitMessage: undefined, base: host.base, failure: error };
  }
}

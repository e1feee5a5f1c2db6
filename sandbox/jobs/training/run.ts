import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SageMakerContext } from '../../sagemaker/context';
import { JobFailure, noObjects, seeJobLogs } from '../failure';
import { CLOSING } from '../grace';
import { HostContainer } from '../host-container';
import { download, objectsAt, shareOut } from '../processing/inputs';
import type { HostFile } from '../processing/inputs';
import type { TrainingJobRecord } from '../records';
import type { JobEnd, JobKind } from '../runner';
import { DEFAULT_MAX_RUNTIME_SECONDS } from '../processing/config-files';
import { runTogether } from '../together';
import { failureText, outputUrl, storeArchive } from './artifact';
import { writeConfigFiles } from './config-files';

interface TrainingHost {
  readonly container: HostContainer;
}

/** Training jobs, and the hosts of those that run now. */
export class TrainingJobs implements JobKind<TrainingJobRecord> {
  readonly createOperation = 'CreateTrainingJob';
  readonly #hosts = new Map<string, readonly TrainingHost[]>();

  constructor(private readonly context: SageMakerContext) {}

  get table() {
    return this.context.tables.trainingJobs;
  }

  /** The hosts of every job that runs, by the job's name. */
  get hosts(): ReadonlyMap<string, readonly TrainingHost[]> {
    return this.#hosts;
  }

  instanceType({ input }: TrainingJobRecord): string {
    return input.ResourceConfig?.InstanceType ?? '';
  }

  maxRuntimeMs({ input }: TrainingJobRecord): number {
    return (input.StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS) * 1000;
  }

  /** A job that is stopped, or has run for too long, stores what its container has left by then, as on SageMaker. */
  async run(job: TrainingJobRecord, { signal }: { readonly signal: AbortSignal }): Promise<JobEnd<TrainingJobRecord>> {
    const { context } = this;
    const dir = path.join(context.fleets.dataDir, 'fleets', `${job.name}-${randomUUID().slice(0, 8)}`);
    const names = Array.from({ length: job.input.ResourceConfig?.InstanceCount ?? 1 }, (_, i) => `algo-${i + 1}`);
    const container = containerOf(job);
    const hosts = names.map((host) => ({
      container: new HostContainer(context, { jobName: job.name, container, host, dir }),
    }));
    try {
      const files = await channelFiles(context, job, hosts.length);
      this.#hosts.set(job.name, hosts);
      const ends = await runTogether(hosts, signal, (host, index, own) =>
        this.#train(job, { ...host, hosts: names, files: files[index] ?? [] }, own)
      );
      const failure = ends.find((end) => end.failure)?.failure;
      if (signal.reason === CLOSING) return {};
      if (failure && !signal.aborted) return { failure };
      return { members: await this.#store(job, hosts, dir) };
    } finally {
      this.#hosts.delete(job.name);
      await rm(dir, { recursive: true, force: true });
    }
  }

  async #train(
    job: TrainingJobRecord,
    host: TrainingHost & { readonly hosts: readonly string[]; readonly files: readonly HostFile[] },
    signal: AbortSignal
  ): Promise<{ readonly failure?: JobFailure }> {
    const { container, hosts, files } = host;
    const { base } = container;
    for (const name of ['model', 'output/data', 'input/data', 'code', 'checkpoints'])
      await mkdir(path.join(base, name), { recursive: true });
    for (const { ChannelName } of job.input.InputDataConfig ?? [])
      await mkdir(path.join(base, 'input/data', ChannelName), { recursive: true });
    await writeConfigFiles(base, job, { host: container.name, hosts });
    await download(this.context, files, base);
    if (signal.aborted) return {};
    const exitCode = await container.run(signal);
    if (signal.aborted || exitCode === 0) return {};
    const said = await failureText(base);
    if (said === '') return { failure: seeJobLogs('AlgorithmError', { exitCode, hint: container.hint() }) };
    return { failure: new JobFailure(`AlgorithmError: ${said}, exit code: ${exitCode}`) };
  }

  /** The first host's model: SageMaker leaves it to the container which host writes one. */
  async #store(
    job: TrainingJobRecord,
    hosts: readonly TrainingHost[],
    scratch: string
  ): Promise<Partial<TrainingJobRecord>> {
    const base = hosts[0]?.container.base ?? '';
    await mkdir(scratch, { recursive: true });
    const data = { dir: path.join(base, 'output/data'), scratch, isOptional: true };
    await storeArchive(this.context, data, outputUrl(job, 'output.tar.gz'));
    const model = { dir: path.join(base, 'model'), scratch, isOptional: false };
    await mkdir(model.dir, { recursive: true });
    const modelUrl = await storeArchive(this.context, model, outputUrl(job, 'model.tar.gz'));
    return modelUrl === undefined ? {} : { modelUrl };
  }
}

function containerOf({ name, arn, input }: TrainingJobRecord) {
  const { TrainingImage, ContainerEntrypoint, ContainerArguments = [] } = input.AlgorithmSpecification ?? {};
  return {
    image: TrainingImage ?? '',
    entrypoint: ContainerEntrypoint,
    arguments: ContainerArguments,
    environment: { ...input.Environment, TRAINING_JOB_NAME: name, TRAINING_JOB_ARN: arn },
    verb: 'train',
  };
}

/** What each host finds at `/opt/ml/input/data/<channel>`: everything, or its share of the objects in the order of their keys. */
async function channelFiles(
  context: SageMakerContext,
  { input }: TrainingJobRecord,
  hostCount: number
): Promise<readonly (readonly HostFile[])[]> {
  const hosts: HostFile[][] = Array.from({ length: hostCount }, () => []);
  for (const { ChannelName, DataSource } of input.InputDataConfig ?? []) {
    const { S3DataSource: s3 } = DataSource;
    if (!s3) continue;
    const objects = await objectsAt(context, s3);
    if (objects.length === 0) throw noObjects({ url: s3.S3Uri, region: context.region, roleArn: input.RoleArn });
    const localPath = `/opt/ml/input/data/${ChannelName}`;
    shareOut(
      objects.map((object) => ({ ...object, localPath })),
      hosts,
      s3.S3DataDistributionType
    );
  }
  return hosts;
}

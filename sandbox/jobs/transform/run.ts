import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { onAbort } from '../../engine/on-abort';
import { FleetFailure } from '../../fleet/failure';
import { Fleet } from '../../fleet/fleet';
import type { Instance } from '../../fleet/instance';
import type { SageMakerContext } from '../../sagemaker/context';
import { parseS3Url } from '../../sagemaker/s3-url';
import { JobFailure, seeJobLogs } from '../failure';
import { graceMs } from '../grace';
import type { InputObject } from '../objects';
import type { TransformJobRecord } from '../records';
import type { JobEnd, JobKind } from '../runner';
import { BadObject } from './bad-object';
import type { Transformed } from './capture';
import { writeCapture } from './capture';
import { bytesOf, inputObjects } from './inputs';
import { transformObject } from './object';
import { processingOf } from './records';
import { send, sendingOf } from './send';
import type { BatchSettings } from './settings';
import { askExecutionParameters, batchEnvironment, settingsOf } from './settings';
import { Slots } from './slots';
import { streamObject } from './stream';

/** The variant that a job's fleet has, for rules and logs. */
export const TRANSFORM_VARIANT = 'transform';
/** Batch transform waits half an hour for the first healthy ping (a maintainer's word in amazon-sagemaker-examples#815). */
const STARTUP_SECONDS = 1_800;
const STOP_GRACE_PROVIDER_MS = 30_000;

/** Transform jobs, and the fleets of those that run now. */
export class TransformJobs implements JobKind<TransformJobRecord> {
  readonly createOperation = 'CreateTransformJob';
  readonly #fleets = new Map<string, Fleet>();

  constructor(private readonly context: SageMakerContext) {}

  get table() {
    return this.context.tables.transformJobs;
  }

  /** The fleet of every job that runs, by the job's name. */
  get fleets(): ReadonlyMap<string, Fleet> {
    return this.#fleets;
  }

  instanceType({ input }: TransformJobRecord): string {
    return input.TransformResources.InstanceType;
  }

  maxRuntimeMs(): undefined {
    return undefined;
  }

  async run(
    job: TransformJobRecord,
    { signal }: { readonly signal: AbortSignal }
  ): Promise<JobEnd<TransformJobRecord>> {
    const { context } = this;
    const objects = await inputObjects(context, job);
    const spool = path.join(context.fleets.dataDir, 'fleets', `${job.name}-${randomUUID().slice(0, 8)}`);
    await mkdir(spool, { recursive: true });
    const fleet = fleetOf(context, job);
    this.#fleets.set(job.name, fleet);
    const stop = (): Promise<void> =>
      fleet.stop(graceMs(signal, { providerMs: STOP_GRACE_PROVIDER_MS, speed: context.clock.speed }));
    // It may have been stopped already, while its objects were listed: a fleet that was ended before does not start.
    const forget = onAbort(signal, () => void stop());
    try {
      await started(fleet, job.input.TransformResources.InstanceCount);
      return await this.#transformAll(job, { objects, fleet, spool, signal });
    } finally {
      forget();
      await stop();
      this.#fleets.delete(job.name);
      await rm(spool, { recursive: true, force: true });
    }
  }

  /** Every object is one instance's. Outputs are stored at the end: a job that is stopped stores nothing. */
  async #transformAll(
    job: TransformJobRecord,
    of: {
      readonly objects: readonly InputObject[];
      readonly fleet: Fleet;
      readonly spool: string;
      readonly signal: AbortSignal;
    }
  ): Promise<JobEnd<TransformJobRecord>> {
    const { objects, signal, spool, fleet } = of;
    const instances = fleet.variant(TRANSFORM_VARIANT)?.instances ?? [];
    const failed = new Map<InputObject, BadObject>();
    await Promise.all(
      instances.map(async (instance, at) => {
        const mine = objects.filter((_, index) => index % instances.length === at);
        const log = new DataLog(this.context, job.name, instance);
        const [first] = instance.containers;
        const settings = settingsOf(job, first ? await askExecutionParameters(first) : {});
        await log.line(settingsText(settings));
        const one = { job, instance, settings, slots: new Slots(settings.maxConcurrent), signal };
        await inParallel(mine, settings.maxConcurrent, async (object) => {
          const file = path.join(spool, String(objects.indexOf(object)));
          const bad = await this.#transform({ ...one, object, file });
          if (!bad) return;
          failed.set(object, bad);
          await log.line(`${object.bucket}/${object.key}: ${bad.blame}: ${bad.message}`);
        });
      })
    );
    if (signal.aborted) return {};
    const done = objects.filter((object) => !failed.has(object));
    const stored = await this.#store(job, done, (object) => path.join(spool, String(objects.indexOf(object))));
    await writeCapture(this.context, job, stored);
    const [[object, bad] = []] = failed;
    if (!object || !bad) return {};
    const also = failed.size === 1 ? '' : ` and ${failed.size - 1} more of ${objects.length} objects`;
    const hint = `s3://${object.bucket}/${object.key}${also}: ${bad.message}; see GET /_sandbox/logs?endpoint=${job.name}`;
    return { failure: seeJobLogs(bad.blame, { hint }) };
  }

  /** Writes the output of one object to a file. Resolves with why it has none; rejects when the job is stopped. */
  async #transform(of: {
    readonly job: TransformJobRecord;
    readonly instance: Instance;
    readonly settings: BatchSettings;
    readonly slots: Slots;
    readonly signal: AbortSignal;
    readonly object: InputObject;
    readonly file: string;
  }): Promise<BadObject | undefined> {
    const { job, instance, settings, slots, signal, object, file } = of;
    const { maxPayloadBytes } = settings;
    const sending = sendingOf(job, { signal, retries: this.context.knobs.transformRetries });
    const bytes = bytesOf(this.context, job, object);
    const out = createWriteStream(file);
    const closed = finished(out);
    // Told of where it is awaited, at the end.
    closed.catch(() => undefined);
    try {
      if (maxPayloadBytes === undefined) await streamObject(instance, { bytes, out, slots, sending });
      else
        await transformObject({
          ...{ bytes, slots, out, settings: { ...settings, maxPayloadBytes } },
          splitType: job.input.TransformInput.SplitType ?? 'None',
          processing: processingOf(job, {
            startMs: job.startMs ?? job.createdMs,
            sliceEnd: this.context.knobs.sliceEnd,
          }),
          lineEnds: job.input.TransformOutput.AssembleWith === 'Line' ? this.context.knobs.assembledLines : 'none',
          send: (body) => send(instance, body, sending),
        });
      return undefined;
    } catch (error) {
      if (error instanceof BadObject || signal.aborted) return error instanceof BadObject ? error : undefined;
      throw error;
    } finally {
      out.end();
      await closed;
    }
  }

  async #store(
    job: TransformJobRecord,
    objects: readonly InputObject[],
    fileOf: (object: InputObject) => string
  ): Promise<readonly Transformed[]> {
    const { S3OutputPath: url } = job.input.TransformOutput;
    const at = parseS3Url(url) ?? { bucket: '', key: '' };
    const base = at.key === '' || at.key.endsWith('/') ? at.key : `${at.key}/`;
    const stored: Transformed[] = [];
    for (const object of objects) {
      const name =
        this.context.knobs.transformOutputKeys === 'fileName' ? path.posix.basename(object.path) : object.path;
      const output = { bucket: at.bucket, key: `${base}${name}.out` };
      await this.context.objects.put({ ...output, body: createReadStream(fileOf(object)) }).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new JobFailure(`ClientError: Failed to upload output data to ${url}. (Sandbox: ${why})`);
      });
      stored.push({ input: object, output });
    }
    return stored;
  }
}

/** What SageMaker calls a job's data log, among the logs of its instances. */
class DataLog {
  readonly #file: string;

  constructor(
    private readonly context: SageMakerContext,
    jobName: string,
    instance: Instance
  ) {
    const { dataDir } = context.fleets;
    this.#file = path.join(dataDir, 'logs', jobName, TRANSFORM_VARIANT, `${instance.id}-data-log.log`);
  }

  async line(text: string): Promise<void> {
    const at = new Date(this.context.clock.now()).toISOString().slice(0, -1);
    await appendFile(this.#file, `${at}:[sagemaker logs]: ${text}\n`);
  }
}

function settingsText({ maxConcurrent, maxPayloadBytes, strategy }: BatchSettings): string {
  const payloadMb = (maxPayloadBytes ?? 0) / (1024 * 1024);
  const name = strategy === 'MultiRecord' ? 'MULTI_RECORD' : 'SINGLE_RECORD';
  return `MaxConcurrentTransforms=${maxConcurrent}, MaxPayloadInMB=${payloadMb}, BatchStrategy=${name}`;
}

async function started(fleet: Fleet, count: number): Promise<void> {
  try {
    await fleet.start(new Map([[TRANSFORM_VARIANT, count]]));
  } catch (error) {
    if (error instanceof FleetFailure) throw seeJobLogs('AlgorithmError', { hint: error.message });
    throw error;
  }
}

function fleetOf(context: SageMakerContext, job: TransformJobRecord): Fleet {
  const { input } = job;
  const environment = { ...input.Environment, ...batchEnvironment(job) };
  const variant = {
    name: TRANSFORM_VARIANT,
    modelName: input.ModelName,
    instanceType: input.TransformResources.InstanceType,
    initialCount: input.TransformResources.InstanceCount,
    initialWeight: 1,
    containers: job.containers.map((container) => ({
      ...container,
      environment: { ...container.environment, ...environment },
    })),
    routing: 'RANDOM',
    startupTimeoutSeconds: STARTUP_SECONDS,
  } as const;
  return new Fleet(job.name, { configName: job.name, variants: [variant] }, context.fleets);
}

/** Works through a list, so many at a time. */
async function inParallel<T>(items: readonly T[], count: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: Math.min(count, items.length) }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    })
  );
}

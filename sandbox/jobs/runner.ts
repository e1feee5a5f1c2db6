import { JobFailure } from './failure';
import { CLOSING } from './grace';
import type { JobRecord, JobStatus } from './records';
import type { SageMakerContext } from '../sagemaker/context';
import type { Table } from '../sagemaker/tables';
import { globMatches } from '../engine/glob';

/** What a job's work is told and can tell. */
export interface JobRun {
  /** Aborts when the job is stopped, has run for too long, or the sandbox ends. The work must end soon then. */
  readonly signal: AbortSignal;
}

/** How the work of a job ended, with what its record takes from that. A job that was stopped meanwhile has not failed. */
export interface JobEnd<R extends JobRecord> {
  readonly members?: Partial<R>;
  readonly failure?: JobFailure;
}

/** What one kind of job is. */
export interface JobKind<R extends JobRecord> {
  readonly table: Table<R>;
  /** For the journal and for fault rules. */
  readonly createOperation: 'CreateTransformJob' | 'CreateProcessingJob' | 'CreateTrainingJob';
  instanceType(job: R): string;
  /** In provider time; `undefined` for as long as it takes. */
  maxRuntimeMs(job: R): number | undefined;
  /** Does the work. May also reject with JobFailure. */
  run(job: R, run: JobRun): Promise<JobEnd<R>>;
}

interface Running {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

const FAILURE_REASON_LIMIT = 1024;
const INTERNAL = 'InternalServerError: We encountered an internal error. Please try again.';
const CAPACITY =
  'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type or after some time.';

/**
 * Runs jobs of one kind. A job's record says what is to be done and is written before anything is done: a new process begins jobs that
 * a former one left unfinished from their start again, and what they write replaces what was written.
 */
export class JobRunner<R extends JobRecord> {
  readonly #running = new Map<string, Running>();
  readonly #closing = new AbortController();
  readonly #endListeners: ((job: R) => void)[] = [];

  constructor(
    private readonly context: SageMakerContext,
    private readonly kind: JobKind<R>
  ) {}

  restore(): void {
    for (const job of this.kind.table.all())
      if (job.status === 'InProgress' || job.status === 'Stopping') this.#begin(job);
  }

  create(job: R): void {
    this.kind.table.put(job.name, job);
    this.#begin(job);
  }

  /** Asks a job in progress to stop; the caller has checked that it is. */
  stop(name: string): void {
    const job = this.#read(name);
    this.#become({ ...job, status: 'Stopping' });
    this.#running.get(name.toLowerCase())?.stop.abort();
  }

  /** Hears of every job that has ended. */
  onEnd(listener: (job: R) => void): void {
    this.#endListeners.push(listener);
  }

  /** Ends the work and leaves the records as they are: the sandbox is stopping. */
  async close(): Promise<void> {
    this.#closing.abort(CLOSING);
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #begin(job: R): void {
    const key = job.name.toLowerCase();
    const stop = new AbortController();
    if (job.status === 'Stopping') stop.abort();
    const done = this.#life(job.name, AbortSignal.any([stop.signal, this.#closing.signal]), stop)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.context.onInternalError(error, `job ${job.name}`);
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, { stop, done });
  }

  async #life(name: string, signal: AbortSignal, stop: AbortController): Promise<void> {
    const end = await this.#work(name, signal, stop);
    if (this.#closing.signal.aborted) return;
    const isStopping = this.#read(name).status === 'Stopping';
    await this.#stuck(name, isStopping ? 'Stopping' : 'InProgress', this.#closing.signal);
    const job = { ...this.#read(name), ...end.members, endMs: this.context.clock.now() };
    if (end.failure && !isStopping)
      this.#become({ ...job, status: 'Failed', failureReason: end.failure.message.slice(0, FAILURE_REASON_LIMIT) });
    else if (isStopping && job.failureReason !== undefined) this.#become({ ...job, status: 'Failed' });
    else this.#become({ ...job, status: isStopping ? 'Stopped' : 'Completed' });
    for (const listener of this.#endListeners) listener(this.#read(name));
  }

  /** Never rejects, except for what is a mistake of the sandbox itself: that fails the job, too. */
  async #work(name: string, signal: AbortSignal, stop: AbortController): Promise<JobEnd<R>> {
    const ended = new AbortController();
    try {
      this.#strike(name);
      await this.context.clock.wait(this.context.knobs.jobProvisionMs, signal);
      this.#become({ ...this.#read(name), startMs: this.context.clock.now() });
      this.#limit(name, AbortSignal.any([ended.signal, signal]), stop);
      return await this.kind.run(this.#read(name), { signal });
    } catch (error) {
      if (signal.aborted) return {};
      if (error instanceof JobFailure) return { failure: error };
      this.context.onInternalError(error, `job ${name}`);
      return { failure: new JobFailure(INTERNAL) };
    } finally {
      ended.abort();
    }
  }

  /** Rules that make a job fail before it has begun to work. */
  #strike(name: string): void {
    const { faults } = this.context;
    const job = this.#read(name);
    const site = { service: 'sagemaker', operation: this.kind.createOperation, resource: name } as const;
    const type = this.kind.instanceType(job);
    if (faults.strike(['insufficientCapacity'], site, ({ instanceType }) => globMatches(instanceType ?? '*', type)))
      throw new JobFailure(CAPACITY);
    const failed = faults.strike(['failJob'], site);
    if (failed) throw new JobFailure(failed.fault.reason ?? INTERNAL);
  }

  /** A job that has run for as long as it may is stopped. A real process does not work faster because the clock runs faster. */
  #limit(name: string, life: AbortSignal, stop: AbortController): void {
    const maxMs = this.kind.maxRuntimeMs(this.#read(name));
    if (maxMs === undefined) return;
    const floorMs = this.context.knobs.minStartupWindowMs * this.context.clock.speed;
    this.context.clock.wait(Math.max(maxMs, floorMs), life).then(
      () => {
        this.context.journal.record({ kind: 'job', resource: name, to: 'stopping', reason: 'MaxRuntimeInSeconds' });
        const failureReason = 'ClientError: The job has exceeded its MaxRuntimeInSeconds.';
        const isFailure = this.context.knobs.maxRuntimeEnd === 'Failed';
        this.#become({ ...this.#read(name), status: 'Stopping', ...(isFailure ? { failureReason } : {}) });
        stop.abort();
      },
      () => undefined
    );
  }

  async #stuck(name: string, status: 'InProgress' | 'Stopping', signal: AbortSignal): Promise<void> {
    const site = { service: 'sagemaker', operation: this.kind.createOperation, resource: name } as const;
    const held = this.context.faults.strike(['stuck'], site, (fault) => fault.status === status);
    await held?.hold(held.fault.forProviderMs, signal).catch(() => undefined);
  }

  #become(job: R): void {
    const from: JobStatus | undefined = this.kind.table.get(job.name)?.status;
    const next = { ...job, modifiedMs: this.context.clock.now() };
    this.kind.table.put(job.name, next);
    if (from === job.status) return;
    this.context.journal.record({
      kind: 'job',
      resource: job.name,
      ...(from === undefined ? {} : { from }),
      to: job.status,
      ...(job.failureReason === undefined ? {} : { reason: job.failureReason }),
    });
  }

  #read(name: string): R {
    const job = this.kind.table.get(name);
    if (!job) throw new Error(`the record of job ${name} is gone while it runs`);
    return job;
  }
}

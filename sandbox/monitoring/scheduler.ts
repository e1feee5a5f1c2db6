import { AwsError } from '../wire/errors';
import type { Jobs } from '../jobs';
import { JobFailure } from '../jobs/failure';
import { createProcessingJob } from '../jobs/processing/handlers';
import type { ProcessingJobRecord } from '../jobs/records';
import type { SageMakerContext } from '../sagemaker/context';
import { analysisJob, mergeJob, NoLaunch, runOf } from './launch';
import type { Launched } from './launch';
import type { ExecutionRecord, ScheduleRecord } from './records';
import { dueBetween, parseTiming } from './windows';

/** How often schedules are looked at, in provider time, and never more often than this in real time. */
const TICK_MS = 30_000;
const MIN_TICK_REAL_MS = 50;
const MINUTE_MS = 60_000;
const FAILURE_REASON_LIMIT = 1024;
const VIOLATIONS = 'CompletedWithViolations';

/** The key of an execution: one for each time of a schedule. */
export function executionKey({
  scheduleName,
  scheduledMs,
}: Pick<ExecutionRecord, 'scheduleName' | 'scheduledMs'>): string {
  return `${scheduleName}/${scheduledMs}`;
}

/**
 * Makes executions of schedules when they are due, and runs them as processing jobs, those of one schedule one after the other. Every
 * execution is written before anything is done for it, and a new process carries on from there.
 */
export class MonitoringScheduler {
  readonly #stop = new AbortController();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #ends = new Map<string, () => void>();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: SageMakerContext,
    private readonly jobs: Jobs
  ) {
    jobs.processingRunner.onEnd(({ name }) => this.#ends.get(name)?.());
  }

  /** What was due while the sandbox did not run is made up for once, by its latest time. */
  restore(): void {
    for (const schedule of this.context.tables.schedules.all()) {
      if (schedule.status === 'Pending') this.settle(schedule.name);
      const due = this.#dueTimes(schedule);
      const last = due.at(-1);
      if (due.length > 1 && last !== undefined)
        this.context.tables.schedules.put(schedule.name, { ...schedule, checkedMs: last - 1 });
      this.#drain(schedule.name);
    }
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const wake of this.#ends.values()) wake();
    await Promise.all([this.#running, ...this.#busy.values()]);
  }

  /** A schedule that was made or changed is in force a moment later; one that runs NOW runs then. */
  settle(name: string): void {
    const { context } = this;
    const { signal } = this.#stop;
    context.clock
      .wait(context.knobs.scheduleMs, signal)
      .then(() => {
        const schedule = context.tables.schedules.get(name);
        if (schedule?.status !== 'Pending') return;
        const nowMs = context.clock.now();
        context.tables.schedules.put(name, { ...schedule, status: 'Scheduled', modifiedMs: nowMs });
        context.journal.record({ kind: 'schedule', resource: schedule.name, from: 'Pending', to: 'Scheduled' });
        if (parseTiming(schedule.config.ScheduleConfig?.ScheduleExpression ?? '').kind === 'now')
          this.#make(schedule, nowMs);
        this.#drain(name);
      })
      .catch((error: unknown) => this.#told(error, name));
  }

  isRunning(name: string): boolean {
    return this.#executionsOf(name).some(({ status }) => status === 'Pending' || status === 'InProgress');
  }

  async #run(): Promise<void> {
    const { clock } = this.context;
    while (!this.#stop.signal.aborted) {
      try {
        await clock.wait(Math.max(TICK_MS, MIN_TICK_REAL_MS * clock.speed), this.#stop.signal);
      } catch {
        // The one reason for a wait to fail is that it was ended, by us or by the clock's own end.
        return;
      }
      for (const schedule of this.context.tables.schedules.all()) this.#makeDue(schedule);
    }
  }

  #makeDue(schedule: ScheduleRecord): void {
    try {
      const due = this.#dueTimes(schedule);
      for (const atMs of due) this.#make(schedule, atMs);
      const last = due.at(-1);
      if (last === undefined) return;
      this.context.tables.schedules.put(schedule.name, { ...schedule, checkedMs: last });
      this.#drain(schedule.name);
    } catch (error) {
      this.context.onInternalError(error, `monitoring schedule ${schedule.name}`);
    }
  }

  #dueTimes({ name, status, config, checkedMs, createdMs }: ScheduleRecord): readonly number[] {
    if (status !== 'Scheduled') return [];
    const timing = parseTiming(config.ScheduleConfig?.ScheduleExpression ?? '');
    const nowMs = this.context.clock.now();
    return dueBetween(timing, { afterMs: checkedMs, untilMs: nowMs, createdMs }).filter(
      (atMs) => atMs + this.#delayMs(name, atMs) <= nowMs
    );
  }

  /** The same for the same execution, however often it is asked. */
  #delayMs(name: string, atMs: number): number {
    const { knobs, fleets } = this.context;
    if (knobs.monitoringDelayMinutes === 0) return 0;
    return fleets.random(`monitoring/${name}/${atMs}`)() * knobs.monitoringDelayMinutes * MINUTE_MS;
  }

  #make({ name, type, endpointName, config }: ScheduleRecord, scheduledMs: number): void {
    const { executions } = this.context.tables;
    if (executions.get(executionKey({ scheduleName: name, scheduledMs }))) return;
    const nowMs = this.context.clock.now();
    const definitionName = config.MonitoringJobDefinitionName;
    this.#write({
      ...{ scheduleName: name, scheduledMs, type, status: 'Pending', createdMs: nowMs, modifiedMs: nowMs },
      ...(endpointName === undefined ? {} : { endpointName }),
      ...(definitionName === undefined ? {} : { definitionName }),
    });
  }

  /** Runs what is open of a schedule, oldest first. */
  #drain(name: string): void {
    const key = name.toLowerCase();
    if (this.#busy.has(key)) return;
    const work = (async () => {
      for (;;) {
        const [next] = this.#executionsOf(name).filter(({ status }) => status === 'Pending' || status === 'InProgress');
        if (!next || this.#stop.signal.aborted) return;
        await this.#execute(next);
      }
    })()
      .catch((error: unknown) => this.#told(error, name))
      .finally(() => this.#busy.delete(key));
    this.#busy.set(key, work);
  }

  async #execute(execution: ExecutionRecord): Promise<void> {
    const schedule = this.context.tables.schedules.get(execution.scheduleName);
    if (!schedule) return this.#end(execution, { status: 'Stopped' });
    this.#write({ ...execution, status: 'InProgress' });
    try {
      const run = runOf(this.context, schedule, execution);
      const merge = await mergeJob(run);
      const merged = merge && (await this.#await(execution, merge));
      const job =
        merged && merged.status !== 'Completed' ? merged : await this.#await(execution, await analysisJob(run));
      if (job) this.#end(execution, outcomeOf(job));
    } catch (error) {
      if (!(error instanceof NoLaunch) && !(error instanceof AwsError) && !(error instanceof JobFailure)) throw error;
      this.#end(execution, { status: 'Failed', failureReason: error.message.slice(0, FAILURE_REASON_LIMIT) });
    }
  }

  /** Begins a job, unless a former process has, and resolves with how it ended; with `undefined` when the sandbox ends first. */
  async #await(execution: ExecutionRecord, launched: Launched): Promise<ProcessingJobRecord | undefined> {
    const { processingJobs } = this.context.tables;
    const name = launched.input.ProcessingJobName;
    const ended = new Promise<void>((resolve) => this.#ends.set(name, resolve));
    const jobArn =
      processingJobs.get(name)?.arn ?? createProcessingJob(this.context, this.jobs.processingRunner, launched);
    this.#write({ ...execution, status: 'InProgress', jobName: name, jobArn });
    if (isMoving(processingJobs.get(name))) await ended;
    this.#ends.delete(name);
    const job = processingJobs.get(name);
    return isMoving(job) ? undefined : job;
  }

  #end(execution: ExecutionRecord, end: Pick<ExecutionRecord, 'status' | 'failureReason'>): void {
    const { executions } = this.context.tables;
    this.#write({ ...(executions.get(executionKey(execution)) ?? execution), ...end });
  }

  #write(execution: ExecutionRecord): void {
    const key = executionKey(execution);
    const from = this.context.tables.executions.get(key)?.status;
    this.context.tables.executions.put(key, { ...execution, modifiedMs: this.context.clock.now() });
    if (from === execution.status) return;
    this.context.journal.record({
      ...{ kind: 'monitoring', resource: key, to: execution.status },
      ...(from === undefined ? {} : { from }),
      ...(execution.failureReason === undefined ? {} : { reason: execution.failureReason }),
    });
  }

  #executionsOf(name: string): readonly ExecutionRecord[] {
    return this.context.tables.executions
      .all()
      .filter(({ scheduleName }) => scheduleName.toLowerCase() === name.toLowerCase())
      .sort((a, b) => a.scheduledMs - b.scheduledMs);
  }

  #told(error: unknown, name: string): void {
    if (!this.#stop.signal.aborted) this.context.onInternalError(error, `monitoring schedule ${name}`);
  }
}

function isMoving(job: ProcessingJobRecord | undefined): boolean {
  return job?.status === 'InProgress' || job?.status === 'Stopping';
}

/** What an execution makes of how its job ended: violations are told in the exit message alone. */
function outcomeOf(job: ProcessingJobRecord): Pick<ExecutionRecord, 'status' | 'failureReason'> {
  switch (job.status) {
    case 'Completed':
      return { status: job.exitMessage?.startsWith(VIOLATIONS) ? 'CompletedWithViolations' : 'Completed' };
    case 'Stopped':
      return { status: 'Stopped' };
    default:
      return {
        status: 'Failed',
        ...(job.failureReason === undefined ? {} : { failureReason: job.failureReason }),
      };
  }
}

import type { Tag } from '@aws-sdk/client-sagemaker';
import { arnOf } from '../sagemaker/arn';
import type { SageMakerContext } from '../sagemaker/context';
import { listPage } from '../sagemaker/listing';
import type { ListRequest } from '../sagemaker/listing';
import type { Table } from '../sagemaker/tables';
import { tagResource } from '../sagemaker/tags';
import type { Checked } from '../wire/types';
import type { JobInstances } from './quota';
import { assertJobQuota } from './quota';
import type { JobRecord } from './records';
import type { JobRunner } from './runner';
import { jobNameTaken, jobNotFound, notStoppable } from './texts';

type Job = JobRecord & { readonly input: { readonly Tags?: readonly Checked<Tag>[] | undefined } };
/** What a job is made of when it is asked for. */
type Wanted<R extends Job> = Omit<R, Exclude<keyof JobRecord, 'name'>>;

/** What the calls on every kind of job do alike: begin one, find it, list those that can be seen, stop one. */
export class JobDesk<R extends Job> {
  constructor(
    private readonly context: SageMakerContext,
    private readonly of: {
      readonly kind: 'TransformJob' | 'ProcessingJob' | 'TrainingJob';
      readonly jobs: Table<R>;
      readonly runner: JobRunner<R>;
      readonly instancesOf: (input: R['input']) => JobInstances;
      /** Code of the error about a job that is not there; a knob, which may be turned. */
      readonly missingCode?: () => string;
    }
  ) {}

  /** Writes and begins a job whose input has been checked. Returns its ARN. Throws for a name that was used, for tags, and beyond the quota. */
  create(wanted: Wanted<R>): string {
    const { context } = this;
    const { kind, jobs, runner, instancesOf } = this.of;
    const { name, input } = wanted as Pick<R, 'name' | 'input'>;
    const usage = kind.replace('Job', ' job').toLowerCase();
    const arn = arnOf(context, usage.replace(' ', '-') as 'transform-job', name);
    if (jobs.get(name)) throw jobNameTaken(arn);
    assertJobQuota(context, {
      ...{ operation: `Create${kind}`, jobName: name, usage, ...instancesOf(input) },
      used: jobs
        .all()
        .filter(({ status }) => status === 'InProgress' || status === 'Stopping')
        .map((job) => instancesOf(job.input)),
    });
    tagResource(context, arn, input.Tags);
    const nowMs = context.clock.now();
    runner.create({ ...wanted, arn, createdMs: nowMs, modifiedMs: nowMs, status: 'InProgress' } as unknown as R);
    return arn;
  }

  /** Throws for a job that is not there, or is not seen yet. */
  find(name: string): R {
    const { kind, jobs, missingCode } = this.of;
    const job = jobs.get(name);
    if (!job || this.context.visibility.isHidden(kind, name)) throw jobNotFound(name, missingCode?.());
    return job;
  }

  page(request: ListRequest & { readonly StatusEquals?: string | undefined }): ReturnType<typeof listPage<R>> {
    const { kind, jobs } = this.of;
    const { StatusEquals: wanted } = request;
    const visible = jobs
      .all()
      .filter(({ name, status }) => (wanted ?? status) === status && !this.context.visibility.isHidden(kind, name));
    return listPage(visible, request);
  }

  /** Throws for a job that is not in progress. */
  stop(name: string): void {
    const job = this.find(name);
    if (job.status !== 'InProgress') throw notStoppable(job.arn, job.status);
    this.of.runner.stop(job.name);
  }
}

/** A time as the API tells it. */
export function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

import { FailureError } from '../../sagemaker/faults';
import { describeTransformJob, ensureTransformJob } from '../../sagemaker/transform-job';
import type { BatchDeps } from './deps';
import { listBelow, putJson } from './documents';
import { jobInput, jobName, jobPlaces, manifestOf } from './job-input';
import type { PartJob } from './job-input';
import { donePieces, readDocument } from './pieces';
import type { PartObject, Piece } from './pieces';
import { batchTags } from './tags';
import type { JobEnd } from './types';

const FIRST_POLL_MS = 250;
/** Jobs take minutes; results that appear meanwhile are counted at every look. */
const LAST_POLL_MS = 30_000;
/** The end of a job is seen at most this part of its length too late. */
const LATE_SHARE = 0.1;

/** What a heartbeat says: how many objects of the part have their result, as far as S3 shows. */
export interface JobProgress {
  readonly job: string;
  readonly status: string;
  readonly done: number;
  readonly of: number;
}

/** Makes a job, unless it is there: the name is the token, and a worker that comes after a crash finds the job by it. */
export async function startJob(deps: BatchDeps, job: PartJob): Promise<void> {
  const { s3, sagemaker } = deps.aws;
  const objects = await readDocument<PartObject>(s3, job.context, { kind: 'objects' });
  await putJson(s3, jobPlaces(job).manifest, manifestOf(job, { objects, pieces: await jobPieces(deps, job) }));
  await ensureTransformJob(sagemaker, jobInput(job), batchTags(job.context));
}

/** Waits for the end of a job. */
export async function awaitJob(deps: BatchDeps, job: PartJob): Promise<JobEnd> {
  const { output } = jobPlaces(job);
  const { length: of } = await jobPieces(deps, job);
  const name = jobName(job);
  for (let waitedMs = 0; ;) {
    const described = await describeTransformJob(deps.aws.sagemaker, name);
    if (described === null) throw new FailureError('OutsideChange', `Transform job ${name} is gone.`);
    const { TransformJobStatus: status = 'Unknown', FailureReason: reason } = described;
    if (status === 'Completed' || status === 'Failed' || status === 'Stopped')
      return { status, reason: reason ?? null };
    const progress: JobProgress = { job: name, status, done: await countBelow(deps, output), of };
    deps.heartbeat(progress);
    const pollMs = Math.min(LAST_POLL_MS, Math.max(FIRST_POLL_MS, waitedMs * LATE_SHARE));
    await deps.sleep(pollMs);
    waitedMs += pollMs;
  }
}

/** What a job gets: the pieces of this round, or, for the challenger, all that the model has scored. */
function jobPieces({ aws: { s3 } }: BatchDeps, { context, by }: PartJob): Promise<readonly Piece[]> {
  return by === 'challenger'
    ? donePieces(s3, context)
    : readDocument<Piece>(s3, context, { kind: 'pieces', round: context.round });
}

async function countBelow(deps: BatchDeps, { bucket, key }: { bucket: string; key: string }): Promise<number> {
  let count = 0;
  for await (const _ of listBelow(deps.aws.s3, { bucket, prefix: key })) count += 1;
  return count;
}

import { FailureError } from '../../sagemaker/faults';
import { describeTransformJob, ensureTransformJob } from '../../sagemaker/transform-job';
import type { BatchDeps } from './deps';
import { listBelow, putJson } from './documents';
import { jobInput, jobName, jobPlaces, manifestOf } from './job-input';
import type { PartJob } from './job-input';
import { readDocument } from './pieces';
import type { PartObject, Piece } from './pieces';
import { batchTags } from './tags';
import type { JobEnd, PartContext } from './types';

const FIRST_POLL_MS = 250;
/** Jobs take minutes; results that appear meanwhile are counted at every look. */
const LAST_POLL_MS = 30_000;

/** What a heartbeat says: how many objects of the part have their result, as far as S3 shows. */
export interface JobProgress {
  readonly job: string;
  readonly status: string;
  readonly done: number;
  readonly of: number;
}

/** Makes the job of this attempt and waits for its end. The name is the token: a worker that comes after a crash finds the job by it. */
export async function transformPart(deps: BatchDeps, context: PartContext): Promise<JobEnd> {
  const objects = await readDocument<PartObject>(deps.aws.s3, context, { kind: 'objects' });
  const pieces = await readDocument<Piece>(deps.aws.s3, context, { kind: 'pieces', round: context.round });
  return runJob(deps, { context, by: 'model' }, { objects, pieces });
}

export async function runJob(
  deps: BatchDeps,
  job: PartJob,
  of: { readonly objects: readonly PartObject[]; readonly pieces: readonly Piece[] }
): Promise<JobEnd> {
  const { s3, sagemaker } = deps.aws;
  const { manifest, output } = jobPlaces(job);
  await putJson(s3, manifest, manifestOf(job, of));
  await ensureTransformJob(sagemaker, jobInput(job), batchTags(job.context));
  const name = jobName(job);
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LAST_POLL_MS, pollMs * 1.5)) {
    const described = await describeTransformJob(sagemaker, name);
    if (described === null) throw new FailureError('OutsideChange', `Transform job ${name} is gone.`);
    const { TransformJobStatus: status = 'Unknown', FailureReason: reason } = described;
    if (status === 'Completed' || status === 'Failed' || status === 'Stopped')
      return { status, reason: reason ?? null };
    const progress: JobProgress = { job: name, status, done: await countBelow(deps, output), of: of.pieces.length };
    deps.heartbeat(progress);
    await deps.sleep(pollMs);
  }
}

async function countBelow(deps: BatchDeps, { bucket, key }: { bucket: string; key: string }): Promise<number> {
  let count = 0;
  for await (const _ of listBelow(deps.aws.s3, { bucket, prefix: key })) count += 1;
  return count;
}

import type { BatchContext } from '../../batch';
import { deleteOwnModel } from '../../sagemaker/ensure';
import { stopTransformJob } from '../../sagemaker/transform-job';
import type { BatchDeps } from './deps';
import { runPlaces } from './addresses';
import { deleteBelow } from './documents';
import { jobName } from './job-input';

const POLL_MS = 1_000;

/** Deletes what the run needed only while it ran: slices, raw results, documents, and the models that it made. */
export async function cleanBatch(deps: BatchDeps, context: BatchContext): Promise<void> {
  const { bucket, work } = runPlaces(context);
  await deleteBelow(deps.aws.s3, { bucket, prefix: work }, deps.heartbeat);
  await deleteOwnModels(deps, context);
}

/** Stops every job that may still run and waits for its end, then deletes all that the run wrote. */
export async function discardBatch(
  deps: BatchDeps,
  context: BatchContext & { readonly jobs: readonly { readonly part: number; readonly attempts: number }[] }
): Promise<void> {
  const { opened } = context;
  const names = context.jobs.flatMap(({ part, attempts }) => [
    // The last two: one that was asked for without an answer may come to be all the same.
    ...[attempts, attempts - 1]
      .filter((attempt) => attempt > 0)
      .map((attempt) => jobName({ context: { ...context, part, attempt }, by: 'model' })),
    ...(opened.challenger === null
      ? []
      : [jobName({ context: { ...context, part, attempt: attempts }, by: 'challenger' })]),
  ]);
  let running = names;
  while (running.length > 0) {
    const still: string[] = [];
    for (const name of running) {
      if (await stopTransformJob(deps.aws.sagemaker, name)) still.push(name);
      deps.heartbeat(`Stopping ${name}`);
    }
    running = still;
    if (running.length > 0) await deps.sleep(POLL_MS);
  }
  const { bucket, work, results } = runPlaces(context);
  await deleteBelow(deps.aws.s3, { bucket, prefix: work }, deps.heartbeat);
  await deleteBelow(deps.aws.s3, { bucket, prefix: results }, deps.heartbeat);
  await deleteOwnModels(deps, context);
}

async function deleteOwnModels(deps: BatchDeps, { opened, endpoint }: BatchContext): Promise<void> {
  for (const model of [opened.model, opened.challenger])
    if (model !== null && model.isOwn) await deleteOwnModel(deps.aws.sagemaker, { name: model.name, endpoint });
}

import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { create } from 'tar';
import type { SageMakerContext } from '../../sagemaker/context';
import { parseS3Url } from '../../sagemaker/s3-url';
import { JobFailure } from '../failure';
import type { TrainingJobRecord } from '../records';

/** SageMaker shows this much of what a container wrote to `/opt/ml/output/failure`. */
const FAILURE_BYTES = 1024;

/** `<S3OutputPath>/<job>/output/<file>`, as SageMaker stores what a training job leaves. */
export function outputUrl({ name, input }: TrainingJobRecord, file: string): string {
  return `${input.OutputDataConfig.S3OutputPath.replace(/\/+$/, '')}/${name}/output/${file}`;
}

/**
 * Packs a folder of a host and stores it; an empty one is a model, too, but no output data. Returns its address, or `undefined` where
 * nothing was stored.
 */
export async function storeArchive(
  context: SageMakerContext,
  from: { readonly dir: string; readonly scratch: string; readonly isOptional: boolean },
  url: string
): Promise<string | undefined> {
  const names = await readdir(from.dir).catch(() => []);
  if (names.length === 0 && from.isOptional) return undefined;
  const file = path.join(from.scratch, path.posix.basename(url));
  await create({ gzip: true, cwd: from.dir, file, portable: true }, names.length === 0 ? ['.'] : [...names].sort());
  const at = parseS3Url(url);
  if (!at) throw new JobFailure(`ClientError: ${url} is no address in S3.`);
  await context.objects.put({ ...at, body: createReadStream(file) }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new JobFailure(`ClientError: Artifact upload failed: ${url} (Sandbox: ${why})`);
  });
  return url;
}

/** What the container says of its failure; empty when it says nothing. */
export async function failureText(base: string): Promise<string> {
  const file = await open(path.join(base, 'output', 'failure'), 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(FAILURE_BYTES), 0);
    return buffer.subarray(0, bytesRead).toString('utf8').trim();
  } finally {
    await file.close();
  }
}

import type { S3Client } from '@aws-sdk/client-s3';
import { entryOf, jobPlaces } from './job-input';
import type { PartJob } from './job-input';
import { listBelow } from './documents';
import type { PartObject, Piece } from './pieces';

/** The result of a piece. */
export interface JobOutput {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
}

/**
 * The results of a job by what it got. SageMaker's guide has two forms of a result's name, with the folders of the input and without; both are
 * looked for, the second only where no two pieces could be meant.
 */
export async function jobOutputs(
  s3: S3Client,
  job: PartJob,
  of: { readonly objects: readonly PartObject[]; readonly pieces: readonly Piece[] }
): Promise<ReadonlyMap<Piece, JobOutput>> {
  const { bucket, key: prefix } = jobPlaces(job).output;
  const listed = new Map<string, number>();
  for await (const { key, bytes } of listBelow(s3, { bucket, prefix })) listed.set(key.slice(prefix.length), bytes);
  const sameName = new Map<string, number>();
  for (const piece of of.pieces) {
    const name = fileName(entryOf(of.objects, piece));
    sameName.set(name, (sameName.get(name) ?? 0) + 1);
  }
  const found = new Map<Piece, JobOutput>();
  for (const piece of of.pieces) {
    const entry = entryOf(of.objects, piece);
    const name = fileName(entry);
    const forms = [`${entry}.out`, ...(sameName.get(name) === 1 ? [`${name}.out`] : [])];
    const form = forms.find((one) => listed.has(one));
    if (form !== undefined) found.set(piece, { bucket, key: `${prefix}${form}`, bytes: listed.get(form) ?? 0 });
  }
  return found;
}

function fileName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

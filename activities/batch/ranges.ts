import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectPlace } from './addresses';

/** One request's worth: large enough that requests cost little, small enough for a worker with many activities. */
const RANGE_BYTES = 8 * 1024 * 1024;

/**
 * The bytes `[from, to)` of an object, range by range, the next one on its way while one is worked on. So an object may be larger than
 * memory, and a reader that is slow loses no connection.
 */
export async function* bytesOf(
  s3: S3Client,
  place: ObjectPlace,
  { from, to }: { readonly from: number; readonly to: number }
): AsyncGenerator<Buffer> {
  let next = from < to ? range(s3, place, { from, to }) : undefined;
  for (let at = from; at < to && next !== undefined;) {
    const chunk = await next;
    at += chunk.length;
    next = at < to ? range(s3, place, { from: at, to }) : undefined;
    // A reader that stops early leaves it alone; whoever awaits it hears of its failure.
    next?.catch(() => undefined);
    yield chunk;
  }
}

async function range(
  s3: S3Client,
  { bucket, key }: ObjectPlace,
  { from, to }: { readonly from: number; readonly to: number }
): Promise<Buffer> {
  const last = Math.min(to, from + RANGE_BYTES) - 1;
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${from}-${last}` }));
  const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  if (bytes.length === 0)
    throw new Error(`s3://${bucket}/${key} has no bytes ${from}–${last}: it was changed meanwhile`);
  return bytes;
}

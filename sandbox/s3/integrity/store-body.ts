import type { Bucket } from '../storage/bucket';
import type { Piece } from '../storage/records';
import { receive, type Incoming, type Received } from './receive';

/** A verified body, on disk but not yet named by any record. */
export interface Stored extends Received {
  /** Empty for an empty body. */
  readonly pieces: readonly Piece[];
}

/** Streams a body into a new blob of the bucket. A body that fails its checks leaves nothing behind. */
export async function storeBody(bucket: Bucket, key: string, incoming: Incoming): Promise<Stored> {
  const writer = await bucket.blobs.create(key);
  let received: Received;
  try {
    received = await receive(incoming, (bytes) => writer.write(bytes));
  } catch (cause) {
    await writer.abandon();
    throw cause;
  }
  if (received.sizeBytes === 0) {
    await writer.abandon();
    return { ...received, pieces: [] };
  }
  await writer.close();
  return { ...received, pieces: [{ blob: writer.blob, sizeBytes: received.sizeBytes }] };
}

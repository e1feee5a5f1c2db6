import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { isNotFound } from '../../sagemaker/faults';
import type { ObjectPlace } from './addresses';

/** An object of a listing. */
export interface Listed {
  readonly key: string;
  readonly bytes: number;
}

/** Every object below a prefix, page by page, in the order of keys; `onPage` hears of each, for a heartbeat. */
export async function* listBelow(
  s3: S3Client,
  at: { readonly bucket: string; readonly prefix: string },
  onPage: () => void = () => undefined
): AsyncGenerator<Listed> {
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: at.bucket, Prefix: at.prefix, ...(token && { ContinuationToken: token }) })
    );
    onPage();
    for (const { Key: key, Size: bytes = 0 } of page.Contents ?? []) if (key !== undefined) yield { key, bytes };
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

export async function putText(s3: S3Client, { bucket, key }: ObjectPlace, text: string): Promise<void> {
  const ContentType = key.endsWith('.json') ? 'application/json' : 'application/jsonlines';
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType }));
}

export async function putJson(s3: S3Client, place: ObjectPlace, value: unknown): Promise<void> {
  await putText(s3, place, JSON.stringify(value));
}

/** What was put there; null when nothing is. Own documents only: what they hold is not checked again. */
export async function getJson<T>(s3: S3Client, { bucket, key }: ObjectPlace): Promise<T | null> {
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await object.Body?.transformToString('utf8')) ?? 'null') as T;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

const DELETED_AT_ONCE = 1_000;

/** Deletes everything below a prefix. */
export async function deleteBelow(
  s3: S3Client,
  at: { readonly bucket: string; readonly prefix: string },
  onPage: () => void = () => undefined
): Promise<void> {
  let keys: string[] = [];
  const flush = async (): Promise<void> => {
    if (keys.length === 0) return;
    const Objects = keys.map((Key) => ({ Key }));
    keys = [];
    await s3.send(new DeleteObjectsCommand({ Bucket: at.bucket, Delete: { Objects, Quiet: true } }));
    onPage();
  };
  for await (const { key } of listBelow(s3, at, onPage)) {
    keys.push(key);
    if (keys.length === DELETED_AT_ONCE) await flush();
  }
  await flush();
}

/** Does work on every item, so many at a time; rejects with the first failure after all that was begun has ended. */
export async function inParallel<T>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<void>
): Promise<void> {
  const left = [...items];
  const lanes = Array.from({ length: Math.min(count, items.length) }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await work(item);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  });
  const ended = await Promise.allSettled(lanes);
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

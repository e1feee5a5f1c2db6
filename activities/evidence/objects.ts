import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { FailureError, isNotFound } from '../../sagemaker/faults';

export interface ObjectRef {
  readonly bucket: string;
  readonly key: string;
  /** When S3 took the object in; S3 tells whole seconds, so this may be up to a second early. */
  readonly arrivedMs: number;
}

/** Reads evidence objects. They never change once written, so what was parsed is kept. */
export interface ObjectReader {
  /** All objects below a key prefix, in order of their keys; empty when the bucket is not there yet. */
  list(at: { readonly bucket: string; readonly prefix: string }): Promise<readonly ObjectRef[]>;
  /** The object as `parse` reads it. `parse` must be the same function for the same object. */
  read<T>(ref: ObjectRef, parse: (text: string) => T): Promise<T>;
}

/** Parsed objects kept: an hour of one-second objects of two variants and their labels. */
const KEPT = 10_000;
const CONCURRENT_READS = 16;

export function createObjectReader(s3: S3Client): ObjectReader {
  const parsed = new Map<string, Promise<unknown>>();
  return {
    async list({ bucket, prefix }) {
      const refs: ObjectRef[] = [];
      let token: string | undefined;
      do {
        const page = await s3
          .send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix,
              ...(token !== undefined && { ContinuationToken: token }),
            })
          )
          .catch((error: unknown) => {
            if (isNotFound(error) || (error instanceof Error && error.name === 'NoSuchBucket')) return undefined;
            throw error;
          });
        for (const { Key, LastModified } of page?.Contents ?? []) {
          if (Key !== undefined) refs.push({ bucket, key: Key, arrivedMs: LastModified?.getTime() ?? 0 });
        }
        token = page?.NextContinuationToken;
      } while (token !== undefined);
      return refs;
    },

    async read<T>(ref: ObjectRef, parse: (text: string) => T): Promise<T> {
      const id = `${parse.name}:${ref.bucket}/${ref.key}`;
      const known = parsed.get(id);
      if (known !== undefined) return known as Promise<T>;
      // Kept from the beginning of the request: guards that judge at once ask for the same objects at once.
      const reading = fetchParsed(s3, ref, parse);
      parsed.set(id, reading);
      try {
        const value = await reading;
        // A Map keeps insertion order, so the first key is the oldest.
        const oldest = parsed.size > KEPT ? parsed.keys().next().value : undefined;
        if (oldest !== undefined) parsed.delete(oldest);
        return value;
      } catch (error) {
        if (parsed.get(id) === reading) parsed.delete(id);
        throw error;
      }
    },
  };
}

async function fetchParsed<T>(s3: S3Client, ref: ObjectRef, parse: (text: string) => T): Promise<T> {
  const object = await s3.send(new GetObjectCommand({ Bucket: ref.bucket, Key: ref.key }));
  return parsedBy(parse, ref, (await object.Body?.transformToString('utf8')) ?? '');
}

/** Half-read evidence must not look like little evidence, so an object that cannot be read stops the look, by its name. */
function parsedBy<T>(parse: (text: string) => T, ref: ObjectRef, text: string): T {
  try {
    return parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FailureError('InvalidRequest', `s3://${ref.bucket}/${ref.key} cannot be read: ${why}`, { cause });
  }
}

/** Reads many objects, a few at a time, in the given order. */
export async function readAll<T>(
  reader: ObjectReader,
  refs: readonly ObjectRef[],
  parse: (text: string) => T
): Promise<readonly { readonly ref: ObjectRef; readonly value: T }[]> {
  const results: { readonly ref: ObjectRef; readonly value: T }[] = [];
  for (let i = 0; i < refs.length; i += CONCURRENT_READS) {
    const batch = refs.slice(i, i + CONCURRENT_READS);
    results.push(...(await Promise.all(batch.map(async (ref) => ({ ref, value: await reader.read(ref, parse) })))));
  }
  return results;
}

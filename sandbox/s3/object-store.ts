import type { Readable } from 'node:stream';
import type { ObjectStore, SandboxClock } from '../ports';
import { storeBody } from './integrity/store-body';
import { commitObject } from './operations/objects';
import { MAX_PAGE, pageOf } from './operations/page';
import type { Buckets } from './storage/buckets';

/** The same buckets without HTTP, for the sandbox's own services. `put` throws `NoSuchBucket`. */
export function createObjectStore(deps: { readonly buckets: Buckets; readonly clock: SandboxClock }): ObjectStore {
  const { buckets, clock } = deps;
  return {
    put: async ({ bucket: name, key, body, contentType }) => {
      const bucket = buckets.get(name);
      const source = Buffer.isBuffer(body) ? [body] : body;
      const stored = await storeBody(bucket, key, { body: source, headers: {} });
      const object = {
        key,
        sizeBytes: stored.sizeBytes,
        etag: stored.md5,
        modifiedMs: clock.now(),
        checksum: { ...stored.checksum, type: 'FULL_OBJECT' as const },
        pieces: stored.pieces,
        system: contentType === undefined ? {} : { ContentType: contentType },
        user: {},
        tags: {},
      };
      commitObject(bucket, { object, conditions: {} });
    },
    get: ({ bucket: name, key }) => {
      const bucket = buckets.find(name);
      const object = bucket?.object(key);
      if (!bucket || !object) return Promise.resolve(undefined);
      const { sizeBytes, pieces } = object;
      const open = (): Readable => bucket.blobs.read(pieces, { start: 0, end: sizeBytes - 1 });
      return Promise.resolve({ sizeBytes, open });
    },
    list: async function* ({ bucket: name, prefix }) {
      const bucket = buckets.find(name);
      for (let after: string | undefined = ''; bucket && after !== undefined;) {
        // Page by page, because the bucket may change while a consumer works on an entry.
        const page = pageOf(bucket.index, { prefix, delimiter: '', after, size: MAX_PAGE });
        for (const key of page.keys) {
          const object = bucket.object(key);
          if (object) yield { key, sizeBytes: object.sizeBytes };
        }
        after = page.isTruncated ? page.last : undefined;
      }
    },
  };
}

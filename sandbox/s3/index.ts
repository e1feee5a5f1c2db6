import type { Service } from '../http/service';
import type { ObjectStore, SandboxClock } from '../ports';
import { createObjectStore } from './object-store';
import { createS3Service } from './service';
import { Buckets } from './storage/buckets';

export interface S3 {
  readonly service: Service;
  /** The same objects, in process. */
  readonly store: ObjectStore;
  /** Releases files and timers; what was acknowledged is on disk already. */
  close(): Promise<void>;
}

/**
 * S3 on this machine, below `dir`. Bodies are streamed both ways, so objects may outgrow memory.
 * A change is acknowledged after it is written, and a killed process loses nothing acknowledged.
 */
export function createS3(options: {
  readonly dir: string;
  readonly clock: SandboxClock;
  /** Owner of every bucket, for `x-amz-expected-bucket-owner`. */
  readonly accountId?: string;
}): S3 {
  const { dir, clock, accountId = '123456789012' } = options;
  const buckets = new Buckets(dir);
  return {
    service: createS3Service({ buckets, clock, accountId }),
    store: createObjectStore({ buckets, clock }),
    close: () => {
      buckets.close();
      return Promise.resolve();
    },
  };
}

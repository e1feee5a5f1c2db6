import type { Readable } from 'node:stream';

/** What the rest of the sandbox needs of its object store. Any S3 could stand behind it. */
export interface ObjectStore {
  put(object: {
    readonly bucket: string;
    readonly key: string;
    readonly body: Buffer | Readable;
    readonly contentType?: string;
  }): Promise<void>;
  /** `undefined` when the bucket or the key does not exist. */
  get(at: {
    readonly bucket: string;
    readonly key: string;
  }): Promise<{ readonly sizeBytes: number; open(): Readable } | undefined>;
  /** Keys below a prefix in lexicographic (UTF-8) order; empty for a missing bucket. */
  list(at: {
    readonly bucket: string;
    readonly prefix: string;
  }): AsyncIterable<{ readonly key: string; readonly sizeBytes: number }>;
}

export type Dimensions = Readonly<Record<string, string>>;

/** Where the sandbox's services put their own metrics, and where alarms read them. */
export interface MetricSink {
  put(datum: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Dimensions;
    readonly value: number;
    readonly unit: string;
    readonly atMs: number;
  }): void;
}

/** The sandbox's clock: timestamps follow `now`, provider delays are scaled by the speed. */
export interface SandboxClock {
  now(): number;
  /** Resolves after `providerMs` of provider time, that is `providerMs / speed` of real time; rejects when `signal` aborts. */
  wait(providerMs: number, signal?: AbortSignal): Promise<void>;
}

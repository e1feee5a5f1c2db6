import type { Store } from '../../engine/store';
import type { InvokeRequest } from '../request';

export interface ObjectAt {
  readonly bucket: string;
  readonly key: string;
}

/** A request that was accepted and is not answered: all that is needed to answer it, by this process or the next. */
export interface AsyncRecord {
  readonly id: string;
  readonly inferenceId: string;
  /** Order of acceptance. */
  readonly sequence: number;
  readonly request: InvokeRequest;
  /** Tells the endpoint from a later one of the same name. */
  readonly endpointCreatedMs: number;
  readonly input:
    | { readonly kind: 'object'; readonly uri: string; readonly at: ObjectAt }
    | { readonly kind: 'body'; readonly base64: string };
  readonly output: ObjectAt;
  readonly failure?: ObjectAt;
  readonly successTopic?: string;
  readonly errorTopic?: string;
  readonly repliesIn: readonly string[];
  /** Epoch milliseconds of the clock's timestamps; beyond `expiresMs` it is not begun any more. */
  readonly receivedMs: number;
  readonly expiresMs: number;
  /** For the container, in real time. */
  readonly timeoutMs: number;
}

/** What would be published to an SNS topic. */
export interface NotificationRecord {
  readonly sequence: number;
  readonly topicArn: string;
  readonly atMs: number;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface AsyncTables {
  readonly requests: KeyedTable<AsyncRecord>;
  readonly notifications: KeyedTable<NotificationRecord>;
}

interface KeyedTable<T> {
  all(): readonly T[];
  /** Oldest first. */
  keys(): readonly string[];
  put(key: string, record: T): void;
  remove(key: string): void;
}

export function asyncTables(store: Store): AsyncTables {
  return { requests: table(store, 'async-requests'), notifications: table(store, 'notifications') };
}

function table<T>(store: Store, name: string): KeyedTable<T> {
  return {
    // The store holds only what `put` below was given, under this table's name.
    keys: () => store.entries(name).map(([key]) => key),
    all: () => store.entries(name).map(([, record]) => record as T),
    put: (key, record) => store.put(name, key, record),
    remove: (key) => store.remove(name, key),
  };
}

export function uriOf({ bucket, key }: ObjectAt): string {
  return `s3://${bucket}/${key}`;
}

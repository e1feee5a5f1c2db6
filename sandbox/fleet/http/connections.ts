import { Connection } from './connection';

/**
 * A connection is not used again after it was idle this long. Servers close idle ones without a word (gunicorn after 2 s, Node after
 * 5 s), and a request that meets the closing one is lost: sending it again might make the container answer it twice.
 */
const IDLE_MS = 1_000;
const MOST_CONNECTIONS = 256;

/** The connections to one port: those that are free, and who waits because there are as many as there may be. */
export class Connections {
  readonly #all = new Set<Connection>();
  #free: Connection[] = [];
  /** Made before the last `forget`: not used again. */
  readonly #old = new WeakSet<Connection>();
  readonly #waiting: ((connection: Connection) => void)[] = [];
  #isWatched = false;

  constructor(private readonly port: number) {}

  /** Hands out a connection, at once unless all are busy. */
  take(use: (connection: Connection) => void): void {
    const deadMs = performance.now() - IDLE_MS;
    for (let free = this.#free.pop(); free; free = this.#free.pop()) {
      if (free.freeMs > deadMs) return use(free);
      free.fail(undefined);
    }
    if (this.#all.size < MOST_CONNECTIONS) use(this.#open());
    else this.#waiting.push(use);
  }

  /** What is free is closed now, what is busy when it is free. */
  forget(): void {
    for (const connection of this.#all) this.#old.add(connection);
    for (const connection of this.#free.splice(0)) connection.fail(undefined);
  }

  /** Cuts all of them. */
  close(cause: unknown): void {
    for (const connection of [...this.#all]) connection.fail(cause);
  }

  #open(): Connection {
    const connection = new Connection(this.port, {
      onFree: () => this.#freed(connection),
      onGone: () => this.#gone(connection),
    });
    this.#all.add(connection);
    return connection;
  }

  #freed(connection: Connection): void {
    if (this.#old.has(connection)) return connection.fail(undefined);
    const next = this.#waiting.shift();
    if (next) return next(connection);
    this.#free.push(connection);
    this.#watch(IDLE_MS);
  }

  #gone(connection: Connection): void {
    this.#all.delete(connection);
    this.#free = this.#free.filter((other) => other !== connection);
    const next = this.#waiting.shift();
    if (next) next(this.#open());
  }

  /** After this time it is seen what is idle for too long. */
  #watch(ms: number): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    setTimeout(() => {
      this.#isWatched = false;
      const deadMs = performance.now() - IDLE_MS;
      for (const connection of this.#free.filter(({ freeMs }) => freeMs <= deadMs)) connection.fail(undefined);
      if (this.#free.length > 0) this.#watch(Math.min(...this.#free.map(({ freeMs }) => freeMs - deadMs)));
    }, Math.ceil(ms)).unref();
  }
}

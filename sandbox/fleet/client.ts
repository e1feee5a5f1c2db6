import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { Pool, util } from 'undici';
import type { Dispatcher } from 'undici';
import { errorCode } from '../engine/error-code';

export interface ContainerReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer whose body is read while it comes. */
export interface ContainerStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/**
 * Why a container gave no answer. `refused`: nothing listens on its port, so that it never saw the request. `timeout`: it took too
 * long. `broken`: the connection was cut, and whether the container saw the request nobody can tell.
 */
export class NoReply extends Error {
  override readonly name = 'NoReply';
  constructor(
    readonly why: 'refused' | 'timeout' | 'broken',
    cause?: unknown
  ) {
    super(`the container gave no answer: ${why}`, { cause });
  }
}

export function isRefusal(error: unknown): boolean {
  return error instanceof NoReply && error.why === 'refused';
}

export interface ContainerRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly timeoutMs: number;
}

/**
 * A connection is not used again after it was idle this long. Servers close idle ones without a word (gunicorn after 2 s, Node after
 * 5 s), and a request that meets the closing one is lost: sending it again might make the container answer it twice.
 */
const IDLE_CONNECTION_MS = 1_000;
const MOST_CONNECTIONS = 256;

/** Speaks to one container over kept-alive connections. A request is sent once, whatever becomes of it. */
export class ContainerClient {
  readonly #origin: string;
  #pool: Pool;

  constructor(port: number) {
    this.#origin = `http://127.0.0.1:${port}`;
    this.#pool = this.#newPool();
  }

  /** Rejects with NoReply. */
  send(call: ContainerRequest): Promise<ContainerReply> {
    return new Promise((resolve, reject) => {
      let cut: ((error: Error) => void) | undefined;
      let reply: Omit<ContainerReply, 'body'> = { status: 0, headers: {} };
      const chunks: Buffer[] = [];
      const timer = afterReading(call.timeoutMs, () => cut?.(new NoReply('timeout')));
      this.#dispatch(call, {
        onConnect: (abort) => (cut = abort),
        onHeaders: (status, headers) => {
          // What comes before the answer (1xx) is none.
          if (status >= 200) reply = { status, headers: headersOf(headers) };
          return true;
        },
        onData: (chunk) => chunks.push(chunk) > 0,
        onComplete: () => {
          timer.cancel();
          const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
          // The pool takes its connection back in the next turn. Who asks again at once would be given a second one, for which a server that
          // holds one connection at a time has no ear.
          queueMicrotask(() => setImmediate(resolve, { ...reply, body }));
        },
        onError: (error) => {
          timer.cancel();
          reject(this.#failed(error));
        },
      });
    });
  }

  /**
   * Sends a request and resolves at the head of the answer; `timeoutMs` is for that, `totalMs` for the whole. The body fails with
   * NoReply when that is over or the connection is cut. Rejects with NoReply.
   */
  open(call: ContainerRequest & { readonly totalMs: number }): Promise<ContainerStream> {
    return new Promise((resolve, reject) => {
      let cut: ((error: Error) => void) | undefined;
      let body: Readable | undefined;
      let timer = afterReading(call.timeoutMs, () => cut?.(new NoReply('timeout')));
      this.#dispatch(call, {
        onConnect: (abort) => (cut = abort),
        onHeaders: (status, headers, resume) => {
          if (status < 200) return true;
          timer.cancel();
          timer = afterReading(call.totalMs, () => cut?.(new NoReply('timeout')));
          body = new Readable({
            read: resume,
            // A reader that leaves early ends the request.
            destroy: (error, done) => {
              timer.cancel();
              if (body?.readableEnded !== true) cut?.(error ?? new NoReply('broken'));
              done(error);
            },
          });
          resolve({ status, headers: headersOf(headers), body });
          return true;
        },
        onData: (chunk) => body?.push(chunk) ?? true,
        onComplete: () => {
          timer.cancel();
          body?.push(null);
        },
        onError: (error) => {
          timer.cancel();
          const failure = this.#failed(error);
          if (body) body.destroy(failure);
          else reject(failure);
        },
      });
    });
  }

  close(): void {
    // What is under way hears of it itself.
    this.#pool.destroy().catch(() => undefined);
  }

  #dispatch({ method, path, headers, body }: ContainerRequest, handlers: Dispatcher.DispatchHandlers): void {
    this.#pool.dispatch({ method, path, headers, body: body ?? null }, handlers);
  }

  #failed(error: unknown): NoReply {
    const noReply = error instanceof NoReply ? error : new NoReply(reasonOf(error), error);
    if (noReply.why === 'broken') this.#forgetIdleConnections();
    return noReply;
  }

  /** The process behind a cut connection may be gone: the next request opens a new one, which then is refused and not cut as well. */
  #forgetIdleConnections(): void {
    const before = this.#pool;
    this.#pool = this.#newPool();
    // What is under way there is still answered.
    before.close().catch(() => undefined);
  }

  #newPool(): Pool {
    return new Pool(this.#origin, {
      ...{ connections: MOST_CONNECTIONS, pipelining: 1 },
      ...{ keepAliveTimeout: IDLE_CONNECTION_MS, keepAliveMaxTimeout: IDLE_CONNECTION_MS },
      // Whoever sends says how long.
      ...{ headersTimeout: 0, bodyTimeout: 0 },
    });
  }
}

function headersOf(raw: Parameters<NonNullable<Dispatcher.DispatchHandlers['onHeaders']>>[1]): IncomingHttpHeaders {
  return util.parseHeaders(raw);
}

function reasonOf(error: unknown): NoReply['why'] {
  return errorCode(error) === 'ECONNREFUSED' ? 'refused' : 'broken';
}

/** Calls back after a time, and not before what has come until then is read: where this process was held up, the answer may be waiting. */
function afterReading(ms: number, act: () => void): { cancel(): void } {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (immediate = setImmediate(act)), ms);
  return {
    cancel: () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}

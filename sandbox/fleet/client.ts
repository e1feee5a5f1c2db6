import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { errorCode } from '../engine/error-code';
import type { AnswerHead } from './http/answer';
import { OutOfTime } from './http/connection';
import type { Asker } from './http/connection';
import { Connections } from './http/connections';
import { HeadWriter } from './http/request-head';

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

/** Speaks to one container over kept-alive connections. A request is sent once, whatever becomes of it. */
export class ContainerClient {
  readonly #connections: Connections;
  readonly #heads: HeadWriter;

  constructor(port: number) {
    this.#connections = new Connections(port);
    this.#heads = new HeadWriter(port);
  }

  /** Rejects with NoReply. */
  send(call: ContainerRequest): Promise<ContainerReply> {
    return new Promise((resolve, reject) =>
      this.#ask(call, new WholeAnswer(resolve, (cause) => reject(this.#failed(cause))))
    );
  }

  /**
   * Sends a request and resolves at the head of the answer; `timeoutMs` is for that, `totalMs` for the whole. The body fails with
   * NoReply when that is over or the connection is cut. Rejects with NoReply.
   */
  open(call: ContainerRequest & { readonly totalMs: number }): Promise<ContainerStream> {
    return new Promise((resolve, reject) => {
      let body: Readable | undefined;
      let isOver = false;
      this.#ask(call, {
        onHead: ({ status, headers }, connection) => {
          connection.allow(call.totalMs);
          body = new Readable({
            read: () => (isOver ? undefined : connection.resume()),
            // A reader that leaves early ends the request.
            destroy: (error, done) => {
              if (!isOver) connection.fail(error ?? new NoReply('broken'));
              done(error);
            },
          });
          resolve({ status, headers, body });
        },
        onBody: (bytes) => body?.push(Buffer.from(bytes)) ?? true,
        onEnd: () => {
          isOver = true;
          body?.push(null);
        },
        onFailure: (cause) => {
          isOver = true;
          const failure = this.#failed(cause);
          if (body) body.destroy(failure);
          else reject(failure);
        },
      });
    });
  }

  close(): void {
    this.#connections.close(new NoReply('broken'));
  }

  #ask({ method, path, headers, body, timeoutMs }: ContainerRequest, asker: Asker): void {
    const head = this.#heads.write({ method, path, headers }, body);
    if (head === undefined) return asker.onFailure(new TypeError('a header that cannot be sent'));
    this.#connections.take((connection) => connection.ask({ head, body, timeoutMs }, asker));
  }

  #failed(error: unknown): NoReply {
    const noReply = error instanceof NoReply ? error : new NoReply(reasonOf(error), error);
    // The process behind a cut connection may be gone: the next request opens a new one, which then is refused and not cut as well.
    if (noReply.why === 'broken') this.#connections.forget();
    return noReply;
  }
}

/** Gathers an answer to its end. */
class WholeAnswer implements Asker {
  #head: AnswerHead | undefined;
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;

  constructor(
    private readonly resolve: (reply: ContainerReply) => void,
    readonly onFailure: (cause: unknown) => void
  ) {}

  onHead(head: AnswerHead): void {
    this.#head = head;
  }

  onBody(bytes: Buffer): boolean {
    const own = Buffer.from(bytes);
    if (this.#first) (this.#more ??= []).push(own);
    else this.#first = own;
    return true;
  }

  onEnd(): void {
    const first = this.#first ?? Buffer.alloc(0);
    const body = this.#more ? Buffer.concat([first, ...this.#more]) : first;
    this.resolve({ status: this.#head?.status ?? 0, headers: this.#head?.headers ?? {}, body });
  }
}

function reasonOf(error: unknown): NoReply['why'] {
  if (error instanceof OutOfTime) return 'timeout';
  return errorCode(error) === 'ECONNREFUSED' ? 'refused' : 'broken';
}

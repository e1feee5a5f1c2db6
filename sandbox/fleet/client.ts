import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
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
  readonly body: IncomingMessage;
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

/** Speaks to one container over kept-alive connections. A request is sent once, whatever becomes of it. */
export class ContainerClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256, scheduling: 'lifo', timeout: IDLE_CONNECTION_MS });

  constructor(private readonly port: number) {}

  async send(call: ContainerRequest): Promise<ContainerReply> {
    try {
      return await this.#once(call);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /**
   * Sends a request and resolves at the head of the answer; `timeoutMs` is for that, `totalMs` for the whole. The body fails with
   * NoReply when that is over or the connection is cut. Rejects with NoReply.
   */
  open(call: ContainerRequest & { readonly totalMs: number }): Promise<ContainerStream> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(call);
      let timer = afterReading(call.timeoutMs, () => outgoing.destroy(new NoReply('timeout')));
      outgoing.on('error', (error) => {
        timer.cancel();
        reject(this.#failed(error));
      });
      outgoing.on('response', (body) => {
        timer.cancel();
        timer = afterReading(call.totalMs, () => body.destroy(new NoReply('timeout')));
        body.on('close', () => timer.cancel());
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body });
      });
      outgoing.end(call.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #failed(error: unknown): NoReply {
    const noReply = error instanceof NoReply ? error : new NoReply(reasonOf(error), error);
    if (noReply.why === 'broken') this.#forgetIdleConnections();
    return noReply;
  }

  #request(call: ContainerRequest): ClientRequest {
    const { method, path } = call;
    const headers = call.body ? { ...call.headers, 'content-length': call.body.length } : call.headers;
    return request({ host: '127.0.0.1', port: this.port, agent: this.#agent, method, path, headers });
  }

  /** The process behind a cut connection may be gone: the next request opens a new one, which then is refused and not cut as well. */
  #forgetIdleConnections(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  #once(call: ContainerRequest): Promise<ContainerReply> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(call);
      const timer = afterReading(call.timeoutMs, () => outgoing.destroy(new NoReply('timeout')));
      const fail = (error: Error) => {
        timer.cancel();
        reject(error);
      };
      outgoing.on('error', fail);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', (error) => fail(error instanceof NoReply ? error : new NoReply('broken', error)));
        response.on('end', () => {
          timer.cancel();
          const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      outgoing.end(call.body);
    });
  }
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

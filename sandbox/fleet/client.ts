import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:http';
import { errorCode } from '../engine/error-code';

export interface ContainerReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Why a container gave no answer. `refused`: it never saw the request. `timeout`: it took too long. `broken`: it went away meanwhile. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
  constructor(
    readonly why: 'refused' | 'timeout' | 'broken',
    cause?: unknown
  ) {
    super(`the container gave no answer: ${why}`, { cause });
  }
}

export interface ContainerRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly timeoutMs: number;
}

/** Speaks to one container over kept-alive connections. */
export class ContainerClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256, scheduling: 'lifo' });

  constructor(private readonly port: number) {}

  async send(call: ContainerRequest): Promise<ContainerReply> {
    try {
      return await this.#once(call);
    } catch (error) {
      // A server may close an idle connection at the moment it is used again; that request never reached it.
      if (error instanceof StaleConnection) return this.#once(call).catch(asNoReply);
      return asNoReply(error);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #once(call: ContainerRequest): Promise<ContainerReply> {
    return new Promise((resolve, reject) => {
      const headers = call.body ? { ...call.headers, 'content-length': call.body.length } : call.headers;
      const outgoing = request({
        host: '127.0.0.1',
        port: this.port,
        agent: this.#agent,
        method: call.method,
        path: call.path,
        headers,
      });
      const timer = setTimeout(() => outgoing.destroy(new NoReply('timeout')), call.timeoutMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      outgoing.on('error', (error) =>
        fail(outgoing.reusedSocket && errorCode(error) === 'ECONNRESET' ? new StaleConnection() : error)
      );
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', (error) => fail(error instanceof NoReply ? error : new NoReply('broken', error)));
        response.on('end', () => {
          clearTimeout(timer);
          const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      outgoing.end(call.body);
    });
  }
}

class StaleConnection extends Error {}

function asNoReply(error: unknown): never {
  if (error instanceof NoReply) throw error;
  throw new NoReply(errorCode(error) === 'ECONNREFUSED' ? 'refused' : 'broken', error);
}

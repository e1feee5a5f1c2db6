import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { HttpExchange } from './exchange';
import type { ServiceKey, ServiceTable } from './router';
import { route } from './router';
import type { Answer, Exchange } from './service';

/** Decides, before and after a service answers, whether something else shall happen to the call instead. */
export interface Interceptor {
  /** Nothing is to be asked at the moment. */
  readonly isIdle?: boolean;
  /** `undefined` lets the call pass, an answer replaces it before it has any effect, 'drop' ends the connection instead. */
  before(call: { readonly service: ServiceKey; readonly exchange: Exchange }): Promise<Answer | 'drop' | undefined>;
  /** Called with the service's answer, which has taken effect; 'drop' ends the connection without it. */
  after(call: {
    readonly service: ServiceKey;
    readonly exchange: Exchange;
    readonly answer: Answer;
  }): Promise<Answer | 'drop'>;
}

export interface SandboxServer {
  readonly port: number;
  /** Takes no new requests, lets running ones end, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** AWS SDKs keep idle sockets for a while; closing later than they do avoids resets of requests in flight. */
const KEEP_ALIVE_MS = 75_000;

/** Listens on loopback and hands each request to its service. What a service throws becomes a 500 in AWS's shape. */
export function startServer(options: {
  readonly port: number;
  readonly region: string;
  readonly services: ServiceTable;
  readonly now: () => number;
  readonly interceptor?: Interceptor;
  readonly onInternalError: (error: unknown, where: string) => void;
}): Promise<SandboxServer> {
  const { services, interceptor } = options;

  async function answerTo(exchange: HttpExchange): Promise<Answer | 'drop'> {
    const key = await route(exchange);
    const service = key === undefined ? undefined : services[key];
    if (key === undefined || service === undefined)
      return plainError(
        400,
        'UnknownOperationException',
        'This sandbox does not serve the service that this request addresses.'
      );
    if (!interceptor || interceptor.isIdle || key === 'control') return service.handle(exchange);
    const instead = await interceptor.before({ service: key, exchange });
    if (instead) return instead;
    return interceptor.after({ service: key, exchange, answer: await service.handle(exchange) });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new HttpExchange(request, randomUUID(), options.region);
    let answer: Answer | 'drop';
    try {
      answer = await answerTo(exchange);
    } catch (error) {
      if (isGone(request)) return void response.destroy();
      options.onInternalError(error, `${exchange.method} ${exchange.rawPath}`);
      answer = plainError(
        500,
        'InternalFailure',
        'The request processing has failed because of an internal error of the sandbox.'
      );
    }
    if (isGone(request)) return void response.destroy();
    if (answer === 'drop') return void request.socket.destroy();
    send(response, {
      answer,
      requestId: exchange.requestId,
      date: new Date(options.now()).toUTCString(),
      isHead: exchange.method === 'HEAD',
    });
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      options.onInternalError(error, request.url ?? '');
      response.destroy();
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : options.port;
      resolve({ port, close: (graceMs) => closeServer(server, graceMs) });
    });
  });
}

/** The client left in the middle of its request: nobody is there to answer. */
function isGone(request: IncomingMessage): boolean {
  return request.destroyed && !request.complete;
}

function send(
  response: ServerResponse,
  sent: { readonly answer: Answer; readonly requestId: string; readonly date: string; readonly isHead: boolean }
): void {
  const { status, headers, body } = sent.answer;
  const all: Record<string, string | number> = { date: sent.date, 'x-amzn-requestid': sent.requestId, ...headers };
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
  if (isWhole && all['content-length'] === undefined) all['content-length'] = Buffer.byteLength(body);
  response.writeHead(status, all);
  if (sent.isHead) {
    if (!isWhole) body.destroy();
    return void response.end();
  }
  if (isWhole) return void response.end(body);
  // A client that leaves in the middle of a stream is its own business: pipeline closes the source.
  pipeline(body, response, () => undefined);
}

function plainError(status: number, code: string, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message }),
  };
}

function closeServer(server: ReturnType<typeof createServer>, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

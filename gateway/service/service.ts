import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { InvalidFeedback, type Feedback } from '../feedback';
import type { Gateway } from '../gateway';
import { statusOfServiceError } from '../invocation';
import { isObject } from '../shape';
import { answerHeaders, invokeRequestOf, readBody, Refusal } from './messages';

/** One line of the log: what happened, and its numbers. */
export type ServiceLog = (
  level: 'info' | 'warn' | 'error',
  event: string,
  more?: Readonly<Record<string, unknown>>
) => void;

export interface ServiceOptions {
  readonly endpoint: string;
  /** Closed by `close`. */
  readonly gateway: Gateway;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly log: ServiceLog;
}

export interface GatewayService {
  readonly url: string;
  /** Takes no new connection, answers what it has, writes everything. @throws if S3 did not take it all */
  close(): Promise<void>;
}

/** Messages in one post; each is a few hundred bytes. */
const MAX_FEEDBACK = 10_000;

/** The gateway for applications in any language: `POST /invocations`, `POST /feedback`, `GET /ping`. */
export async function startGatewayService(options: ServiceOptions): Promise<GatewayService> {
  const { gateway, log, host, port, endpoint } = options;
  let isStopping = false;
  const send = (response: ServerResponse, status: number, answer: Answer): void => {
    // A kept connection would outlive the last request and keep the process from ending.
    if (isStopping) response.setHeader('connection', 'close');
    response.writeHead(status, { ...answer.headers, 'content-length': answer.body.length }).end(answer.body);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const status = error instanceof Refusal ? error.status : statusOfServiceError(error);
      const message = error instanceof Error ? error.message : String(error);
      if (status >= 500) log('error', 'call failed', { path: request.url, status, error: nameOf(error), message });
      send(response, status, json({ error: message, type: nameOf(error) }));
    });
  });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = ''] = (request.url ?? '').split('?');
    if (path === '/ping' && request.method === 'GET') {
      return send(response, isStopping ? 503 : 200, json({ status: isStopping ? 'stopping' : 'ok', endpoint }));
    }
    const body = await readBody(request);
    if (path !== '/invocations' && path !== '/feedback') throw new Refusal(404, `No such path: ${path}.`);
    if (request.method !== 'POST') throw new Refusal(405, `${path} takes POST.`);
    if (path === '/feedback') return send(response, 202, json({ ids: takeFeedback(gateway, body) }));
    const result = await gateway.invoke(invokeRequestOf(request, body));
    send(response, result.ok ? 200 : result.status, { headers: answerHeaders(result), body: Buffer.from(result.body) });
  };

  // Longer than a load balancer keeps its side of an idle connection (60 s): closing one under a request would look like a crash.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  return {
    url,
    async close() {
      isStopping = true;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
      await gateway.close();
    },
  };
}

interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function json(value: unknown): Answer {
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(`${JSON.stringify(value)}\n`) };
}

/** One message, or a list of them: all are taken, or none. */
function takeFeedback(gateway: Gateway, body: Buffer): readonly string[] {
  try {
    return gateway.feedback(...feedbackIn(body));
  } catch (error) {
    if (error instanceof InvalidFeedback) throw new Refusal(400, error.message);
    throw error;
  }
}

function feedbackIn(body: Buffer): readonly Feedback[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
  const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!messages.every(isObject)) throw new Refusal(400, 'Expected an object, or a list of objects.');
  if (messages.length > MAX_FEEDBACK) throw new Refusal(413, `At most ${MAX_FEEDBACK} messages in one post.`);
  // The gateway checks them.
  return messages as unknown as readonly Feedback[];
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}

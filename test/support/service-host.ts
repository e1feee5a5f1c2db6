import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { Exchange, Service } from '../../sandbox/http/service';

export interface ServiceHost {
  readonly url: string;
  readonly port: number;
  /** What services threw: internal failures, which tests expect to be none. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

/** Puts one service on a port of its own, without the sandbox's router. */
export async function hostService(service: Service): Promise<ServiceHost> {
  const failures: unknown[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      try {
        const answer = await service.handle(toExchange(request));
        response.writeHead(answer.status, answer.headers);
        if (answer.body instanceof Readable) await pipeline(answer.body, response);
        else response.end(answer.body);
      } catch (cause) {
        // A client that hangs up in the middle of a request is no failure of the service.
        if (!request.complete) return response.destroy();
        failures.push(cause);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    failures,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  if (body.length > limitBytes) throw new Error('BodyTooLarge');
  return body;
}

function toExchange(request: IncomingMessage): Exchange {
  const [rawPath = '/', search = ''] = (request.url ?? '/').split('?');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ])
  );
  return {
    request,
    method: request.method ?? 'GET',
    path: decodePath(rawPath),
    rawPath,
    query: new URLSearchParams(search),
    headers,
    region: /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers['authorization'] ?? '')?.[1] ?? 'us-east-1',
    requestId: randomUUID(),
    rawBody: (limitBytes) => readAll(request, limitBytes),
    body: async (limitBytes) => {
      const body = await readAll(request, limitBytes);
      const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      if (plain.length > limitBytes) throw new Error('BodyTooLarge');
      return plain;
    },
  };
}

function decodePath(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    return rawPath;
  }
}

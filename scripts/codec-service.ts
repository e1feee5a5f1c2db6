import type { Payload, PayloadCodec } from '@temporalio/common';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../worker/thrown';

/** A page of Temporal's UI may hold some hundred payloads of at most 2 MiB; one request has one page's. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

export interface CodecService {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Temporal's codec server: `POST /encode` and `/decode` of `{"payloads": […]}` with base64 fields, for pages of one origin and for the `temporal`
 * CLI. It opens every payload for whoever reaches it, so it listens on this machine. https://docs.temporal.io/production-deployment/data-encryption
 */
export async function startCodecService(
  codec: PayloadCodec,
  at: { readonly port: number; readonly origin: string }
): Promise<CodecService> {
  const server = createServer((request, response) => {
    allow(response, at.origin);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    answer(codec, request).then(
      (payloads) => send(response, 200, { payloads }),
      (error: unknown) => send(response, error instanceof BadCall ? error.status : 400, { message: messageOf(error) })
    );
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(at.port, '127.0.0.1', () => resolve())
  );
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class BadCall extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
  }
}

function allow(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
  response.setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization');
  response.setHeader('access-control-allow-credentials', 'true');
}

async function answer(codec: PayloadCodec, request: IncomingMessage): Promise<readonly JsonPayload[]> {
  const [path] = (request.url ?? '').split('?');
  if (request.method !== 'POST') throw new BadCall(405, 'Use POST.');
  if (path !== '/encode' && path !== '/decode') throw new BadCall(404, 'There are /encode and /decode.');
  const payloads = payloadsIn(await bodyOf(request));
  const done = await (path === '/encode' ? codec.encode(payloads) : codec.decode(payloads));
  return done.map(toJson);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BadCall(413, `At most ${MAX_BODY_BYTES} bytes at once.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function payloadsIn(text: string): Payload[] {
  const value: unknown = JSON.parse(text);
  const isMessage = typeof value === 'object' && value !== null;
  // Protobuf's JSON leaves an empty list out: the `temporal` CLI sends {} for a query without arguments.
  if (isMessage && Object.keys(value).length === 0) return [];
  const payloads = isMessage && 'payloads' in value ? value.payloads : undefined;
  if (!Array.isArray(payloads)) throw new BadCall(400, 'Expected {"payloads": […]}.');
  return payloads.map((one: unknown) => fromJson(one as JsonPayload));
}

function fromJson({ metadata = {}, data = '' }: JsonPayload): Payload {
  const bytes = Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(bytes), data: Buffer.from(data, 'base64') };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const texts = Object.entries(metadata ?? {}).map(
    ([key, value]) => [key, Buffer.from(value).toString('base64')] as const
  );
  return { metadata: Object.fromEntries(texts), data: Buffer.from(data ?? new Uint8Array()).toString('base64') };
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

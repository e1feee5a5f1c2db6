import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface ModelCall {
  readonly endpoint: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the endpoint answers: a model's answer, a model's error, or an error of the service itself. */
export type ModelReply =
  | { readonly kind: 'answer'; readonly variant: string; readonly body: string }
  | { readonly kind: 'modelError'; readonly status: number; readonly message: string; readonly logStreamArn?: string }
  | { readonly kind: 'serviceError'; readonly status: number; readonly code: string };

/** What S3 does with a get: answers from `objects`, fails, or never answers. */
export type GetFate = 'answer' | 'fail' | 'hang';

/** What S3 does with a put: keeps it, refuses it, or keeps it and then fails to say so. */
export type PutFate = 'keep' | 'refuse' | 'keepButFail';

export interface FakeAws {
  readonly runtime: SageMakerRuntimeClient;
  readonly s3: S3Client;
  readonly url: string;
  readonly calls: ModelCall[];
  /** Bodies by `bucket/key`. */
  readonly objects: Map<string, string>;
  /** Each put that reached the server, in order, also the refused. */
  readonly puts: { readonly path: string; readonly body: string }[];
  /** Status of each get that was answered. */
  readonly gets: number[];
  close(): Promise<void>;
}

/** What this reads by itself, before anybody asks; told to nobody. */
const FIRST_READ = 'nowhere/nothing';

/** The few operations that the gateway uses, by their wire protocols (restJson and restXml), so that real AWS clients can be used. */
export async function startFakeAws(behaviour: {
  readonly invoke?: (call: ModelCall) => ModelReply | Promise<ModelReply>;
  readonly put?: (path: string) => PutFate;
  readonly get?: () => GetFate;
}): Promise<FakeAws> {
  const calls: ModelCall[] = [];
  const objects = new Map<string, string>();
  const puts: { path: string; body: string }[] = [];
  const gets: number[] = [];
  const invoke = behaviour.invoke ?? (() => ({ kind: 'answer', variant: 'v1', body: '{}' }) as const);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readText(request);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const endpoint = /^\/endpoints\/([^/]+)\/invocations$/.exec(pathname)?.[1];
    if (endpoint !== undefined) {
      const call = { endpoint, headers: request.headers, body };
      calls.push(call);
      return sendReply(response, await invoke(call));
    }
    const path = decodeURIComponent(pathname.slice(1));
    if (path === FIRST_READ) return void response.writeHead(404).end();
    if (request.method === 'GET') {
      const fate = behaviour.get?.() ?? 'answer';
      if (fate === 'hang') return;
      const reply = fate === 'fail' ? internalError : objectReply(objects.get(path), request.headers['if-none-match']);
      gets.push(reply.status);
      return void response.writeHead(reply.status, reply.headers).end(reply.body);
    }
    puts.push({ path, body });
    const fate = behaviour.put?.(path) ?? 'keep';
    if (fate !== 'refuse') objects.set(path, body);
    if (fate === 'keep') response.writeHead(200, { etag: '"0"' }).end();
    else response.writeHead(internalError.status).end(internalError.body);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A client that hangs up in the middle of a request, as a gateway does at the end of a test, is nobody's mistake.
      if (request.complete) throw error;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  const url = `http://127.0.0.1:${address.port}`;
  const connection = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const runtime = new SageMakerRuntimeClient(connection);
  const s3 = new S3Client({ ...connection, forcePathStyle: true });
  // A process's first read loads much of the SDK; on a busy machine that may last longer than a gateway waits for its first assignment.
  const [Bucket, Key] = FIRST_READ.split('/');
  await s3.send(new GetObjectCommand({ Bucket, Key })).catch(() => undefined);
  const close = async (): Promise<void> => {
    runtime.destroy();
    s3.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { runtime, s3, url, calls, objects, puts, gets, close };
}

interface GetReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const internalError: GetReply = {
  status: 500,
  body: '<Error><Code>InternalError</Code><Message>try again</Message></Error>',
};

function objectReply(text: string | undefined, ifNoneMatch: string | undefined): GetReply {
  if (text === undefined) {
    return { status: 404, body: '<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>' };
  }
  const etag = `"${createHash('md5').update(text).digest('hex')}"`;
  return etag === ifNoneMatch ? { status: 304, headers: { etag } } : { status: 200, headers: { etag }, body: text };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function sendReply(response: ServerResponse, reply: ModelReply): void {
  switch (reply.kind) {
    case 'answer':
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-amzn-invoked-production-variant': reply.variant })
        .end(reply.body);
      return;
    case 'modelError':
      response.writeHead(424, { 'content-type': 'application/json', 'x-amzn-errortype': 'ModelError' }).end(
        JSON.stringify({
          Message: `Received server error (${reply.status}) from primary`,
          OriginalStatusCode: reply.status,
          OriginalMessage: reply.message,
          LogStreamArn: reply.logStreamArn,
        })
      );
      return;
    case 'serviceError':
      response
        .writeHead(reply.status, { 'content-type': 'application/json', 'x-amzn-errortype': reply.code })
        .end(JSON.stringify({ Message: 'refused' }));
  }
}

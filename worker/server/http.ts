import { readFile } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import type { Environment } from '../config';
import { proxyFor, proxyHeaders, tunnel } from './proxy';
import { messageOf } from '../thrown';

/** How this machine reaches the outside, and how long it waits there. */
export interface Transport {
  readonly env: Environment;
  /** Overrides the proxy variables. */
  readonly proxy?: string;
  /** PEM certificates to trust in place of Node's own list. */
  readonly ca?: readonly string[];
  /** Longest wait for the head of an answer: name lookup, connection and TLS included. */
  readonly answerMs: number;
  /** Longest silence in the middle of a body. */
  readonly idleMs: number;
}

/** Any URL without the user and password that private indexes carry, for messages and logs. */
export function redacted(url: URL | string): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

/** Node replaces its whole list by a given one, so the usual roots and `NODE_EXTRA_CA_CERTS` are put back beside the file. */
export async function trusting(file: string, env: Environment): Promise<readonly string[]> {
  const extra = env.NODE_EXTRA_CA_CERTS;
  const files = await Promise.all([file, ...(extra ? [extra] : [])].map((name) => readFile(name, 'utf8')));
  return [...tls.rootCertificates, ...files];
}

async function send(
  url: URL,
  { transport, headers, signal }: { transport: Transport; headers: Record<string, string>; signal: AbortSignal }
): Promise<IncomingMessage> {
  const { env, ca } = transport;
  const proxy = proxyFor(url, env, transport.proxy);
  // One request a connection: a kept-alive socket would hold the process open after the download.
  const common = { method: 'GET', headers: { ...headers, connection: 'close' }, agent: false as const, signal };
  const trust = ca ? { ca: [...ca] } : {};
  const socket =
    proxy && url.protocol === 'https:'
      ? await tunnel(proxy, { target: url, signal, ...(ca ? { ca } : {}) })
      : undefined;
  return new Promise((resolve, reject) => {
    const request = socket
      ? https.request(url, { ...common, agent: undefined, createConnection: () => socket })
      : url.protocol === 'https:'
        ? https.request(url, { ...common, ...trust })
        : proxy
          ? http.request(proxy, {
              ...common,
              path: url.href,
              headers: { ...common.headers, host: url.host, ...proxyHeaders(proxy) },
            })
          : http.request(url, common);
    request.once('error', reject);
    request.once('response', resolve);
    request.end();
  });
}

/**
 * GET with redirects (at most five), proxies and bounded waits; resolves with the answer's head, and with the URL it came
 * from. Rejects with one line that names the host when there is no answer or it is not 200.
 */
export async function get(
  start: URL,
  transport: Transport,
  headers: Record<string, string> = {}
): Promise<{ readonly url: URL; readonly response: IncomingMessage }> {
  let url = start;
  for (let hop = 0; hop <= 5; hop++) {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error(`cannot fetch ${redacted(url)}`);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), transport.answerMs);
    const response = await send(url, { transport, headers, signal: late.signal })
      .catch((cause: unknown) => {
        const why = late.signal.aborted ? `no answer within ${transport.answerMs} ms` : messageOf(cause);
        throw new Error(`${url.host}: ${why}`, { cause });
      })
      .finally(() => clearTimeout(timer));
    response.setTimeout(transport.idleMs, () =>
      response.destroy(new Error(`${url.host} sent nothing for ${transport.idleMs} ms`))
    );
    const { statusCode = 0, headers: answered } = response;
    if (statusCode === 200) return { url, response };
    response.resume().on('error', () => undefined);
    response.destroy();
    if (statusCode < 300 || statusCode > 399 || answered.location === undefined) {
      throw new Error(`${redacted(url)} answered ${statusCode}`);
    }
    url = new URL(answered.location, url);
  }
  throw new Error(`${redacted(start)} redirects in a circle`);
}

/** The whole body as text; anything longer than the limit is refused, since an index page never is. */
export async function readText(response: IncomingMessage, limitBytes = 16 * 1024 * 1024): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const pieces: AsyncIterable<Buffer> = response;
  for await (const bytes of pieces) {
    size += bytes.length;
    if (size > limitBytes) throw new Error(`the answer is longer than ${limitBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

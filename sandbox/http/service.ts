import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** One request as a service sees it, after the router has told the services apart. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly method: string;
  /** Decoded path, without query. */
  readonly path: string;
  /** Path exactly as sent, for keys whose encoding matters. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** From the credential scope; a default when the request is unsigned. */
  readonly region: string;
  readonly requestId: string;
  /** Reads the whole body, gunzipped when it says so; rejects with `BodyTooLarge` above the limit. */
  body(limitBytes: number): Promise<Buffer>;
  /** The body as it was sent. */
  rawBody(limitBytes: number): Promise<Buffer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string | Readable;
}

/** One AWS service behind the shared port. It answers AWS-shaped errors itself; what it throws is an internal failure (500). */
export interface Service {
  readonly name: string;
  handle(exchange: Exchange): Promise<Answer>;
}

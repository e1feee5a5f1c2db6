import type { IncomingMessage } from 'node:http';
import { inflateBody, readBody } from './body';
import type { Exchange } from './service';

/** A request whose parts are worked out when first asked for: serving an invocation needs few of them. */
export class HttpExchange implements Exchange {
  readonly method: string;
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #search: string;
  #path: string | undefined;
  #query: URLSearchParams | undefined;
  #raw: Promise<Buffer> | undefined;
  #body: Promise<Buffer> | undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly requestId: string,
    readonly defaultRegion: string
  ) {
    this.method = request.method ?? 'GET';
    const url = request.url ?? '/';
    const cut = url.indexOf('?');
    this.rawPath = cut < 0 ? url : url.slice(0, cut);
    this.#search = cut < 0 ? '' : url.slice(cut + 1);
    this.headers = joined(request.headers);
  }

  get path(): string {
    return (this.#path ??= decodePath(this.rawPath));
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.#search));
  }

  get region(): string {
    return this.scope[2] || this.defaultRegion;
  }

  /** The signing name in the credential scope (`sagemaker`, `s3`, `monitoring`, …); empty when the request is unsigned. */
  get signingName(): string {
    return this.scope[3] ?? '';
  }

  /** The first caller's limit holds; the router reads a body only where all services behind it share one limit. */
  body(limitBytes: number): Promise<Buffer> {
    return (this.#body ??= this.rawBody(limitBytes).then((raw) => inflateBody(this.request, raw, limitBytes)));
  }

  rawBody(limitBytes: number): Promise<Buffer> {
    return (this.#raw ??= readBody(this.request, limitBytes));
  }

  /** `AKID/20260101/us-east-1/sagemaker/aws4_request`, from the header or from a presigned query. */
  private get scope(): readonly string[] {
    const credential = /Credential=([^,\s]+)/.exec(this.headers['authorization'] ?? '')?.[1];
    return (credential ?? this.query.get('X-Amz-Credential') ?? '').split('/');
  }
}

/** A path that is not valid percent-encoding is passed on as sent; a service finds nothing under it and says so. */
function decodePath(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    return rawPath;
  }
}

function joined(headers: IncomingMessage['headers']): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) out[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return out;
}

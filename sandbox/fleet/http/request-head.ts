interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What may stand in a header and in a path (RFC 9110, section 5.5). Whoever could write a line end there would write a second request. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PATH = /^\/[\x21-\x7e]*$/;

/** Writes the heads of requests to one port. Of a million alike only the length differs, so the rest is remembered. */
export class HeadWriter {
  #last: Head | undefined;
  #lines: string | undefined;

  constructor(private readonly port: number) {}

  /** The head to its empty line; `undefined` where it cannot be sent. */
  write(head: Head, body: Buffer | undefined): string | undefined {
    const last = this.#last;
    if (last?.headers !== head.headers || last.path !== head.path || last.method !== head.method) {
      this.#last = head;
      this.#lines = this.#linesOf(head);
    }
    if (this.#lines === undefined) return undefined;
    return body === undefined && head.method !== 'POST'
      ? `${this.#lines}\r\n`
      : `${this.#lines}content-length: ${body?.length ?? 0}\r\n\r\n`;
  }

  #linesOf({ method, path, headers }: Head): string | undefined {
    const entries = Object.entries(headers);
    if (!PATH.test(path) || !entries.every(([name, value]) => NAME.test(name) && VALUE.test(value))) return undefined;
    const lines = entries.map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${this.port}\r\nconnection: keep-alive\r\n${lines.join('')}`;
  }
}

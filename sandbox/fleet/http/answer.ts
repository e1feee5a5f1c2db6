import type { IncomingHttpHeaders } from 'node:http';

/** Told of an answer while it is read. */
export interface AnswerListener {
  onHead(head: AnswerHead): void;
  /** Bytes of the body, valid during the call only. */
  onBody(bytes: Buffer): void;
  /** `isKept`: the connection may carry another request. */
  onEnd(isKept: boolean): void;
}

export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** What no HTTP/1.1 client could make sense of. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}

const HEAD_END = '\r\n\r\n';
const MOST_HEAD_BYTES = 64 * 1024;
/** Sizes of chunks and trailers that are longer than this are none. */
const MOST_LINE_BYTES = 8 * 1024;
const LINE_END_BYTES = 2;

type State =
  | { readonly at: 'head' | 'untilClose' | 'chunkSize' | 'chunkEnd' | 'trailers' | 'over' }
  | { readonly at: 'body' | 'chunk'; leftBytes: number };

const HEAD: State = { at: 'head' };
const OVER: State = { at: 'over' };

/**
 * Reads the answers to requests from what comes over a connection, one after the other and however it is cut: with a length, in chunks, or until the connection ends
 * (RFC 9112, sections 2 to 9). Throws MalformedAnswer.
 */
export class AnswerReader {
  #state: State = HEAD;
  #held: Buffer | undefined;
  #isKept = false;

  constructor(private readonly listener: AnswerListener) {}

  /** From now on the answer to another request is read. */
  begin(): void {
    this.#state = HEAD;
    this.#held = undefined;
  }

  read(bytes: Buffer): void {
    let rest = this.#held ? Buffer.concat([this.#held, bytes]) : bytes;
    this.#held = undefined;
    while (rest.length > 0) {
      const taken = this.#take(rest);
      if (taken === 0) {
        // What was read into is read into again.
        this.#held = Buffer.from(rest);
        return;
      }
      rest = taken === rest.length ? NOTHING : rest.subarray(taken);
    }
  }

  /** The connection has ended; true when that ended the answer, too. */
  close(): boolean {
    if (this.#state.at !== 'untilClose') return false;
    this.#isKept = false;
    this.#over();
    return true;
  }

  /** How many of the bytes were understood; 0: more have to come first. */
  #take(bytes: Buffer): number {
    const state = this.#state;
    switch (state.at) {
      case 'head':
        return this.#head(bytes);
      case 'untilClose':
        this.listener.onBody(bytes);
        return bytes.length;
      case 'body':
      case 'chunk': {
        const part = bytes.length > state.leftBytes ? bytes.subarray(0, state.leftBytes) : bytes;
        state.leftBytes -= part.length;
        this.listener.onBody(part);
        if (state.leftBytes > 0) return part.length;
        // Bytes beyond the end answer nothing that was asked: such a connection cannot be trusted.
        if (state.at === 'chunk') this.#state = { at: 'chunkEnd' };
        else this.#over(bytes.length > part.length);
        return part.length;
      }
      case 'chunkSize':
        return this.#line(bytes, (line) => {
          const [size = ''] = /^[0-9a-f]{1,8}(?=[\s;]|$)/i.exec(line) ?? [];
          if (size === '') throw new MalformedAnswer(`"${line.slice(0, 40)}" is no size of a chunk`);
          const leftBytes = parseInt(size, 16);
          this.#state = leftBytes === 0 ? { at: 'trailers' } : { at: 'chunk', leftBytes };
        });
      case 'chunkEnd':
        return this.#line(bytes, (line) => {
          if (line !== '') throw new MalformedAnswer('a chunk is longer than its size');
          this.#state = { at: 'chunkSize' };
        });
      case 'trailers':
        return this.#line(bytes, (line, taken) => {
          if (line === '') this.#over(bytes.length > taken);
        });
      case 'over':
        return bytes.length;
    }
  }

  #line(bytes: Buffer, act: (line: string, taken: number) => void): number {
    const end = bytes.indexOf('\r\n', 0, 'latin1');
    if (end < 0) {
      if (bytes.length > MOST_LINE_BYTES) throw new MalformedAnswer('a line of the answer has no end');
      return 0;
    }
    const taken = end + LINE_END_BYTES;
    act(bytes.toString('latin1', 0, end), taken);
    return taken;
  }

  #head(bytes: Buffer): number {
    const end = bytes.indexOf(HEAD_END, 0, 'latin1');
    if (end < 0) {
      if (bytes.length > MOST_HEAD_BYTES) throw new MalformedAnswer('the head of the answer has no end');
      return 0;
    }
    const taken = end + HEAD_END.length;
    const text = bytes.toString('latin1', 0, end);
    const [start, version, digits] = /^HTTP\/1\.([01]) (\d{3})(?= |\r|$)/.exec(text) ?? [];
    if (start === undefined) throw new MalformedAnswer(`"${text.slice(0, 40)}" begins no answer`);
    const status = Number(digits);
    const headers = headersIn(text);
    // What comes before the answer (1xx) is none; 101 was not asked for.
    if (status < 200) {
      if (status === 101) throw new MalformedAnswer('the container wants to speak another protocol');
      return taken;
    }
    const connection = headers.connection?.toLowerCase();
    this.#isKept = version === '1' ? connection !== 'close' : connection === 'keep-alive';
    this.listener.onHead({ status, headers });
    const body = bodyOf(status, headers);
    if (body === 'none') this.#over(bytes.length > taken);
    else this.#state = body;
    return taken;
  }

  #over(hasMore = false): void {
    this.#state = OVER;
    this.listener.onEnd(this.#isKept && !hasMore);
  }
}

const NOTHING = Buffer.alloc(0);

/** RFC 9112, section 6.3. */
function bodyOf(status: number, headers: IncomingHttpHeaders): State | 'none' {
  if (status === 204 || status === 304) return 'none';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) return /(^|,\s*)chunked$/i.test(coding) ? { at: 'chunkSize' } : { at: 'untilClose' };
  const length = headers['content-length'];
  if (length === undefined) return { at: 'untilClose' };
  // The same length may be said twice.
  const [first = '', ...others] = length.split(/,\s*/);
  if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first))
    throw new MalformedAnswer(`"${length.slice(0, 40)}" is no content-length`);
  return first === '0' || Number(first) === 0 ? 'none' : { at: 'body', leftBytes: Number(first) };
}

/** By their names in lower case; those that are said twice are joined by a comma (RFC 9110, section 5.3). */
function headersIn(head: string): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (let from = head.indexOf('\r\n'); from >= 0;) {
    const begin = from + LINE_END_BYTES;
    from = head.indexOf('\r\n', begin);
    const colon = head.indexOf(':', begin);
    if (colon <= begin || (from >= 0 && colon > from)) throw new MalformedAnswer('a header of the answer has no name');
    const name = head.slice(begin, colon).toLowerCase();
    const value = head.slice(colon + 1, from < 0 ? undefined : from).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

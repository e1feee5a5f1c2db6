import { S3Error } from '../errors';

const CR = 0x0d;
const LF = 0x0a;
const MAX_LINE_BYTES = 16 * 1024;

type State = 'size' | 'data' | 'dataEnd' | 'trailer' | 'done';

/**
 * Decoder of the `aws-chunked` content encoding: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailers>\r\n`.
 * Chunk signatures are accepted unverified, as all signatures are here.
 */
export class ChunkedDecoder {
  /** Trailing headers, lower-case; complete after `finish`. */
  readonly trailers: Record<string, string> = {};
  private state: State = 'size';
  private left = 0;
  private line = '';

  /** Yields the payload inside the bytes; throws `IncompleteBody` on broken framing. */
  *push(bytes: Buffer): Generator<Buffer, void, undefined> {
    let at = 0;
    while (at < bytes.length) {
      if (this.state === 'data') {
        const taken = bytes.subarray(at, at + this.left);
        at += taken.length;
        this.left -= taken.length;
        if (this.left === 0) this.state = 'dataEnd';
        yield taken;
        continue;
      }
      const end = bytes.indexOf(LF, at);
      this.line += bytes.toString('latin1', at, end < 0 ? bytes.length : end);
      if (this.line.length > MAX_LINE_BYTES) throw broken();
      if (end < 0) return;
      at = end + 1;
      const line = this.line.charCodeAt(this.line.length - 1) === CR ? this.line.slice(0, -1) : this.line;
      this.line = '';
      this.takeLine(line);
    }
  }

  /** Throws `IncompleteBody` unless the last chunk has come. */
  finish(): void {
    // The blank line behind the trailers is often left out by clients.
    if (this.state !== 'done' && this.state !== 'trailer') throw broken();
  }

  private takeLine(line: string): void {
    switch (this.state) {
      case 'size': {
        const size = /^([0-9a-fA-F]{1,13})(;.*)?$/.exec(line)?.[1];
        if (size === undefined) throw broken();
        this.left = Number.parseInt(size, 16);
        this.state = this.left > 0 ? 'data' : 'trailer';
        return;
      }
      case 'dataEnd':
        if (line !== '') throw broken();
        this.state = 'size';
        return;
      case 'trailer': {
        const colon = line.indexOf(':');
        if (colon > 0) this.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
        else if (line === '') this.state = 'done';
        return;
      }
      case 'data':
      case 'done':
        return;
    }
  }
}

function broken(): S3Error {
  return new S3Error('IncompleteBody', 'The aws-chunked framing of the request body is broken or incomplete.');
}

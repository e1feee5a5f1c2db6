import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { AnswerReader } from './answer';
import type { AnswerHead } from './answer';
import { Deadline } from './deadline';

/** Who waits for an answer. After `onFailure` or `onEnd` nothing more is told. */
export interface Asker {
  onHead(head: AnswerHead, connection: Connection): void;
  /** Bytes of the body, valid during the call only; false: no more until `resume`. */
  onBody(bytes: Buffer): boolean;
  onEnd(): void;
  onFailure(cause: unknown): void;
}

/** The time of a request is over. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/** One read of the socket; every connection has such a buffer and reads into it again and again. */
const READ_BYTES = 64 * 1024;
/** What is not longer is put together there before it is sent. A request that was not sent to its end is the last of its connection. */
const WRITE_BYTES = 16 * 1024;

/** A kept-alive connection to a container's port, with one request at a time. */
export class Connection {
  readonly #socket: Socket;
  readonly #deadline = new Deadline(() => this.fail(new OutOfTime()));
  readonly #reader = new AnswerReader({
    onHead: (answer) => this.#asker?.onHead(answer, this),
    onBody: (bytes) => (this.#isPaused = this.#asker?.onBody(bytes) === false),
    onEnd: (isKept) => this.#answered(isKept),
  });
  readonly #writes = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #asker: Asker | undefined;
  #isPaused = false;
  isOpen = true;
  /** Since when it is free, by `performance.now()`. */
  freeMs = 0;

  constructor(
    port: number,
    private readonly owner: { onFree(connection: Connection): void; onGone(connection: Connection): void }
  ) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (count: number): boolean => this.#read(buffer.subarray(0, count));
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer, callback } });
    this.#socket.on('error', (error) => this.fail(error));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('close', () => this.#ended());
  }

  /** `head`: request line and headers, to the empty line. */
  ask(
    request: { readonly head: string; readonly body: Buffer | undefined; readonly timeoutMs: number },
    asker: Asker
  ): void {
    const { head, body } = request;
    this.#asker = asker;
    this.#reader.begin();
    this.#deadline.set(request.timeoutMs);
    const bytes = head.length + (body?.length ?? 0);
    if (bytes <= WRITE_BYTES) {
      this.#writes.write(head, 'latin1');
      body?.copy(this.#writes, head.length);
      this.#socket.write(this.#writes.subarray(0, bytes));
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    if (body) this.#socket.write(body);
    this.#socket.uncork();
  }

  /** From now on the request may take so much longer. */
  allow(ms: number): void {
    this.#deadline.set(ms);
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Cuts the connection; a request that is under way fails. */
  fail(cause: unknown): void {
    const asker = this.#asker;
    this.#end();
    asker?.onFailure(cause);
  }

  #read(bytes: Buffer): boolean {
    try {
      // Who says something unasked is not listened to.
      if (this.#asker) this.#reader.read(bytes);
      else this.fail(new Error('the container said something unasked'));
    } catch (error) {
      this.fail(error);
    }
    return !this.#isPaused;
  }

  #answered(isKept: boolean): void {
    const asker = this.#asker;
    this.#deadline.clear();
    this.#asker = undefined;
    this.#isPaused = false;
    // An answer that came before its request was sent leaves the rest of it in the way of the next.
    if (isKept && this.#socket.writableLength === 0 && this.isOpen) {
      this.freeMs = performance.now();
      // Before the asker hears of it: it may ask again at once, and a server that holds one connection at a time has no ear for a second.
      this.owner.onFree(this);
    } else this.#end();
    asker?.onEnd();
  }

  #ended(): void {
    // The end of the connection may be the end of the answer.
    if (!this.#asker || !this.#reader.close()) this.fail(new Error('the connection was closed'));
  }

  #end(): void {
    this.#asker = undefined;
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#deadline.close();
    this.#socket.destroy();
    this.owner.onGone(this);
  }
}

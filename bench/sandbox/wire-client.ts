import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** A prepared HTTP/1.1 request: bytes that are sent as they are. */
export function preparedRequest(request: {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}): Buffer {
  const headers = {
    host: `127.0.0.1:${request.port}`,
    ...request.headers,
    'content-length': String(Buffer.byteLength(request.body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n${request.body}`);
}

/**
 * One kept-alive connection with one request at a time, and next to no cost of its own: on two cores a heavier client would be
 * measured instead of the server. Connects anew when the server closes.
 */
export class WireClient {
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #done: { readonly resolve: (status: number) => void; readonly reject: (error: Error) => void } | undefined;

  constructor(private readonly port: number) {}

  /** Sends the bytes and resolves with the answer's status when the answer is there whole. */
  call(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject };
      this.#socket ??= this.#connect();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#done?.reject(error));
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#done?.reject(new Error('the server closed the connection in the middle of an answer'));
    });
    return socket;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end).toLowerCase();
    const length = Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const done = this.#done;
    this.#received = Buffer.alloc(0);
    this.#done = undefined;
    // A server that closes after each answer is met half-way: the next call connects.
    if (head.includes('\r\nconnection: close') || head.startsWith('http/1.0')) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    done?.resolve(Number(head.slice(9, 12)));
  }
}

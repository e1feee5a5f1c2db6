import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { ContainerClient } from '../../../sandbox/fleet/client';
import { AnswerReader } from '../../../sandbox/fleet/http/answer';

const CALL = { method: 'POST', path: '/invocations', headers: {}, body: Buffer.from('x'), timeoutMs: 10_000 } as const;
const OK = 'HTTP/1.1 200 OK\r\n';

/** What a reader makes of an answer that comes in these pieces; `ends`: whether the connection ends behind it. */
function read(pieces: readonly Buffer[], ends = false) {
  const body: Buffer[] = [];
  let head: unknown;
  let isKept: boolean | undefined;
  const reader = new AnswerReader({
    onHead: (answer) => (head = answer),
    onBody: (bytes) => body.push(Buffer.from(bytes)),
    onEnd: (kept) => (isKept = kept),
  });
  for (const piece of pieces) reader.read(piece);
  if (ends) reader.close();
  return { head, isKept, body: Buffer.concat(body).toString('latin1') };
}

const ANSWERS: readonly (readonly [string, string, { readonly body: string; readonly isKept: boolean | undefined }])[] =
  [
    ['with a length', `${OK}Content-Length: 5\r\n\r\nhello`, { body: 'hello', isKept: true }],
    [
      'whose length is said twice',
      `${OK}Content-Length: 2\r\ncontent-length: 2\r\n\r\nhi`,
      { body: 'hi', isKept: true },
    ],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', { body: '', isKept: true }],
    ['of no bytes', `${OK}Content-Length: 0\r\n\r\n`, { body: '', isKept: true }],
    [
      'in chunks, with extensions and trailers',
      `${OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1 \r\n \r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n`,
      { body: 'hello 0123456789', isKept: true },
    ],
    ['after a 100', `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`, { body: 'hi', isKept: true }],
    ['whose server goes', `${OK}Connection: close\r\nContent-Length: 2\r\n\r\nhi`, { body: 'hi', isKept: false }],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi', { body: 'hi', isKept: false }],
    ['until the end of its connection', 'HTTP/1.0 200 OK\r\n\r\nhello', { body: 'hello', isKept: false }],
    ['with bytes behind its end', `${OK}Content-Length: 2\r\n\r\nhi HTTP`, { body: 'hi', isKept: false }],
    ['that is cut', `${OK}Content-Length: 9\r\n\r\nhi`, { body: 'hi', isKept: undefined }],
  ];

describe('an answer', () => {
  test.each(ANSWERS)('%s is read as it is meant', (_, text, meant) => {
    expect(read([Buffer.from(text, 'latin1')], true)).toMatchObject(meant);
  });

  test('is read alike however the connection cuts it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ANSWERS), fc.array(fc.integer({ min: 1, max: 20 })), ([, text], sizes) => {
        const whole = Buffer.from(text, 'latin1');
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(Buffer.from(whole.subarray(at, at + size)));
          at = Math.min(whole.length, at + size);
        }
        const atOnce = read([whole], true);
        const cut = read([...pieces.filter(({ length }) => length > 0), whole.subarray(at)], true);
        // That more comes than was asked for is seen here only where it comes at once; later, the connection sees it.
        expect(cut).toEqual({ ...atOnce, isKept: atOnce.isKept === false ? cut.isKept : atOnce.isKept });
      })
    );
  });

  test('gives its headers by their names in lower case; those that come twice are joined', () => {
    expect(
      read([Buffer.from(`${OK}Content-Type: text/csv\r\nX-A:1\r\nx-a:  2 \r\nX-Empty:\r\nContent-Length: 0\r\n\r\n`)])
        .head
    ).toEqual({
      status: 200,
      headers: { 'content-type': 'text/csv', 'x-a': '1, 2', 'x-empty': '', 'content-length': '0' },
    });
  });

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching\r\n\r\n'],
    ['a length that is none', `${OK}Content-Length: -1\r\n\r\n`],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    ['a chunk of no size', `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['a chunk longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`],
    ['a header without a name', `${OK}oops\r\n\r\n`],
    ['a head without end', `${OK}${'x'.repeat(70_000)}`],
  ])('%s is refused', (_, text) => {
    expect(() => read([Buffer.from(text)])).toThrow(expect.objectContaining({ name: 'MalformedAnswer' }));
  });
});

describe('a container that speaks strangely', () => {
  const open: (() => void)[] = [];
  afterEach(() => open.splice(0).forEach((close) => close()));

  /** A server that is told of each first piece of what a connection brings. */
  function serve(onBytes: (socket: Socket, connection: number) => void): Promise<ContainerClient> {
    let connections = 0;
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => {
      const at = (connections += 1);
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => onBytes(socket, at));
    });
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const client = new ContainerClient((server.address() as AddressInfo).port);
        open.push(() => {
          client.close();
          sockets.forEach((socket) => socket.destroy());
          server.close();
        });
        resolve(client);
      })
    );
  }

  test('is asked over a new connection where it says more than was asked for', async () => {
    const seen: number[] = [];
    const client = await serve((socket, connection) => {
      seen.push(connection);
      socket.write(`${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    });
    for (let i = 0; i < 3; i += 1) expect((await client.send(CALL)).body.toString()).toBe('ok');
    expect(seen).toEqual([1, 2, 3]);
  });

  test('and answers before it has read the request is heard all the same', async () => {
    const client = await serve((socket) => {
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig');
    });
    const reply = await client.send({ ...CALL, body: Buffer.alloc(32 * 1024 * 1024) });
    expect([reply.status, reply.body.toString()]).toEqual([413, 'big']);
  });

  test('gives no answer where it speaks no HTTP, or stops in the middle', async () => {
    const rude = await serve((socket) => socket.end('hello\r\n\r\n'));
    await expect(rude.send(CALL)).rejects.toMatchObject({ why: 'broken' });
    const short = await serve((socket) => socket.end(`${OK}Content-Length: 9\r\n\r\nhi`));
    await expect(short.send(CALL)).rejects.toMatchObject({ why: 'broken' });
    const mute = await serve(() => undefined);
    await expect(mute.send({ ...CALL, timeoutMs: 50 })).rejects.toMatchObject({ why: 'timeout' });
  });

  test('is sent no second request that hides in a header', async () => {
    const client = await serve((socket) => socket.write(`${OK}Content-Length: 2\r\n\r\nok`));
    const headers = { 'content-type': 'text/csv\r\ncontent-length: 0\r\n\r\nDELETE /models/a HTTP/1.1' };
    await expect(client.send({ ...CALL, headers })).rejects.toMatchObject({ why: 'broken' });
  });
});

test('more requests than there are connections wait for one, and each gets its own answer', async () => {
  let [openNow, peak] = [0, 0];
  const server = createHttp((request, response) => {
    openNow += 1;
    peak = Math.max(peak, openNow);
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () =>
      setTimeout(() => {
        openNow -= 1;
        response.end(text);
      }, 20)
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new ContainerClient((server.address() as AddressInfo).port);
  const all = Array.from({ length: 600 }, (_, i) => `${i}:${'x'.repeat((i % 5) * 8_000)}`);
  const answers = await Promise.all(all.map((text) => client.send({ ...CALL, body: Buffer.from(text) })));
  expect(answers.map(({ body }) => body.toString())).toEqual(all);
  expect(peak).toBeLessThanOrEqual(256);
  client.close();
  server.closeAllConnections();
  server.close();
});

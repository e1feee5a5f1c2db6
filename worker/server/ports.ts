import net from 'node:net';

const LOOPBACK = '127.0.0.1';

/** Whether somebody accepts connections on a local port. */
export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: LOOPBACK, timeout: 1000 });
    const answer = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
    socket.once('timeout', answer(false));
  });
}

/** Whether we could listen on a local port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A local port that nobody listens on. It is not reserved, but on Linux it is not handed out again for a minute: a connection
 * that the listening side closes first leaves it in TIME_WAIT.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ pauseOnConnect: true }, (socket) => socket.destroy());
    server.once('error', reject);
    server.listen({ port: 0, host: LOOPBACK }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port was assigned'));
      const client = net.connect({ port: address.port, host: LOOPBACK });
      client.on('error', () => undefined);
      client.once('close', () => server.close(() => resolve(address.port)));
      client.resume();
    });
  });
}

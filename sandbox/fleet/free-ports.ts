import { createServer } from 'node:net';

/** Ports handed out lately: the system may offer one again before its container has bound it. */
const recent = new Set<number>();
const KEPT = 200;

/** Finds free loopback ports. A container that loses a race for one exits and is started again on another. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await offeredPort();
    if (recent.has(port)) continue;
    recent.add(port);
    const oldest = recent.values().next();
    if (recent.size > KEPT && !oldest.done) recent.delete(oldest.value);
    return port;
  }
}

function offeredPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port was offered'))
      );
    });
  });
}

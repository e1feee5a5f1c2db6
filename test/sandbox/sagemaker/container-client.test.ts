import { afterEach, describe, expect, test } from '@jest/globals';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainerClient } from '../../../sandbox/fleet/client';

const CALL = { method: 'POST', path: '/invocations', headers: {}, body: Buffer.from('x'), timeoutMs: 10_000 } as const;

describe('speaking to a container', () => {
  const open: (() => void)[] = [];
  afterEach(() => open.splice(0).forEach((close) => close()));

  function serve(onRequest: (seen: number) => 'answer' | 'cut'): Promise<{ server: Server; client: ContainerClient }> {
    let seen = 0;
    const server = createServer((request, response) => {
      seen += 1;
      const does = onRequest(seen);
      request.resume().on('end', () => (does === 'answer' ? response.end('ok') : request.socket.destroy()));
    });
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const client = new ContainerClient((server.address() as AddressInfo).port);
        open.push(() => {
          client.close();
          server.closeAllConnections();
          server.close();
        });
        resolve({ server, client });
      })
    );
  }

  test('a request that is cut on a connection used before is not sent again: the container may have seen it', async () => {
    let requests = 0;
    const { client } = await serve((seen) => {
      requests = seen;
      return seen === 2 ? 'cut' : 'answer';
    });
    await client.send(CALL);
    await expect(client.send(CALL)).rejects.toMatchObject({ why: 'broken' });
    expect(requests).toBe(2);
    expect((await client.send(CALL)).body.toString()).toBe('ok');
  });

  test('after a cut connection the next request is refused where nothing listens any more, whatever idle connections there were', async () => {
    const { server, client } = await serve((seen) => {
      if (seen <= 4) return 'answer';
      server.close();
      return 'cut';
    });
    await Promise.all([1, 2, 3, 4].map(() => client.send(CALL)));
    await expect(client.send(CALL)).rejects.toMatchObject({ why: 'broken' });
    await expect(client.send(CALL)).rejects.toMatchObject({ why: 'refused' });
  });

  test('a connection that was idle for longer than a second is not used again', async () => {
    const connections = new Set<unknown>();
    const { server, client } = await serve(() => 'answer');
    server.on('connection', (socket) => connections.add(socket));
    await client.send(CALL);
    await client.send(CALL);
    expect(connections.size).toBe(1);
    // Server and client are in one process: what is waited for is the client's own timer.
    const [first] = connections as Set<{ readonly destroyed: boolean }>;
    while (first?.destroyed === false) await sleep(20);
    await client.send(CALL);
    expect(connections.size).toBe(2);
  });
});
